"""Tasks over time: bars, what decided when a run ends, and the screen of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Task
from tests.support.dashboard import Dashboard
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import ScriptedDB
from tui.lists import flows as timeline
from tui.lists.flows import TimeRange
from tui.text import time_zone
from tui.watch.model.cluster import Cluster


def at(n: int, start: float, end: float | None, **fields: Any) -> Task:
    """A task of run 1 from `start` to `end` minutes ago."""
    stop = None if end is None else ago(minutes=end)
    return make_task(n, 1, start=ago(minutes=start), end=stop, **fields)


def cluster(*tasks: Task) -> Cluster:
    found = Cluster(NOW)
    found.add([make_run(1), *tasks])
    return found


def bars(*tasks: Task, span: TimeRange, width: int = 10) -> list[str]:
    return [timeline.bar(flow, span, width, NOW) for flow in timeline.flows(cluster(*tasks), run_id(1), NOW)]


def test_bars_of_attempts_and_waits() -> None:
    span = TimeRange(ago(minutes=10), timedelta(minutes=10))
    flow = digest("f")
    retried = [at(1, 10, 7, err=OOM, flow_id=flow), at(2, 5, None, attempt=1, flow_id=flow)]
    assert bars(*retried, at(3, 8, 6), span=span) == ["▒▒▒──█████", "──██"]


def test_waits_are_between_attempts_and_before_flows_of_the_critical_path() -> None:
    flow = digest("f")
    first, other = at(1, 55, 50), at(2, 54, 52)
    again = [at(3, 40, 30, err=OOM, flow_id=flow), at(4, 25, None, attempt=1, flow_id=flow)]
    flows = timeline.flows(cluster(first, other, *again), run_id(1), NOW)
    assert [(flow.is_critical, flow.waits) for flow in flows] == [
        (True, [(ago(hours=1), ago(minutes=55))]),
        (False, []),
        (True, [(ago(minutes=50), ago(minutes=40)), (ago(minutes=30), ago(minutes=25))]),
    ]
    assert flows[2].waited == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("width", "labels"),
    [
        (60, "11:03        11:18         11:33         11:48         12:03"),
        (29, "11:03 11:18 11:33 11:48 12:03"),
        (28, "11:03      11:33       12:03"),
        (17, "11:03 11:33 12:03"),
        (16, "11:03"),
        (3, "11:"),
    ],
)
def test_a_ruler_has_as_many_times_as_fit(width: int, labels: str) -> None:
    assert timeline.ruler(TimeRange(ago(hours=1), timedelta(hours=1)), width) == labels


def test_a_ruler_is_in_the_time_zone_of_the_screen() -> None:
    time_zone.use(time_zone.parse("Europe/Berlin"))
    try:
        assert timeline.ruler(TimeRange(ago(hours=1), timedelta(hours=1)), 8).strip() == "12:03"
    finally:
        time_zone.use(time_zone.UTC_ZONE)


def test_bars_out_of_sight_and_now() -> None:
    span = TimeRange(ago(minutes=5), timedelta(minutes=10))
    assert bars(at(1, 10, 7), at(2, 10, 4), at(3, 1, None), at(4, 4, 3.99), span=span) == [
        "     ┊",
        "█    ┊",
        " █   ┊",
        " ───█┊",
    ]


def test_how_bars_end() -> None:
    span = TimeRange(ago(minutes=10), timedelta(minutes=10))
    lost, quiet = ({"keepalive": ago(minutes=minutes)} for minutes in (7, 3))
    assert bars(at(1, 10, 6, err=OOM), at(2, 10, None, **lost), at(3, 9, None, **quiet), at(4, 1, None), span=span) == [
        "███✗",
        "██✗·······",
        " █████◌···",
        "    ─────█",
    ]
    assert bars(at(1, 20, 12, err=OOM), at(2, 5, 4.9, err=OOM), span=span, width=3) == ["", "─✗"]


def test_bars_at_a_time_in_the_past() -> None:
    then, span = ago(minutes=5), TimeRange(ago(minutes=10), timedelta(minutes=10))
    tasks = [at(1, 10, 2, err=OOM), at(2, 9, 7, err=OOM), at(3, 8, None)]
    flows = timeline.flows(cluster(*tasks), run_id(1), then)
    assert [timeline.bar(flow, span, 10, then) for flow in flows] == ["█████┊", " █✗  ┊", "──███┊"]


def test_the_span_grows_by_steps() -> None:
    def length(minutes: float) -> timedelta:
        return timeline.whole(timeline.flows(cluster(at(1, minutes, None)), run_id(1), NOW), None, NOW).length

    assert length(10) == timedelta(minutes=10)
    assert length(10.01) == timedelta(minutes=10, seconds=15)
    assert length(100.1) == timedelta(minutes=105)
    assert timeline.whole([], None, NOW).length == timedelta(seconds=1)


def test_the_critical_path_ends_with_the_last_task() -> None:
    tasks = [at(1, 10, 6), at(2, 10, 8), at(3, 6, 2), at(4, 7, 5), at(5, 2, None)]
    assert timeline.critical_path(tasks, NOW) == [tasks[0], tasks[2], tasks[4]]
    assert timeline.critical_path([], NOW) == []
    long_wait = [at(1, 60, 50), at(2, 59, 55), at(3, 9, 2)]
    assert timeline.critical_path(long_wait, NOW) == [long_wait[0], long_wait[2]]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60) | st.none()), max_size=30), st.integers(1, 40))
def test_any_times_have_bars_and_a_path(times: list[tuple[int, int | None]], width: int) -> None:
    tasks = [at(n, start, end, flow_id=digest(str(n // 2)), attempt=n % 2) for n, (start, end) in enumerate(times)]
    flows = timeline.flows(cluster(*tasks), run_id(1), NOW)
    span = timeline.whole(flows, None, NOW)
    assert all(len(timeline.bar(flow, span, width, NOW)) <= width for flow in flows)
    assert len(timeline.ruler(span, width)) <= width
    assert any(flow.is_critical for flow in flows) is bool(flows)


async def test_the_timeline_of_a_run() -> None:
    db = ScriptedDB(
        make_run(1, start=ago(minutes=10)),
        at(1, 10, 6),
        at(2, 10, 8, ident="qc"),
        at(3, 6, 1, ident="merge", err=OOM),
        at(4, 1, None, ident="merge", attempt=1, flow_id=digest("flow 3")),
        make_alloc(),
        make_pool(),
    )
    async with Dashboard(db).shown() as top:
        await top.press("t")
        assert top.where == "runs › timeline 01010101 10m from 11:53"
        assert top.lines[2].split() == ["11:53", "11:56", "11:58", "12:01", "12:03"]
        assert "◆ 00000000 merge" in top.line("● running")
        assert "▒▒▒" in top.line("● running")
        assert "◆" not in top.line("qc")
        await top.press("c")
        assert "qc" not in top.text
        await top.press("c", "plus")
        assert "5m from" in top.where
        await top.press("left")
        assert "5m from" in top.where
        await top.press("minus", "minus", "0")
        assert "10m from 11:53" in top.where
        await top.press("plus", "left", "left", "left", "left")
        assert "5m from 11:53" in top.where
        await top.press("right", "right", "right", "right")
        assert "5m from 11:58" in top.where
        await top.press("0")
        assert "critical path" in top.text
        await top.answer("slash", "ident:merge")
        assert "1 of 3 match" in top.where
        await top.press("enter")
        assert "task 00000000 merge" in top.where
        await top.press("t")
        assert top.where.startswith("runs › timeline")


@pytest.mark.parametrize("size", [(60, 20), (64, 24), (70, 24), (80, 24)])
async def test_bars_axis_and_durations_are_shown_on_narrow_screens(size: tuple[int, int]) -> None:
    db = ScriptedDB(make_run(1, start=ago(minutes=10)), at(1, 10, 6), at(2, 6, 1, ident="merge", err=OOM))
    async with Dashboard(db).shown(*size) as top:
        await top.press("t")
        assert top.lines[2].split()[0].startswith("11:53")
        assert {"IDENT", "SPAN", "TIMELINE"} <= set(top.line("IDENT").split())
        bars = top.line("▸").split()[-1]
        assert len(bars) >= 12
        assert "█" in bars


def stuck_run(*, lost: Sequence[int]) -> ScriptedDB:
    """A run of 100 tasks, one after another; those of `lost` have lost their lease, and the others have ended."""
    gone = {"keepalive": ago(minutes=9)}
    tasks = [
        at(n, 110 - n, None, ident=f"step{n}", **gone) if n in lost else at(n, 110 - n, 109 - n, ident=f"step{n}")
        for n in range(1, 101)
    ]
    return ScriptedDB(make_run(1, start=ago(minutes=110)), *tasks)


@pytest.mark.parametrize(("lost", "selected"), [((70, 90), "step70"), ((), "step100")])
async def test_the_cursor_starts_at_the_first_flow_that_needs_attention_or_at_the_newest(
    lost: Sequence[int], selected: str
) -> None:
    async with Dashboard(stuck_run(lost=lost)).shown(80, 24) as top:
        await top.press("t")
        await top.until(lambda: selected in top.line("▸"))
        await top.press("k")
        moved = top.line("▸").split()[:4]
        assert selected not in moved
        await top.refresh(ahead(seconds=10))
        assert top.line("▸").split()[:4] == moved
        await top.press("escape", "t")  # it is where the user left it
        assert top.line("▸").split()[:4] == moved


async def test_a_timeline_needs_a_selected_run() -> None:
    async with Dashboard(ScriptedDB()).shown() as top:
        await top.press("t")
        assert "no run is selected" in top.text


async def test_tasks_without_times_are_counted_and_many_are_shown() -> None:
    tasks = [at(n, 50 - n / 100, 49 - n / 100, ident=f"step {n}") for n in range(1, 4000)]
    db = ScriptedDB(make_run(1), *tasks, make_task(5000, 1, start=None, keepalive=None))
    async with Dashboard(db).shown(80, 24) as top:
        await top.press("t")
        assert "1 without times" in top.where
        await top.press("G", "plus", "plus", "right")
        assert top.line("▸").startswith("▸ ◆ 00000000 step 3999")
        assert "█" in top.line("▸")


async def test_the_timeline_of_a_past_window() -> None:
    then = {"keepalive": ago(minutes=10)}
    db = ScriptedDB(
        make_run(1, start=ago(hours=3), end=ago(minutes=10), **then),
        at(1, 120, 30, ident="align", err=OOM, **then),
        at(2, 120, 110, ident="early", **then),
        at(3, 80, None, ident="late", **then),
    )
    async with Dashboard(db).shown() as top:
        await top.press("T")
        await top.type("10:33")
        await top.press("enter", "t")
        await top.until_past_is_read()
        assert "❮❮ as of 2026-11-01 10:33 UTC" in top.where
        assert "early" in top.text  # of the run, as of then
        assert "late" not in top.text
        assert "┊" not in top.line("  align")
        assert top.lines[2].split() == ["09:03", "09:26", "09:48", "10:11", "10:33"]
        await top.press("1", "T")
        await top.type("2026-11-01T10:33..2026-11-01T11:03")
        await top.press("enter")
        await top.until_past_is_read()
        await top.press("t")
        assert "early" not in top.text
        assert top.lines[2].split() == ["10:33", "10:40", "10:48", "10:55", "11:03"]
        assert "late" in top.text
