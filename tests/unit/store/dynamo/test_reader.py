"""Pages, batches and days are read together; what could be read is kept."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from store import Error, ErrorKind, Run, SnapshotPage, Task, TaskID, time_slices
from store.dynamo.decode import Decoder, Row
from store.dynamo.reader import Reader, ReadResult
from store.times import format_time
from tests.support.rows import NOW, ago, make_run, make_task, run_id, task_id
from tests.support.scripted_reads import ScriptedReads, batch, found, page

THROTTLED = Error(ErrorKind.UNAVAILABLE, "dynamodb.Query", ("t",), "slow down")
DOWN = Error(ErrorKind.NET, "dynamodb.Query", ("t",), "no route")
DAY = {"IndexName": "Date-Keepalive-index"}
FILTERED = {**DAY, "FilterExpression": "#Type = :Type"}
KEY = {"ID": {"S": "x"}}


def task_item(n: int, **columns: str) -> dict[str, Any]:
    texts = {"ID": str(task_id(n)), "Type": "task", "RunID": str(run_id(1)), **columns}
    return {name: {"S": text} for name, text in texts.items()}


def reader(*replies: Any) -> tuple[Reader, ScriptedReads]:
    client = ScriptedReads(*replies)
    return Reader(client, "t"), client  # type: ignore[arg-type]


def ids(result: ReadResult) -> list[TaskID]:
    return [task.id for task in result.rows(Task)]


# What was found.


def test_the_newer_of_two_states_of_a_row_counts() -> None:
    result = ReadResult()
    older, newer = make_task(1, 1, keepalive=ago(minutes=2)), make_task(1, 1, keepalive=NOW)
    for states in ([older, newer], [newer, older]):
        result.add(states)
        assert result.rows(Task) == [newer]
    assert result.count == 1


def test_an_ended_state_is_newer_than_any_lease() -> None:
    result = ReadResult()
    ended = make_task(1, 1, keepalive=ago(minutes=2), end=ago(minutes=3))
    result.add([ended, make_task(1, 1, keepalive=NOW)])
    assert result.rows(Task) == [ended]


def test_rows_with_unreadable_ids_are_all_kept() -> None:
    result = ReadResult()
    result.add([Task(ident="a"), Task(ident="b"), make_task(1, 1)])
    assert [task.ident for task in result.rows(Task)] == ["a", "b", "samtools.sort"]
    assert result.count == 3


def test_rows_are_returned_by_type_with_what_they_cost() -> None:
    result = ReadResult()
    result.add([make_task(1, 1), make_run(1), make_task(2, 1)])
    result.consumed, result.errors = 2.5, [DOWN]
    tasks = result.rows(Task, limit=1)
    assert (tasks, tasks.consumed, tasks.errors) == ([make_task(1, 1)], 2.5, [DOWN])
    assert result.rows(Run) == [make_run(1)]


# Pages.


async def test_all_pages_of_all_requests_are_read() -> None:
    read, client = reader(
        page(task_item(1), last=KEY), page(task_item(2), consumed=0.5), page(task_item(3), consumed=0.5)
    )
    result = ReadResult()
    await read.query(result, [DAY, DAY])
    assert sorted(ids(result)) == [task_id(n) for n in (1, 2, 3)]
    assert (result.consumed, result.errors) == (2.0, [])
    assert [request.get("ExclusiveStartKey") for _, request in client.requests] == [None, None, KEY]
    assert all(request["TableName"] == "t" for _, request in client.requests)


async def test_a_limit_reads_one_request_after_the_other_until_there_are_enough() -> None:
    read, client = reader(page(task_item(1), last=KEY), page(task_item(2)), page(task_item(3), task_item(4), last=KEY))
    result = ReadResult()
    await read.query(result, [DAY, DAY, DAY], limit=3)
    assert result.count == 4
    assert [request["Limit"] for _, request in client.requests] == [3, 3, 3]


async def test_a_limit_is_not_sent_with_a_filter_which_comes_after_it() -> None:
    read, client = reader(page(last=KEY), page(task_item(1), last=KEY))
    await read.query(ReadResult(), [FILTERED], limit=1)
    assert ["Limit" in request for _, request in client.requests] == [False, False]


async def test_a_limit_beyond_a_page_is_cut() -> None:
    read, client = reader(page())
    await read.query(ReadResult(), [DAY], limit=2**40)
    assert client.requests[0][1]["Limit"] == 100_000


async def test_a_circle_of_one_page_ends_and_keeps_its_rows() -> None:
    read, client = reader(page(task_item(1), last=KEY), page(task_item(2), last=KEY))
    result = ReadResult()
    await read.query(result, [DAY])
    assert ids(result) == [task_id(1), task_id(2)]
    assert [error.kind for error in result.errors] == [ErrorKind.INTEGRITY]
    assert len(client.requests) == 2


async def test_the_type_of_rows_can_be_given() -> None:
    item = task_item(1)
    del item["Type"]
    read, _ = reader(page(item), page(item))
    without, given = ReadResult(), ReadResult()
    await read.query(without, [DAY])
    await read.query(given, [DAY], row_type="task")
    assert (ids(without), ids(given)) == ([], [task_id(1)])


# Failures.


async def test_a_failed_part_is_reported_beside_the_rows_of_the_others() -> None:
    read, _ = reader(THROTTLED, page(task_item(1)), DOWN)
    result = ReadResult()
    await read.query(result, [DAY, DAY, DAY])
    assert ids(result) == [task_id(1)]
    assert result.errors == [THROTTLED, DOWN]


async def test_an_empty_page_is_an_answer() -> None:
    read, _ = reader(page(), DOWN)
    result = ReadResult()
    await read.query(result, [DAY, DAY])
    assert result.errors == [DOWN]


async def test_nothing_read_raises_the_first_error() -> None:
    read, _ = reader(THROTTLED, DOWN)
    result = ReadResult()
    with pytest.raises(Error) as caught:
        await read.query(result, [DAY, DAY])
    assert caught.value is THROTTLED
    assert result.errors == []


async def test_a_failure_after_an_earlier_reply_is_reported() -> None:
    read, _ = reader(found(task_item(1)), DOWN)
    result = ReadResult()
    await read.get(result, task_id(1))
    await read.query(result, [DAY])
    assert (ids(result), result.errors) == ([task_id(1)], [DOWN])


# Single rows and batches.


async def test_get_reads_one_row_or_none() -> None:
    read, client = reader(found(task_item(1)), found())
    result = ReadResult()
    await read.get(result, task_id(1))
    await read.get(result, task_id(2))
    assert ids(result) == [task_id(1)]
    assert result.replies == 2
    assert client.requests[0][1] == {
        "TableName": "t",
        "Key": {"ID": {"S": str(task_id(1))}},
        "ConsistentRead": True,
    }


@pytest.mark.parametrize("consistent", [False, True])
async def test_a_batch_is_consistent_on_request(consistent: bool) -> None:
    read, client = reader(batch(task_item(1)))
    await read.batch(ReadResult(), [task_id(1)], consistent=consistent)
    assert client.requests[0][1].get("ConsistentRead", False) is consistent


async def test_unprocessed_keys_are_requested_again_after_a_while() -> None:
    left = [{"ID": {"S": str(task_id(2))}}]
    read, client = reader(batch(task_item(1), unprocessed=left), batch(unprocessed=left), batch(task_item(2)))
    result = ReadResult()
    await read.batch(result, [task_id(1), task_id(2)])
    assert ids(result) == [task_id(1), task_id(2)]
    assert [len(request["Keys"]) for _, request in client.requests] == [2, 1, 1]
    assert client.waits == [1, 2]


async def test_keys_that_stay_unprocessed_are_an_error() -> None:
    left = [{"ID": {"S": str(task_id(2))}}]
    read, client = reader(*8 * [batch(unprocessed=left)])
    result = ReadResult()
    await read.batch(result, [task_id(1), task_id(2)])
    (error,) = result.errors
    assert error.kind is ErrorKind.UNAVAILABLE
    assert "not retrieved: 1 of 2 rows, which the service left unprocessed 8 times" in str(error)
    assert client.waits == [1, 2, 3, 4, 5, 6, 7]


async def test_an_empty_batch_takes_no_request() -> None:
    read, client = reader()
    await read.batch(ReadResult(), [])
    assert client.requests == []


# Sweeps.


async def test_unchanged_rows_of_scans_are_the_same_objects() -> None:
    item = task_item(1, Keepalive=format_time(datetime(2026, 11, 1, 12, tzinfo=UTC)))
    read, _ = reader(*4 * [page(item)])
    rows: list[Task] = []
    for is_full in (True, False, True):
        result = ReadResult()
        await read.scan_window(result, [DAY], is_full=is_full)
        rows += result.rows(Task)
    assert rows[0] is rows[1] is rows[2]
    result = ReadResult()
    await read.query(result, [DAY])  # a query shares nothing with scans
    assert result.rows(Task)[0] is not rows[0]


async def test_the_event_loop_runs_between_slices_of_pages_that_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    read, _ = reader(*(page(*(task_item(n) for n in range(first, first + 500))) for first in (1, 501)))
    turns = 0
    decoded_in: list[int] = []
    decode = Decoder.decode

    def note_turn(
        self: Decoder, items: Iterable[bytes | msgspec.Raw], errors: list[Error], row_type: str = ""
    ) -> list[Row]:
        decoded_in.append(turns)
        return decode(self, items, errors, row_type)

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    monkeypatch.setattr(Decoder, "decode", note_turn)
    monkeypatch.setattr(time_slices, "_SLICE", 0.0)
    counting = asyncio.create_task(count())
    result = ReadResult()
    await read.query(result, [DAY, DAY])
    counting.cancel()
    assert result.count == 1000
    assert len(set(decoded_in)) == len(decoded_in) == 1000 // 50


async def test_the_clock_offset_is_that_of_the_client() -> None:
    read, client = reader()
    client.meter.clock_offset = 2.5
    assert read.clock_offset == 2.5


async def test_pages_are_handed_out_as_they_come_and_reading_can_be_stopped() -> None:
    some, _ = reader(*(page(task_item(number), last={"ID": {"S": str(number)}}) for number in (1, 2, 3)))
    result, pages = ReadResult(), []

    async def on_page(page: SnapshotPage) -> bool:
        pages.append(page)
        return len(pages) < 2

    await some.scan_window(result, [DAY], on_page=on_page)
    assert [(page.part, [row.id for row in page.rows], page.is_last) for page in pages] == [
        (0, [task_id(1)], False),
        (0, [task_id(2)], False),
    ]
    assert ids(result) == [task_id(1), task_id(2)]
