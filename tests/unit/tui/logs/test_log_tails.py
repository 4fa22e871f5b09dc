"""The ends of stderr that previews show."""

from datetime import timedelta

import pytest

from store import Error, ErrorKind, Task
from tests.support.log_world import TASK, LogWorld
from tests.support.rows import NOW
from tui.logs import log_tails
from tui.logs.log_tails import COST, LogTail, LogTails, read_tail
from tui.watch.polling.budget import Budget


async def test_the_last_lines_are_read_once_and_redacted(world: LogWorld) -> None:
    await world.end_task(stderr=b"one\n\x1b[31mtwo\x1b[0m\npassword: hunter2\n")
    task, tails, budget = await world.task(), LogTails(), Budget(100, 0.125)
    assert tails.is_due(task, NOW)
    tail = await tails.read(world.db, task, budget, NOW)
    assert [line.text for line in tail.lines] == [b"one", b"\x1b[31mtwo\x1b[0m", b"password: [redacted]"]
    assert tails.get(task) == tail
    assert not tails.is_due(task, NOW + timedelta(days=1))
    assert budget.rate(NOW) * 60 == COST


@pytest.mark.parametrize("stderr", [b"", b"x"])
async def test_an_empty_log_has_a_reason_and_no_lines(world: LogWorld, stderr: bytes) -> None:
    await world.end_task(stderr=stderr)
    tail = await LogTails().read(world.db, await world.task(), Budget(100, 0.125), NOW)
    assert (len(tail.lines), tail.reason) == ((1, "") if stderr else (0, "stderr is empty"))


@pytest.mark.parametrize(
    ("stderr", "line"),
    [
        (b"one\n  \x1b[31mtwo: password=hunter2\x1b[0m  \n\n", "two: password=[redacted]"),
        (b"\n \n", "the log has only blank lines"),
        (b"", "stderr is empty"),
    ],
)
async def test_the_last_line_is_not_blank_and_has_no_secrets(world: LogWorld, stderr: bytes, line: str) -> None:
    await world.end_task(stderr=stderr)
    assert (await read_tail(world.db, await world.task(), NOW)).last_line == line


async def test_the_last_line_leaves_out_the_address_of_a_missing_stream() -> None:
    reason = "nothing was written before the task was lost: reflow 5b73a9551bc10659/87058f26/stderr"
    assert LogTail((), reason, NOW).last_line == "nothing was written before the task was lost"
    assert LogTail((), "it could not be read: a b c", NOW).last_line == "it could not be read: a b c"


async def test_a_task_on_an_ended_host_will_write_nothing(world: LogWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    async def read_stderr(*_: object) -> tuple[None, bool, str]:
        return None, False, "nothing written yet: reflow a/e/stderr"

    monkeypatch.setattr(log_tails, "read_stderr", read_stderr)
    tail = await read_tail(world.db, await world.task(), NOW)
    assert (tail.reason, tail.last_line) == ("nothing was written: reflow a/e/stderr", "nothing was written")


async def test_the_log_of_a_task_without_an_end_may_grow(world: LogWorld) -> None:
    await world.end_task()
    ended, tails = await world.task(), LogTails()
    lost = Task(id=ended.id, stderr=ended.stderr)
    await tails.read(world.db, lost, Budget(100, 0.125), NOW)
    assert not tails.is_reading(lost)
    assert [tails.is_due(task, NOW + timedelta(minutes=1)) for task in (lost, ended)] == [True, False]


async def test_a_read_that_fails_is_due_again_after_a_minute(world: LogWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise Error(ErrorKind.TEMPORARY, "open log", (), "throttled")

    monkeypatch.setattr(log_tails, "read_stderr", fail)
    task, tails = await world.task(), LogTails()
    tail = await tails.read(world.db, task, Budget(100, 0.125), NOW)
    assert tail.reason.startswith("it could not be read: AWS throttles the reads")
    assert not tails.is_due(task, NOW + timedelta(seconds=59))
    assert tails.is_due(task, NOW + timedelta(minutes=1))


async def test_a_read_is_affordable_while_the_rate_stays_within_the_budget() -> None:
    tails, budget = LogTails(), Budget(10, 0.125)
    assert tails.is_affordable(budget, NOW)
    budget.spend(600 - COST, NOW)
    assert tails.is_affordable(budget, NOW)
    budget.spend(1, NOW)
    assert not tails.is_affordable(budget, NOW)
    assert tails.is_affordable(budget, NOW + timedelta(minutes=2))


async def test_only_the_last_tails_are_kept(world: LogWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_tails, "_MOST", 1)
    await world.end_task()
    first, tails, budget = await world.task(), LogTails(), Budget(100, 0.125)
    second = Task(id=type(TASK)(bytes(31) + b"\x07"), stderr=first.stderr, end=NOW)
    for task in (first, second):
        await tails.read(world.db, task, budget, NOW)
    assert (tails.get(first), tails.get(second) is None) == (None, False)
