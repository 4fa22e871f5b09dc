"""Digests, error chains and resources agree with the Go code, case by case."""

import copy
import json
import pickle
from typing import Any

import pytest

from store import Digest, Error, ErrorKind, ImgCmdID, Resources, RunID, StringDigest, TaskID
from store.dynamo.encode import error_json
from tests.support import golden

DIGESTS = golden.load("digests.json")
ERRORS = golden.load("errors.json")
RESOURCES = golden.load("resources.json")

HELLO, WORLD = Digest.compute(b"hello"), Digest.compute(b"world")


def _name(case: dict[str, Any]) -> str:
    return str(case.get("name") or case.get("in") or case.get("json"))[:60]


def _invalid(text: str) -> bool:
    try:
        Digest.parse(text)
    except Error as error:
        return error.kind is ErrorKind.INVALID
    return False


@pytest.mark.parametrize("case", [case for case in DIGESTS["parse"] if case["in"]], ids=_name)
def test_digest(case: dict[str, Any]) -> None:
    recorded = case["Digester.Parse"]
    digits = case["in"].rpartition(":")[2]
    if "error" in recorded or len(digits) > 64:  # Go cuts what is too long; ours refuses it
        assert _invalid(case["in"])
        return
    digest = Digest.parse(case["in"])
    assert {
        "Hex": digest.hex,
        "HexN4": digest.hex_n(4),
        "Short": digest.short,
        "RunIDShort": RunID(digest).id_short,
        "String": str(digest),
        "IsZero": digest.is_zero,
        "IsValid": RunID(digest).is_valid,
        "IsAbbrev": digest.is_abbrev,
        "JSON": RunID(digest).to_json(),
        "d == hello": digest == HELLO,
        "d.Expands(hello)": digest.expands(HELLO),
        "hello.Expands(d)": HELLO.expands(digest),
        "world.Expands(d)": WORLD.expands(digest),
    } == {name: value for name, value in recorded.items() if name not in ("Name", "NPrefix", "IsShort")}


def test_zero_digest() -> None:
    zero = Digest.parse("")
    assert zero == Digest.parse("<zero>") == Digest.ZERO == Digest()
    assert (str(zero), zero.hex, zero.short, bool(zero), zero.is_zero, zero.is_abbrev) == (
        "<zero>",
        "",
        "",
        False,
        True,
        False,
    )
    assert RunID.parse("") == Digest.ZERO == RunID.ZERO
    assert type(RunID.ZERO) is RunID
    assert not zero.expands(HELLO)
    assert not HELLO.expands(zero)


def test_a_digest_is_a_value() -> None:
    same = RunID.parse(str(HELLO))
    assert isinstance(same, RunID)
    assert same == HELLO
    assert hash(same) == hash(HELLO)
    assert sorted([WORLD, HELLO]) == sorted([HELLO, WORLD], key=str)
    assert pickle.loads(pickle.dumps(same)) == copy.deepcopy(same) == HELLO
    assert f"{HELLO:>80}".endswith(str(HELLO))
    assert TaskID.new() != TaskID.new()
    with pytest.raises(Error, match="32 bytes"):
        Digest(b"short")


@pytest.mark.parametrize("case", DIGESTS["img_cmd_ids"], ids=lambda case: case["image"][:20])
def test_img_cmd_id(case: dict[str, str]) -> None:
    assert str(ImgCmdID.compute(case["image"], case["cmd"])) == case["ImgCmdID"]


@pytest.mark.parametrize("case", DIGESTS["string_digests"], ids=lambda case: repr(case["string"]))
def test_string_digest(case: dict[str, Any]) -> None:
    value = StringDigest(case["string"])
    assert (str(value), str(value.digest), value.is_valid) == (case["String"], case["Digest"], case["IsValid"])


def test_zero_string_digest() -> None:
    zero, recorded = StringDigest(), DIGESTS["zero_string_digest"]
    assert (str(zero), str(zero.digest), zero.is_valid) == (recorded["String"], recorded["Digest"], recorded["IsValid"])


@pytest.mark.parametrize("text", ["", "sha256:", '"sha256:zz"', "5", "null"])
def test_run_id_from_bad_json(text: str) -> None:
    with pytest.raises(Error) as caught:
        RunID.from_json(text)
    assert caught.value.kind is ErrorKind.INVALID


@pytest.mark.parametrize("case", [case for case in ERRORS["chains"] if case["tree"]], ids=_name)
def test_error_chain(case: dict[str, Any]) -> None:
    error = golden.error(case["tree"])
    assert error is not None
    stored = Error.from_json(case["stored"])
    # A plain error gains the kind that its Go type stands for; those types are not recorded.
    if case["name"] not in ("canceled-bare", "net-timeout"):
        assert Error.recover(error).to_json() == case["stored"]
        assert Error.recover(error) == stored
    assert str(error) == case["error_string"]
    assert str(stored) == case["recovered_error_string"]
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
    assert str(stored).split() == str(deep).split()  # the rest is in the text of the last one


@pytest.mark.parametrize("case", RESOURCES["encode"], ids=_name)
def test_resources(case: dict[str, Any]) -> None:
    amounts = Resources(json.loads(case["json"]))
    assert str(amounts) == case["String"]
    assert amounts.to_json() == case["stored"]
    assert (amounts == Resources()) is case["equal_nil"]
    assert Resources.from_json(case["stored"]) == amounts
    assert hash(Resources.from_json(case["stored"])) == hash(amounts)


@pytest.mark.parametrize("case", RESOURCES["decode"], ids=_name)
def test_resources_json(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(Error) as caught:
            Resources.from_json(case["in"])
        assert caught.value.kind is ErrorKind.INVALID
    else:
        assert Resources.from_json(case["in"]) == Resources(case.get("value"))


def test_resources_arithmetic() -> None:
    large, small = Resources({"cpu": 4, "mem": 8}), Resources({"cpu": 1, "gpu": 1})
    assert large + small == {"cpu": 5, "mem": 8, "gpu": 1}
    assert large - small == {"cpu": 3, "mem": 8, "gpu": -1}
    assert large * 2 == 2 * large == {"cpu": 8, "mem": 16}
    assert large.available(Resources({"cpu": 4}))
    assert not large.available(small)
    assert small.max_ratio(large) == 0.25
    assert large.max_ratio(Resources()) == 0
    assert Resources({"cpu": float("inf"), "mem": float("nan")}).to_json() == ""  # as Go does
    assert str(Resources({"mem": float("nan")})) == "{mem:NaN cpu:0 disk:0B}"
