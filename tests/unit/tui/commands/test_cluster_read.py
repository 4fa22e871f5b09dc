"""The reads of commands that list rows."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from store import Digest, Error, ErrorKind, FailureReason, Run, Task
from tests.support.clock import settle
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import Watched
from tui.commands.cluster_read import ClusterRead, read_durations, read_now, read_past, read_runs
from tui.query.time_expressions import Moment
from tui.settings import Settings
from tui.settings.origin import Origin
from tui.watch.findings.findings import Findings
from tui.watch.model.states import State
from tui.watch.polling.backfill import BACKFILL_SPAN

Captured = pytest.CaptureFixture[str]


async def past(db: ScriptedDB, since: datetime, until: datetime, **given: Any) -> ClusterRead:
    settings = Settings(table="reflow-prod", since=at(since), **given)
    finding = asyncio.create_task(read_past(db, settings, until, NOW, sleep=db.clock.sleep))
    await db.clock.advance(3600)
    return await finding


def at(time: datetime) -> Moment:
    return Moment(time.isoformat(), time=time)


async def ids(db: ScriptedDB, **given: Any) -> list[int]:
    ended = given.pop("ended", False)
    listing = await read_now(db, Settings(table="reflow-prod", **given), NOW, ended=ended)
    return [row.run.id[0] for row in listing.run_rows()]


async def test_past_window_lists_the_runs_of_that_time() -> None:
    db = ScriptedDB(
        make_run(1, start=ago(hours=9), keepalive=ago(hours=7), end=ago(hours=7)),
        make_run(2, start=ago(hours=9), keepalive=ago(hours=4), end=ago(hours=4)),
        make_run(3, start=ago(hours=9)),
        make_run(4, start=ago(hours=1)),
        make_run(5, start=ago(hours=9), keepalive=ago(hours=7)),  # lost before the window
        make_run(6, start=ago(hours=9), user="bob"),
        make_task(1, 3, start=ago(hours=5), keepalive=ago(hours=4), end=ago(hours=4)),
        make_task(2, 3, start=ago(hours=1)),
    )
    listing = await past(db, ago(hours=6), ago(hours=3), user="amy")
    assert [row.run.id[0] for row in listing.run_rows()] == [5, 3, 2]
    assert (listing.run_rows()[1].total, listing.run_rows()[1].is_counted) == (1, True)
    assert listing.errors == []


async def test_past_is_read_within_the_budget_with_a_progress_line(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    db = ScriptedDB(make_run(1, start=ago(days=3)))
    db.cost = 600.0
    settings = Settings(table="reflow-prod", since=at(ago(days=2)), read_budget=10)
    finding = asyncio.create_task(read_past(db, settings, ago(days=1), NOW, sleep=db.clock.sleep))
    await db.clock.advance(100)
    assert not finding.done()
    assert capsys.readouterr().err.split("\r\x1b[K") == ["", *(f"reflowtop: {n}% read" for n in (0, 20, 40))]
    finding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finding
    assert capsys.readouterr().err == "\r\x1b[K"


async def test_unreadable_first_day_is_an_error() -> None:
    db = ScriptedDB(make_run(1))
    db.failures["active"] = THROTTLED
    with pytest.raises(Error) as raised:
        await past(db, ago(days=5), ago(days=4))
    assert raised.value is THROTTLED
    assert len(db.called("active")) == 1


async def test_unreadable_later_days_are_reported_and_the_rest_printed() -> None:
    db = ScriptedDB(make_run(1, start=ago(days=3), keepalive=ago(hours=47)))
    db.cost = 600.0
    settings = Settings(table="reflow-prod", since=at(ago(days=2)))
    finding = asyncio.create_task(read_past(db, settings, ago(days=1), NOW, sleep=db.clock.sleep))
    await settle()
    db.failures["active"] = THROTTLED
    await db.clock.advance(60)
    listing = await finding
    assert [row.run.id[0] for row in listing.run_rows()] == [1]
    assert set(map(str, listing.errors)) == {str(THROTTLED)}


async def test_tasks_are_read_for_listed_runs_only() -> None:
    db = ScriptedDB(make_run(1), make_run(2, user="bob"), make_run(3, start=ago(minutes=5)))
    await ids(db, user="amy")
    assert db.called("tasks") == [run_id(1)]


async def test_active_runs_are_listed_by_urgency() -> None:
    db = ScriptedDB(
        make_run(1, start=ago(hours=3)),
        make_run(2, user="bob@example.com"),
        make_run(3, keepalive=ago(minutes=5)),
        make_run(4, end=NOW),
        make_run(5),
        make_task(1, 5, end=NOW, err=OOM),
        make_run(6, keepalive=ago(hours=2)),
    )
    assert await ids(db) == [5, 3, 6, 2, 1]
    assert await ids(db, ended=True) == [5, 3, 6, 2, 1, 4]


@pytest.mark.parametrize("user", ["bob", "bob@example.com"])
async def test_runs_of_one_user_are_listed(user: str) -> None:
    db = ScriptedDB(make_run(1), make_run(2, user="bob@example.com"), make_run(3, user="bobby"))
    assert await ids(db, user=user) == [2]


async def test_only_named_runs_are_read_ended_or_not() -> None:
    db = ScriptedDB(make_run(1, end=ago(days=2)), make_run(2), make_task(1, 1, end=ago(days=2)), make_task(2, 2))
    listing = await read_runs(db, Settings(table="reflow-prod", user="bob"), [run_id(1).hex], NOW)
    assert [row.run.id for row in listing.run_rows()] == [run_id(1)]
    assert list(listing.cluster.tally(run_id(1)).tasks) == [make_task(1, 1).id]
    assert db.called("active") == []
    assert db.called("tasks")[-1] == run_id(1)
    assert run_id(2) not in db.called("tasks")


async def test_named_runs_of_the_past_are_in_scope_alone() -> None:
    db = ScriptedDB(make_run(1, start=ago(hours=9)), make_run(2, start=ago(hours=9)))
    settings = Settings(table="reflow-prod", since=at(ago(hours=6)))
    finding = asyncio.create_task(
        read_past(db, settings, ago(hours=3), NOW, names=[run_id(2).hex], sleep=db.clock.sleep)
    )
    await db.clock.advance(3600)
    assert [row.run.id for row in (await finding).run_rows()] == [run_id(2)]


async def test_durations_are_read_of_idents_with_long_running_tasks() -> None:
    ended = [make_task(n, 1, start=ago(hours=2), end=ago(hours=1)) for n in range(30, 60)]
    long = make_task(1, 1, start=ago(hours=3))
    db = ScriptedDB(make_run(1, start=ago(hours=4)), long, make_task(2, 1, ident="short"), *ended)
    listing = await read_now(db, Settings(table="reflow-prod"), NOW)
    await read_durations(db, listing)
    assert db.called("ident") == [long.ident]
    assert listing.cluster.usual[long.ident].p50 == timedelta(hours=1)
    db.failures["ident"] = THROTTLED
    listing = await read_now(db, Settings(table="reflow-prod"), NOW)
    await read_durations(db, listing)
    assert listing.errors == [THROTTLED]


async def test_reading_nothing_is_an_error() -> None:
    db = ScriptedDB()
    db.failure = THROTTLED
    with pytest.raises(Error):
        await read_now(db, Settings(table="reflow-prod"), NOW)


def unreadable(id: Digest, column: str) -> Error:
    return Error(ErrorKind.INVALID, "decode row", (str(id), column), "not so", reason=FailureReason.UNREADABLE)


async def test_unreadable_rows_of_other_users_are_ignored() -> None:
    db = ScriptedDB(
        make_run(1, user="bob@example.com"),
        make_run(2, user="amy"),
        make_task(1, 1, alloc_id=digest("a1")),
        make_task(2, 2, alloc_id=digest("a2")),
        make_task(3, 2, alloc_id=digest("a3")),
        make_task(4, 1, alloc_id=digest("a3")),
        *(make_alloc(name, f"i-{name}") for name in ("a1", "a2", "a3")),
        *(make_pool(f"i-{name}") for name in ("a1", "a2", "a3")),
    )
    amys = [run_id(2), make_task(2, 2).id, digest("a2"), digest("i-a2")]
    db.row_errors = [unreadable(id, "Keepalive") for id in amys]
    assert (await read_now(db, Settings(table="reflow-prod", user="bob"), NOW)).errors == []
    bobs = [run_id(1), make_task(1, 1).id, digest("a1"), digest("i-a1"), digest("a3"), digest("i-a3")]
    db.row_errors += [unreadable(id, "URI") for id in bobs]
    listing = await read_now(db, Settings(table="reflow-prod", user="bob"), NOW)
    assert listing.errors == [unreadable(id, "URI") for id in bobs]
    listing = await read_now(db, Settings(table="reflow-prod"), NOW)
    assert listing.errors == db.row_errors


async def test_unreadable_rows_of_unknown_users_are_reported() -> None:
    db = ScriptedDB(make_run(1, user=""), make_run(2, user="amy"), make_task(1, 1), make_task(2, 9))
    ids = [run_id(1), make_task(1, 1).id, make_task(2, 9).id, digest("never read"), Digest.ZERO]
    db.row_errors = [
        *(unreadable(id, "User") for id in ids),
        Error(ErrorKind.INVALID, "decode row", (), "not JSON", reason=FailureReason.UNREADABLE),
        Error(ErrorKind.INVALID, "decode row", ("x" * 64,), reason=FailureReason.UNREADABLE),
        Error(ErrorKind.INVALID, "parse time", (str(run_id(2)),)),
        Error(ErrorKind.TIMEOUT, "decode row", (str(run_id(2)),)),
    ]
    listing = await read_now(db, Settings(table="reflow-prod", user="bob"), NOW)
    assert listing.errors == db.row_errors


async def test_a_run_that_has_just_failed_is_listed_as_in_the_dashboard() -> None:
    recent: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(minutes=4), "end": ago(minutes=5)}
    db = ScriptedDB(
        make_run(1, **recent),
        make_task(11, 1, **recent, err=OOM),
        make_run(2, **recent),
        make_task(21, 2, **recent),
        make_run(3, start=ago(hours=1)),
    )
    assert await ids(db) == [1, 3]
    assert await ids(db, keep_failed=timedelta(minutes=4)) == [3]
    assert await ids(db, user="bob") == []
    assert await ids(db, ended=True) == [1, 3, 2]


def incident() -> ScriptedDB:
    """A run that was lost 20 minutes ago and one that failed 30 minutes ago, and older ones."""
    rows: list[Run | Task] = []
    for number, minutes in ((1, 20), (2, 90), (3, 26 * 60)):
        rows.append(make_run(number, start=ago(days=9), keepalive=ago(minutes=minutes)))
    for number, minutes in ((4, 30), (5, 70)):
        times: dict[str, Any] = {"start": ago(days=9), "keepalive": ago(minutes=minutes), "end": ago(minutes=minutes)}
        rows += [make_run(number, **times), make_task(number, number, **times, err=OOM, ident=f"ident {number}")]
    return ScriptedDB(*rows)


async def test_commands_find_what_the_dashboard_finds() -> None:
    db = incident()
    read = await read_now(db, Settings(table="reflow-prod"), NOW, ended=True)
    watched = Watched(db, backfill=BACKFILL_SPAN, keep_ended=timedelta(hours=1))
    await watched.refresh(NOW)
    reading = asyncio.create_task(watched.poller._background.run(db))
    watched.poller._background.poll_finished()
    await db.clock.advance(3600)
    watched.poller._background.poll_finished()
    await db.clock.advance(3600)
    reading.cancel()
    watched.poller.refresh_now()
    await watched.refresh(NOW)
    found = [finding.cause for finding in Findings(read.cluster).find()]
    assert found == [finding.cause for finding in Findings(watched.cluster).find()]
    assert len(found) == 3


async def test_a_window_named_by_a_flag_excludes_earlier_rows() -> None:
    settings = Settings(table="reflow-prod", sources={"since": Origin("--since")})
    read = await read_now(incident(), settings, NOW, ended=True)
    assert (list(read.cluster.runs), read.backfill) == ([], None)
    settings = Settings(table="reflow-prod", sources={"since": Origin("config.toml", "since")})
    read = await read_now(incident(), settings, NOW, ended=True)
    assert {run.id for run in read.cluster.runs} == {run_id(n) for n in (1, 2, 4)}


async def test_the_tasks_of_many_ended_runs_are_read_within_the_budget() -> None:
    times: dict[str, Any] = {"start": ago(days=9), "keepalive": ago(minutes=30), "end": ago(minutes=30)}
    db = ScriptedDB(*(make_run(n, **times) for n in range(99)))
    db.cost, db.history_cost = 1.0, 100.0
    reading = asyncio.create_task(
        read_now(db, Settings(table="reflow-prod"), NOW, ended=True, sleep=db.clock.sleep),
    )
    await db.clock.advance(60)
    read = await reading
    assert read.backfill is not None
    assert read.backfill.is_cut
    assert len(read.backfill.unread) + len(db.called("tasks")) == 99
    assert 2000 <= read.backfill.consumed <= 3000


async def test_a_backfill_cut_by_the_budget_is_complete_as_far_as_it_reached() -> None:
    db = incident()
    db.cost = 600.0
    reading = asyncio.create_task(read_now(db, Settings(table="reflow-prod"), NOW, ended=True, sleep=db.clock.sleep))
    await db.clock.advance(60)
    read = await reading
    assert read.backfill is not None
    assert read.backfill.is_cut
    failed = [run for run in read.cluster.runs if read.cluster.run_state(run.id) is State.FAILED]
    assert [run.id for run in failed] == [run_id(4)]
    assert ago(hours=1) < read.backfill.reached < ago(minutes=30)
    assert read.backfill.unread == []


async def test_tasks_that_cannot_be_read_are_requested_once() -> None:
    db = incident()
    db.failures["tasks"] = THROTTLED
    read = await read_now(db, Settings(table="reflow-prod"), NOW, ended=True)
    assert len(db.called("tasks")) == len(read.errors) == 3


async def test_runs_that_ended_in_a_longer_window_are_kept() -> None:
    ended = make_run(1, start=ago(days=2), keepalive=ago(days=1), end=ago(days=1))
    read = await read_now(ScriptedDB(ended), Settings(table="reflow-prod"), NOW, ended=True, since=ago(days=3))
    assert [run.id for run in read.cluster.runs] == [run_id(1)]
