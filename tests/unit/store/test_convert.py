"""Rows, queries and errors as JSON and as plain values."""

import copy
import pickle
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from store import (
    Alloc,
    Digest,
    Error,
    ErrorKind,
    PoolRow,
    Resources,
    Run,
    RunID,
    RunQuery,
    StringDigest,
    Task,
    TaskID,
    dec_hook,
    enc_hook,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
FAILURE = Error(ErrorKind.OOM, "exec", ("align",), Error(ErrorKind.NET, "load", (), "reset by peer"))
ALLOC = Alloc(id=Digest.compute(b"alloc"), alloc_id="alloc", pool=PoolRow(pool_id=StringDigest("i-1")))
VALUES: list[Any] = [
    Run(id=RunID.compute(b"run"), labels={"sample": "1"}, args=("-a",), start=NOON),
    Task(id=TaskID.compute(b"task"), err=FAILURE, resources=Resources({"cpu": 4, "mem": 2.0**34}), alloc=ALLOC),
    FAILURE,
    Resources({"cpu": 4}),
    RunID.compute(b"run"),
    Digest.ZERO,
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_survives_json_copies_and_pickle(value: Any) -> None:
    encoded = msgspec.json.encode(value, enc_hook=enc_hook)
    assert msgspec.json.decode(encoded, type=type(value), dec_hook=dec_hook) == value
    plain = msgspec.to_builtins(value, enc_hook=enc_hook)
    assert msgspec.convert(plain, type(value), dec_hook=dec_hook) == value
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert hash(pickle.loads(pickle.dumps(value))) == hash(value)


def test_a_query_as_plain_values() -> None:
    query = RunQuery(id=RunID.compute(b"run"), since=NOON)
    plain = msgspec.to_builtins(query, enc_hook=enc_hook)
    assert plain == {"id": str(query.id), "since": "2026-11-02T12:00:00Z", "until": None, "user": ""}
    assert pickle.loads(pickle.dumps(query)) == copy.deepcopy(query) == query


def test_an_error_as_plain_values() -> None:
    assert msgspec.to_builtins(FAILURE, enc_hook=enc_hook) == {
        "kind": "OOM",
        "op": "exec",
        "args": ["align"],
        "reason": "unreachable",
        "text": "exec align: OOM error:\n\tload: network error: reset by peer",
        "causes": [{"kind": "Net", "op": "load", "args": []}, {"text": "reset by peer"}],
    }


def test_an_error_with_very_many_causes() -> None:
    deep = Error(ErrorKind.NET, "0", (), "reset by peer")
    for number in range(1, 600):
        deep = Error(ErrorKind.NET, str(number), (), deep)
    encoded = msgspec.json.encode(deep, enc_hook=enc_hook)
    assert msgspec.json.decode(encoded, type=Error, dec_hook=dec_hook) == deep
    assert repr(deep).count("Error(Net") == 600


@pytest.mark.parametrize("type_", [Error, Resources, Digest])
@pytest.mark.parametrize("value", [3, {"causes": [3]}, {"kind": "OOM"}, "x", "é"])
def test_values_of_another_shape_are_refused(type_: type[Any], value: Any) -> None:
    if (type_, type(value)) == (Resources, dict):
        value = [value]
    with pytest.raises((Error, msgspec.ValidationError)):
        msgspec.convert(value, type_, dec_hook=dec_hook)


@pytest.mark.parametrize("amount", ["x", None, 10**400])
def test_an_amount_that_is_no_number_is_invalid(amount: Any) -> None:
    with pytest.raises(Error, match="decode resources") as raised:
        dec_hook(Resources, {"cpu": amount})
    assert raised.value.kind is ErrorKind.INVALID


def test_hooks_reject_other_types() -> None:
    with pytest.raises(NotImplementedError):
        enc_hook(object())
    with pytest.raises(NotImplementedError):
        dec_hook(object, 1)
