"""Checks of queries and of values; tests/contract/test_invalid.py has the cases that every TaskDB refuses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store import AllocQuery, Error, ErrorKind, ImgCmdID, Kind, PoolQuery, RunID, RunQuery, TaskQuery
from store.digest import DigestPrefix
from store.validate import (
    Query,
    check_id,
    check_ident,
    check_window,
    label_list,
    mapping_func,
    validate,
    whole_ids,
)

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NAIVE = datetime(2026, 11, 1, 12)
RUN = RunID.compute(b"run")


@pytest.mark.parametrize(
    "query",
    [
        RunQuery(since=NOON),
        RunQuery(since=NOON, until=NOON),
        RunQuery(id=RUN),
        RunQuery(id=RUN, since=NAIVE),  # a window beside an id has no effect
        RunQuery(id=RunID.parse("abcdef12")),
        RunQuery(id=DigestPrefix.parse("abcd000000")),
        TaskQuery(ident="align", limit=3),
        TaskQuery(run_id=RunID.parse("abcdef12")),
        TaskQuery(img_cmd_id=ImgCmdID.compute("image", "cmd")),
        AllocQuery(ids=[RUN]),
        PoolQuery(ids=[RUN], since=NAIVE),
        PoolQuery(since=NOON),
    ],
)
def test_valid_queries_pass(query: Query) -> None:
    validate(query, type(query))  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("query", "field", "why"),
    [
        (RunQuery(id=RunID.parse("abcdef")), "id", "'abcdef' is too short"),
        (RunQuery(id=RunID.parse("abcdef0000")), "id", "not counting zeros at the end"),
        (TaskQuery(img_cmd_id=ImgCmdID.parse("abcdef12")), "img_cmd_id", "give all 64"),
        (TaskQuery(ident="align", limit=-1), "limit", "-1 is negative"),
        (AllocQuery(), "ids", "no id is given"),
        (RunQuery(), "since", "neither an id nor a start"),
        (PoolQuery(since=NOON, until=NOON - SECOND), "since", "is later than until"),
    ],
)
def test_impossible_queries_name_the_field(query: Query, field: str, why: str) -> None:
    with pytest.raises(Error, match=why) as caught:
        validate(query, type(query))  # type: ignore[type-var]
    assert caught.value.kind is ErrorKind.INVALID
    assert caught.value.args == (field,)


def test_a_query_of_another_type_is_named() -> None:
    with pytest.raises(Error, match="it takes a RunQuery") as caught:
        validate(TaskQuery(ident="align"), RunQuery)  # type: ignore[type-var]
    assert caught.value.args == ("TaskQuery",)


def test_window_bounds_may_have_different_zones() -> None:
    east = NOON.astimezone(datetime.strptime("+0200", "%z").tzinfo)
    assert check_window(NOON, east) == NOON
    with pytest.raises(Error, match="is later than until"):
        check_window(NOON + SECOND, east)


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        (datetime.min.replace(tzinfo=UTC), None, "since"),
        (NOON, datetime.max.replace(tzinfo=UTC), "until"),
    ],
)
def test_windows_leave_a_year_at_each_end_of_the_calendar(since: datetime, until: datetime | None, field: str) -> None:
    with pytest.raises(Error, match="the calendar ends there") as caught:
        check_window(since, until)
    assert caught.value.args == (field,)


def test_whole_ids_are_each_once() -> None:
    assert whole_ids("lookup", iter([RUN, RUN])) == {RUN}
    with pytest.raises(Error, match="of type str, not Digest"):
        whole_ids("lookup", [RUN, str(RUN)])  # type: ignore[list-item]


def test_the_zero_id_names_no_row() -> None:
    check_id("create_run", RUN)
    with pytest.raises(Error, match="the id is zero") as caught:
        check_id("create_task", RunID(), "run_id")
    assert (caught.value.op, caught.value.args) == ("create_task", ("run_id",))


@pytest.mark.parametrize(
    ("ident", "fits"), [("x" * 2048, True), ("x" * 2049, False), ("é" * 1024, True), ("é" * 1025, False)]
)
def test_an_ident_fits_into_2048_bytes(ident: str, fits: bool) -> None:
    if fits:
        check_ident(ident)
        return
    with pytest.raises(Error, match="at most 2048") as caught:
        check_ident(ident)
    assert caught.value.args == ("ident", ident[:50])


@pytest.mark.parametrize(
    ("labels", "stored"),
    [
        (None, [""]),
        ({}, [""]),
        ([], [""]),
        ({"Name": "align", "x": "a=b"}, ["Name=align", "x=a=b"]),
        (["b=1", "a=2", "b=1"], ["b=1", "a=2"]),
        (iter(["a=1"]), ["a=1"]),
    ],
)
def test_labels_are_a_set_that_is_never_empty(labels: Any, stored: list[str]) -> None:
    assert label_list(labels) == stored


@pytest.mark.parametrize("labels", ["a=1", ["a=1", 2], [("a", "1")], [None]])
def test_labels_of_another_type_are_invalid(labels: Any) -> None:
    with pytest.raises(Error, match="give a mapping") as caught:
        label_list(labels)
    assert caught.value.kind is ErrorKind.INVALID


def test_scan_calls_functions_and_the_method_of_a_handler() -> None:
    class Handler:
        """A handler as the Go interface has it."""

        def handle_mapping(self, *association: object) -> None:
            found.append(association)

    found: list[object] = []
    mapping_func(Handler())(RUN, RUN, Kind.ID, "run", [])
    assert found == [(RUN, RUN, Kind.ID, "run", [])]

    def handle(*association: object) -> None:
        pass

    assert mapping_func(handle) is handle


def test_scan_refuses_coroutine_functions() -> None:
    async def handle(*association: object) -> None:
        pass

    with pytest.raises(Error, match="called, not awaited") as caught:
        mapping_func(handle)  # type: ignore[arg-type]
    assert caught.value.kind is ErrorKind.INVALID
