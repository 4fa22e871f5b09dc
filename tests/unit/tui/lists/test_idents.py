"""Tasks by ident: what they add up to, and the way there and back."""

from datetime import timedelta
from typing import Any

import pytest

from store import Task
from tests.support.dashboard import Dashboard
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.lists import idents as ident_list
from tui.lists.idents import IdentRow
from tui.screens.idents import IdentsScreen
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State


def took(n: int, minutes: float, **fields: Any) -> Task:
    """A task of run 1 that took so long and ended a minute ago."""
    return make_task(n, 1, start=ago(minutes=minutes + 1), end=ago(minutes=1), **fields)


def rows(*tasks: Task) -> list[IdentRow]:
    cluster = Cluster(NOW)
    cluster.add([make_run(1), *tasks])
    return ident_list.rows(cluster, tasks)


MIXED = (
    took(1, 5, ident="sort", err=OOM),
    took(2, 3, ident="sort", err=OOM, flow_id=digest("retried")),
    make_task(3, 1, ident="sort", attempt=1, flow_id=digest("retried"), start=ago(minutes=7)),
    make_task(4, 1, ident="sort", start=ago(seconds=5), keepalive=ago(seconds=5)),
    make_task(5, 1, ident="sort", start=ago(minutes=30), keepalive=ago(minutes=2, seconds=30)),
    make_task(6, 1, ident="align", start=ago(minutes=20)),
    took(7, 1, ident="qc"),
    make_task(8, 1, ident="", start=ago(hours=1), keepalive=ago(minutes=50)),
)


def test_how_the_tasks_of_an_ident_are_doing() -> None:
    sort, nameless, align, qc = rows(*MIXED)
    assert (sort.ident, sort.state, sort.done, len(sort.tasks)) == ("sort", State.FAILED, 2, 5)
    assert (sort.retried, sort.expired, sort.oldest) == (1, 1, ago(minutes=30))
    assert (sort.states[State.FAILED], sort.states[State.RUNNING], sort.states[State.STARTING]) == (1, 1, 1)
    assert (nameless.ident, nameless.state) == ("", State.LOST)
    assert (align.ident, align.state, align.p50, align.oldest) == ("align", State.RUNNING, None, ago(minutes=20))
    assert (qc.ident, qc.state, qc.oldest, qc.done) == ("qc", State.SUCCEEDED, None, 1)


# Only runs are failing or stalled; the tasks that have succeeded are counted as done.
@pytest.mark.parametrize("state", sorted({*State} - {State.FAILING, State.STALLED, State.SUCCEEDED}))
def test_each_state_of_tasks_is_counted_in_a_column(state: State) -> None:
    row = IdentRow("sort", [make_task(1, 1)], {state: 1}, 0, None, None, None)
    counting = [column.id for column in ident_list.columns(lambda: NOW) if column.cell(row).text == "1"]
    assert len(counting) == 1, "count the state in one column of lists/idents.py"


@pytest.mark.parametrize(
    ("minutes", "p50", "p95"),
    [([3], 3, 3), ([1, 9], 1, 9), ([*range(1, 21)], 10, 19), ([*range(100, 0, -1)], 50, 95)],
)
def test_how_long_the_ended_ones_take(minutes: list[int], p50: int, p95: int) -> None:
    (row,) = rows(*(took(n, each) for n, each in enumerate(minutes)), make_task(200, 1, start=ago(hours=9)))
    assert (row.p50, row.p95) == (timedelta(minutes=p50), timedelta(minutes=p95))


def idents(top: Dashboard) -> list[str]:
    assert isinstance(top.app.screen, IdentsScreen)
    return [row.ident for row in top.app.screen.table.rows_shown]


async def test_a_run_by_ident_and_back() -> None:
    async with Dashboard(ScriptedDB(make_run(1), *MIXED)).shown() as top:
        await top.press("enter", "b")
        assert top.where.startswith("runs › run 01010101 › by ident")
        assert top.where.endswith("4 idents 1 with failures")
        assert idents(top) == ["sort", "", "align", "qc"]
        assert "▸ sort ✗ failed ━━××╌╌╌╌╌╌ 2/5 1 1 1 1 1 30m00s 3m00s 5m00s" in top.line("▸")
        await top.press("enter")
        assert top.where.startswith("runs › run 01010101")
        assert "/ident:=sort 5 of 8 match" in top.where
        assert sorted(top.ids) == [1, 2, 3, 4, 5]
        await top.press("b")
        assert "▸ sort" in top.line("▸")
        await top.press("j", "enter")
        assert top.ids == [8]
        await top.press("escape", "b", "b")
        assert top.where.startswith("runs › run 01010101")
        assert len(top.ids) == 8


async def test_an_ident_stays_selected_while_its_tasks_change() -> None:
    db = ScriptedDB(make_run(1), *MIXED)
    async with Dashboard(db).shown() as top:
        await top.press("enter", "b", "G")
        assert "▸ qc" in top.line("▸")
        db.put(*(took(n, 1, ident="qc", err=OOM) for n in range(20, 23)), make_task(30, 1, ident="new"))
        await top.refresh()
        assert idents(top) == ["qc", "sort", "", "align", "new"]
        assert "▸ qc" in top.line("▸")
        await top.answer("colon", "sort p95")
        assert idents(top)[0] == "sort"
        await top.press("slash")
        await top.type("state:running")
        assert idents(top) == ["sort", "align", "new"]


async def test_by_ident_on_a_host_too() -> None:
    from tests.support.dashboard import cluster

    async with Dashboard(cluster()).shown() as top:
        await top.press("p", "enter", "b")
        assert top.where.startswith("runs › pools › pool i-0abc › by ident")
        await top.press("enter")
        assert "/ident:=samtools.sort 4 of 4 match" in top.where


async def test_ages_advance_and_hostile_idents_are_safe() -> None:
    hostile = '\x1b[31m[/x] "a, b" \''
    db = ScriptedDB(make_run(1), make_task(1, 1, ident=hostile, keepalive=ahead(minutes=9)))
    async with Dashboard(db).shown() as top:
        await top.press("enter", "b")
        assert "1m00s" in top.line("▸")
        await top.tick(NOW + timedelta(seconds=61))
        assert "2m01s" in top.line("▸")
        assert "\x1b" not in top.text
        await top.press("enter")
        assert "1 of 1 match" in top.where
