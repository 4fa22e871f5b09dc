"""Rows as items that DynamoDB takes; test_writes.py holds them against those of the Go code."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from store import Digest, Error, ErrorKind, FailureReason, Pool, Resources, RunID, StringDigest, Task
from store.dynamo import encode
from tests.support.rows import NOW, ago, digest, make_pool, make_task, run_id, task_id

MARK = "cut from"
KIB = 1024

any_text = st.text(st.characters() | st.characters(categories=["Cs"]))
errors = st.recursive(
    st.builds(Error, st.sampled_from(ErrorKind), any_text, st.lists(any_text, max_size=3).map(tuple), any_text),
    lambda cause: st.builds(Error, st.sampled_from(ErrorKind), any_text, st.just(()), cause),
    max_leaves=4,
)


def text(item: encode.Item, column: str) -> str:
    value: str = item[column]["S"]
    return value


def test_a_new_run_has_no_lease_and_so_no_date() -> None:
    item = encode.run_item(run_id(1), "amy", ["a=1"], NOW)
    assert item == {
        "ID": {"S": str(run_id(1))},
        "ID4": {"S": "01010101"},
        "Type": {"S": "run"},
        "StartTime": {"S": "2026-11-01T12:03:41Z"},
        "Labels": {"SS": ["a=1"]},
        "User": {"S": "amy"},
    }


def test_a_new_task_has_a_lease_that_is_due() -> None:
    item = encode.task_item(make_task(1, 1, attempt=2), [""], NOW)
    assert text(item, "Keepalive") == text(item, "StartTime") == "2026-11-01T12:03:41Z"
    assert text(item, "Date") == "2026-11-01"
    assert item["Attempt"] == {"N": "2"}
    assert text(item, "RunID4") == "01010101"


def test_a_task_without_an_ident_has_no_column_for_it() -> None:
    # An index key may not be empty.
    assert "Ident" not in encode.task_item(make_task(1, 1, ident=""), [""], NOW)
    assert text(encode.task_item(make_task(1, 1), [""], NOW), "Ident") == "samtools.sort"


def test_string_ids_are_stored_beside_their_digests() -> None:
    alloc = encode.alloc_item(StringDigest("host/1"), digest("i-1"), Resources(), ago(hours=1), NOW)
    assert (text(alloc, "ID"), text(alloc, "AllocID")) == (str(digest("host/1")), "host/1")
    assert text(alloc, "PoolID") == str(digest("i-1"))
    assert (text(alloc, "StartTime"), text(alloc, "Keepalive")) == ("2026-11-01T11:03:41Z", "2026-11-01T12:03:41Z")
    pool = encode.pool_item(make_pool("i-1"), NOW)
    assert (text(pool, "ID"), text(pool, "PoolID")) == (str(digest("i-1")), "i-1")


def test_a_pool_without_a_start_starts_now() -> None:
    assert text(encode.pool_item(Pool(pool_id=StringDigest("i-1")), NOW), "StartTime") == "2026-11-01T12:03:41Z"


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: encode.run_item(RunID(), "amy", [""], NOW), ("id",)),
        (lambda: encode.task_item(Task(id=task_id(1)), [""], NOW), ("run_id",)),
        (lambda: encode.task_item(replace(make_task(1, 1), uri=None), [""], NOW), ("URI",)),
        (lambda: encode.task_item(replace(make_task(1, 1), flow_id="x"), [""], NOW), ("FlowID",)),
        (lambda: encode.task_item(replace(make_task(1, 1), ident=b"x"), [""], NOW), ("Ident",)),
        (lambda: encode.pool_item(Pool(), NOW), ("pool_id",)),
        (lambda: encode.alloc_item("a1", digest("p"), Resources(), NOW, NOW), ("alloc_id",)),  # type: ignore[arg-type]
        (lambda: encode.resources_column({"cpu": 1}), ("Resources",)),
        (lambda: encode.digests({"Trace": "sha256:00"}), ("Trace",)),  # type: ignore[dict-item]
        (lambda: encode.args_columns("-a"), ("args",)),
        (lambda: encode.args_columns([1]), ("args",)),  # type: ignore[list-item]
    ],
)
def test_values_of_another_type_name_their_column(make: Callable[[], object], names: tuple[str, ...]) -> None:
    with pytest.raises(Error) as caught:
        make()
    assert (caught.value.kind, caught.value.args) == (ErrorKind.INVALID, names)


# Arguments.


@pytest.mark.parametrize(
    ("args", "columns"),
    [
        ([], {}),
        (["-a", "-b"], {"Args": {"SS": ["-a", "-b"]}}),
        (["-b", "-a"], {"Args": {"SS": ["-b", "-a"]}, "ArgList": {"L": [{"S": "-b"}, {"S": "-a"}]}}),
        (["-a", "-a"], {"Args": {"SS": ["-a"]}, "ArgList": {"L": [{"S": "-a"}, {"S": "-a"}]}}),
    ],
)
def test_arguments_are_a_set_and_a_list_where_a_set_loses_something(args: list[str], columns: encode.Item) -> None:
    assert encode.args_columns(args) == columns


def test_surrogates_that_become_equal_are_one_element_of_a_set() -> None:
    # DynamoDB refuses a set with two equal elements.
    twice = {"L": [{"S": "\ufffd"}, {"S": "\ufffd"}]}
    assert encode.args_columns(["\ud800", "\udfff"]) == {"Args": {"SS": ["\ufffd"]}, "ArgList": twice}


# Sizes.


def test_the_size_of_an_item_is_that_of_names_and_values() -> None:
    item: encode.Item = {
        "ID": {"S": "é"},
        "Labels": {"SS": ["ab", "c"]},
        "ArgList": {"L": [{"S": "x"}]},
        "Attempt": {"N": "12"},
    }
    assert encode.item_size(item) == (2 + 2) + (6 + 3) + (7 + 3 + 1 + 1) + (7 + 2)
    assert encode.item_size({}) == 0


def test_an_item_that_dynamodb_would_refuse_is_invalid() -> None:
    encode.run_item(run_id(1), "x" * 400 * 1000, [""], NOW)
    with pytest.raises(Error, match="at most 409600 are allowed") as caught:
        encode.run_item(run_id(1), "x" * 410 * 1000, [""], NOW)
    assert caught.value.reason is FailureReason.ROW_TOO_LARGE
    assert caught.value.args == (str(run_id(1)),)


@pytest.mark.parametrize("uri", ["x" * 32 * KIB, "é" * 16 * KIB])
def test_a_uri_of_32_kib_is_stored_whole(uri: str) -> None:
    assert text(encode.uri_column(uri), "URI") == uri
    cut = text(encode.uri_column(f"{uri}é"), "URI")
    assert cut == f"{uri[: 8 * KIB]} … [cut from {32 * KIB + 2} bytes]"


@pytest.mark.parametrize("limit", [4096, 256 * KIB])
@pytest.mark.parametrize("char", ["x", "é", "🐈", "<", "\x00", "\u2028"])
def test_a_long_error_is_cut_with_a_mark_in_any_script(char: str, limit: int) -> None:
    long = char * (limit // 8 + 1)
    error = Error(ErrorKind.OOM, long, 20 * (long,), Error(ErrorKind.NET, long, 20 * (long,), long))
    stored = encode.error_json(error, limit)
    assert len(stored.encode()) <= limit
    assert MARK in stored
    assert Error.from_json(stored).kind is ErrorKind.OOM


def test_an_error_that_fits_is_stored_whole() -> None:
    error = Error(ErrorKind.OOM, "exec", ("align",), "x" * 200_000)
    assert Error.from_json(encode.error_json(error)) == Error.recover(error)
    assert MARK not in encode.error_json(error)


@given(errors)
def test_errors_of_any_text_are_read_back(error: Error) -> None:
    stored = encode.error_json(error)
    assert stored.encode()
    assert Error.from_json(stored).to_json() == stored


def test_the_last_of_many_causes_is_a_text() -> None:
    error = Error(ErrorKind.NET, "innermost")
    for number in range(1000):
        error = Error(ErrorKind.NET, f"op{number}", (), error)
    stored = Error.from_json(encode.error_json(error))
    assert len(list(stored.chain())) == 200
    assert "innermost" in str(stored)


@given(st.timedeltas(timedelta(0), timedelta(days=400)))
def test_the_date_of_a_lease_is_its_day(span: timedelta) -> None:
    columns = encode.lease_columns(NOW + span)
    assert text(columns, "Keepalive").startswith(text(columns, "Date"))


@given(any_text)
def test_any_text_can_be_sent(value: str) -> None:
    item: Any = encode.run_item(run_id(1), value, [value, value], NOW)
    assert item["User"]["S"].encode() == item["Labels"]["SS"][0].encode()
    assert len(item["Labels"]["SS"]) == 1
    assert Digest.parse(item["ID"]["S"]) == run_id(1)


def test_groups_in_groups_are_stored_down_to_200() -> None:
    error: Exception = ValueError("innermost")
    for number in range(150):
        error = ExceptionGroup(f"group {number}", [error])
    assert "innermost" in encode.error_json(error)
    for number in range(5000):
        error = ExceptionGroup(f"outer {number}", [error])
    stored = encode.error_json(error)
    assert "outer 4999" in stored
    assert "outer 4900" in stored
    assert "innermost" not in stored
