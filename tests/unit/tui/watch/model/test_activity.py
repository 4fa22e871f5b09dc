"""Running and failed tasks by minute: counted from scratch, counted incrementally, and as text."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Task
from tests.support.clusters import scanned_cluster
from tests.support.dashboard import Dashboard
from tests.support.rows import NOW, OOM, ago, ahead, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.query import time_expressions as when
from tui.screens.base.activity_line import ActivityLine
from tui.text import bars
from tui.watch.model.activity import MINUTES, Activity, Series
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import State

MINUTE = timedelta(minutes=1)
BOTH = [run_id(1), run_id(2)]


def two_runs(*tasks: Task, since: datetime = NOW - timedelta(days=1), start: datetime | None = None) -> Cluster:
    """A cluster of two runs that started an hour ago, completely known since `since`."""
    runs = [make_run(n, start=start or ago(hours=1)) for n in (1, 2)]
    return scanned_cluster(*runs, *tasks, since=since)


def bounds(series: Series) -> list[tuple[datetime, datetime]]:
    starts = [series.since + n * MINUTE for n in range(len(series.running))]
    return [(start, start + MINUTE) for start in starts]


def expected(cluster: Cluster, series: Series) -> tuple[list[int], list[int]]:
    """By the definition, task by task and minute by minute."""
    tasks = [task for id in BOTH for task in cluster.tally(id).tasks.values() if task.start is not None]

    def last(task: Task) -> datetime:
        lost = cluster.task_state(task) is State.LOST
        return task.end or (
            max(task.keepalive, task.start) if lost and task.keepalive and task.start else NOW + 9 * MINUTE
        )

    running = [
        sum(task.start < end <= _next_minute(last(task)) for task in tasks if task.start) for _, end in bounds(series)
    ]
    failed = [
        sum(task.err is not None and task.end is not None and start <= task.end < end for task in tasks)
        for start, end in bounds(series)
    ]
    return running, failed


def _next_minute(time: datetime) -> datetime:
    """The end of a minute counts until the minute in which a task ended."""
    return time.replace(second=0, microsecond=0)


moments = st.integers(-100 * 60, 0).map(lambda seconds: NOW + timedelta(seconds=seconds))


@st.composite
def some_tasks(draw: st.DrawFn, first: int = 0) -> list[Task]:
    tasks = []
    for n in range(first, first + draw(st.integers(0, 25))):
        start, other = sorted((draw(moments), draw(moments)))
        ended = draw(st.booleans())
        lease = ahead(minutes=1) if draw(st.booleans()) else other
        failed = ended and draw(st.booleans())
        tasks.append(
            make_task(
                n,
                draw(st.integers(1, 2)),
                start=start,
                keepalive=lease,
                end=other if ended else None,
                err=OOM if failed else None,
            )
        )
    return tasks


@given(some_tasks(), some_tasks(100), st.sets(st.integers(0, 24)))
def test_incremental_counts_equal_the_definition(first: list[Task], second: list[Task], over: set[int]) -> None:
    cluster = two_runs(*first)
    activity = Activity(cluster)
    ended = [msgspec.structs.replace(first[n], end=NOW, err=OOM) for n in over if n < len(first) and not first[n].end]
    for tasks in ([], second, ended, []):
        cluster.add(tasks)
        series = activity.series(BOTH, NOW)
        assert (series.running, series.failed) == expected(cluster, series)
        assert len(series.running) == MINUTES


@pytest.mark.parametrize(
    "dead",
    [
        [make_alloc(), make_pool(end=ago(minutes=5))],
        [make_alloc(end=ago(minutes=5)), make_pool(end=ago(minutes=1))],
        [make_alloc(keepalive=ago(minutes=5)), make_pool(keepalive=ago(minutes=4))],
    ],
    ids=["pool ended", "alloc ended first", "pool lost"],
)
def test_tasks_on_a_dead_host_stop_when_it_does(dead: list[Row]) -> None:
    cluster = two_runs(make_task(1, 1, start=ago(minutes=9)))
    assert Activity(cluster).series(BOTH, NOW).running[-10:] == [1] * 10
    cluster.add(dead)
    assert Activity(cluster).series(BOTH, NOW).running[-10:] == [1] * 4 + [0] * 6


@given(some_tasks(), st.lists(st.integers(0, 90), max_size=4).map(sorted))
def test_the_hour_moves_on(tasks: list[Task], minutes: list[int]) -> None:
    activity = Activity(two_runs(*tasks))
    for later in minutes:
        until = NOW + later * MINUTE
        fresh = Activity(activity.cluster).series(BOTH, until)
        assert activity.series(BOTH, until) == fresh


def test_incomplete_minutes_have_no_counts() -> None:
    tasks = [make_task(1, 1, start=ago(minutes=50))]
    assert Activity(Cluster(NOW)).series([], NOW).running == [0] * MINUTES
    unread = Cluster(NOW)
    unread.add([make_run(1), *tasks])
    assert Activity(unread).series([run_id(1)], NOW).running == []
    part = Activity(two_runs(*tasks, since=ago(minutes=10))).series(BOTH, NOW)
    assert (part.running, part.since) == ([1] * 10, ago(minutes=10).replace(second=0) + MINUTE)
    young = two_runs(*tasks, since=ago(minutes=70), start=ago(minutes=60))
    assert len(Activity(young).series(BOTH, NOW).running) == MINUTES
    assert len(Activity(young).series(BOTH, NOW, known_since=ago(minutes=4)).running) == 5


def test_forgotten_runs_are_dropped() -> None:
    cluster = two_runs(make_task(1, 1))
    activity = Activity(cluster)
    over: dict[str, Any] = {"start": ago(hours=9), "keepalive": ago(hours=5), "end": ago(hours=5)}
    cluster.add([make_run(3, **over), make_run(4, **over), make_task(9, 4, **over)])
    activity.series([run.id for run in cluster.runs], NOW)
    cluster.forget(ago(hours=1))
    assert activity.series([run_id(1)], NOW).running[-1] == 1
    assert activity._runs.keys() == {run_id(1), run_id(2)}


def test_steps_stay_where_they_are_when_a_minute_has_passed() -> None:
    until = NOW.replace(minute=7, second=30)
    counts = [0, 1, 2, 3, 4, 5, 6, 7]
    series = Series(until, counts, counts)
    assert series.since == NOW.replace(minute=0, second=0)
    assert series.running_by(3) == [2, 5, 7]
    assert series.failed_by(3) == [3, 12, 13]
    later = Series(until + MINUTE, [*counts[1:], 8], [*counts[1:], 8])
    assert later.running_by(3) == [2, 5, 8]
    assert series.running_by(60) == [7]
    assert Series(until, [], []).running_by(2) == []


def test_sparklines() -> None:
    assert bars.sparkline([0, 1, 4, 8]) == "·▁▄█"
    assert bars.sparkline([1, 1000]) == "▁█"
    assert bars.sparkline([3, 3]) == "██"
    assert bars.sparkline([]) == ""


def busy() -> ScriptedDB:
    return ScriptedDB(
        make_run(1),
        make_run(2, user="bob@example.com"),
        *(make_task(n, 1, start=ago(minutes=30), end=ago(minutes=20 - n), err=OOM) for n in range(3)),
        make_task(4, 1, start=ago(minutes=40)),
        make_task(5, 2, start=ago(minutes=10)),
    )


async def test_the_last_hour_of_all_runs_shown_and_of_one() -> None:
    async with Dashboard(busy(), since=when.parse("2h", NOW)).shown() as top:
        assert (
            top.line("last hour") == f"running tasks {'·' * 9}▂▂▂▂▂██████▄▂▂▂▄▄▄▄▄▄ 2 (peak 4)"
            f" failed flows {'·' * 19}▄█········· 3 last hour"
        )
        await top.answer("slash", "user:bob")
        assert "1 (peak 1)" in top.line("last hour")
        assert " 0 last hour" in top.line("last hour")
        await top.press("escape", "enter")
        assert "1 (peak 4)" in top.line("last hour")


async def test_unknown_counts_are_named() -> None:
    db = busy()
    db.failures["tasks"] = THROTTLED
    async with Dashboard(db).shown() as top:
        assert "2 (peak 2)" in top.line("since 11:54")
        db.failures.clear()
        await top.press("enter")
        assert "1 (peak 4)" in top.line("last hour")  # all of its tasks were read


@pytest.mark.parametrize(
    ("width", "height", "bars"), [(200, 50, 60), (120, 36, 30), (80, 24, 10), (60, 24, 6), (40, 24, 0), (80, 19, None)]
)
async def test_bars_fit_the_width(width: int, height: int, bars: int | None) -> None:
    async with Dashboard(busy(), since=when.parse("2h", NOW)).shown(width, height) as top:
        if bars is None:
            assert "peak" not in top.text
        else:
            found = sum(char in "·▁▂▃▄▅▆▇█" for char in top.line("(peak").partition("(peak")[0])
            assert bars <= found <= bars + 1


async def test_nothing_is_drawn_again_when_nothing_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Dashboard(busy(), since=when.parse("2h", NOW)).shown() as top:
        drawn: list[object] = []
        monkeypatch.setattr(ActivityLine, "refresh", lambda self, *regions, **options: drawn.append(regions))
        await top.refresh(NOW + timedelta(seconds=5))
        assert drawn == []
        await top.refresh(NOW + MINUTE)
        assert drawn
