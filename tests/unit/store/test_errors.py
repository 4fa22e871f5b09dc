"""Error chains agree with the Go code, case by case."""

import json
import pickle
from typing import Any

import pytest

from store import Error, ErrorKind
from store.dynamo.encode import error_json
from tests.support import golden
from tests.support.golden_values import _name

ERRORS = golden.load("errors.json")


@pytest.mark.parametrize("case", [case for case in ERRORS["chains"] if case["tree"]], ids=_name)
def test_error_chain(case: dict[str, Any]) -> None:
    error = golden.error(case["tree"])
    assert error is not None
    stored = Error.from_json(case["stored"])
    # A plain error gains the kind that its Go type stands for; those types are not recorded.
    if case["name"] not in ("canceled-bare", "net-timeout"):
        assert Error.recover(error).to_json() == case["stored"]
        assert Error.recover(error) == stored
    # Go moves kinds up the chain when it decodes them, and we print them so before, too.
    assert str(error) == case["decoded_error_string" if case["name"] == "three-deep" else "error_string"]
    assert str(stored) == case["decoded_error_string" if case["name"] == "three-deep" else "recovered_error_string"]
    assert stored.to_json() == case["stored"]
    assert pickle.loads(pickle.dumps(stored)) == stored


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), ErrorKind.TIMEOUT),
        (FileNotFoundError("x"), ErrorKind.NOT_EXIST),
        (ConnectionResetError("x"), ErrorKind.NET),
        (KeyError("x"), ErrorKind.OTHER),
    ],
)
def test_recover_finds_the_kind(error: Exception, kind: ErrorKind) -> None:
    recovered = Error.recover(error)
    assert recovered.kind is kind
    assert recovered.cause is error
    assert str(recovered)


@pytest.mark.parametrize("case", ERRORS["decode"], ids=_name)
def test_error_json(case: dict[str, Any]) -> None:
    if "decode_error" in case:
        with pytest.raises(Error) as caught:
            Error.from_json(case["in"])
        assert caught.value.kind is ErrorKind.INVALID
        return
    error = Error.from_json(case["in"])
    if json.loads(case["in"]) and (json.loads(case["in"]).get("Cause") or {}).get("Error") == "":
        assert str(error) == case["decoded_error_string"] + ": "  # the tree is kept as stored, an empty cause too
    else:
        assert str(error) == case["decoded_error_string"]


def test_a_chain_deeper_than_the_stack_is_refused_and_never_written() -> None:
    deep = Error(cause="x")
    for _ in range(5000):
        deep = Error(ErrorKind.NET, "op", (), deep)
    assert str(deep).count("op") == 5000
    with pytest.raises(Error, match="parse error"):
        Error.from_json(deep.to_json())
    stored = Error.from_json(error_json(deep))
    assert len(list(stored.chain())) == 200
    assert str(stored).count("op") == 5000  # the text of the last one has the rest


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KeyError("sample"), "KeyError: 'sample'"),
        (Exception("killed"), "killed"),
        (ValueError(), "ValueError"),
        (
            ExceptionGroup("two failed", [ValueError("a"), KeyError("b")]),
            "ExceptionGroup: two failed (2 sub-exceptions): ValueError: a; KeyError: 'b'",
        ),
    ],
)
def test_the_type_of_a_foreign_exception_is_stored(error: Exception, text: str) -> None:
    assert str(Error.from_json(error_json(error))) == text


def test_the_kind_of_a_cause_is_printed_where_go_prints_it() -> None:
    error = Error(op="outer", cause=Error(ErrorKind.NOT_EXIST, "inner"))
    assert str(error) == "outer: resource does not exist:\n\tinner"
    assert (error.kind, error.own_kind) == (ErrorKind.NOT_EXIST, ErrorKind.OTHER)
    assert Error.from_json(error.to_json()).own_kind is ErrorKind.OTHER
