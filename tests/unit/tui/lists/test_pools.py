"""The list of pools, each with its allocs below it."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from store import Resources, Task
from tests.support.dashboard import Dashboard
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.lists import pools as pool_list
from tui.lists.columns import Cell
from tui.lists.pools import PoolListRow
from tui.query.filter import parse
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row

HOST = Resources({"cpu": 16, "mem": 64 << 30})


async def test_pools_sort_by_resources_with_their_allocs() -> None:
    pools = [
        make_pool(f"i-0{n}", start=ago(minutes=9 + n), resources=Resources({"cpu": 16, "mem": 64 << 30}))
        for n in range(3)
    ]
    allocs = [make_alloc(f"a{n}", f"i-0{n}", resources=Resources({"cpu": n, "mem": n << 30})) for n in (1, 2)]
    tasks = [make_task(n, 1, alloc_id=digest("a2")) for n in (1, 2)]
    tasks.append(make_task(3, 1, alloc_id=digest("a1"), resources=Resources({"cpu": 9, "mem": 33 << 30})))
    async with Dashboard(ScriptedDB(make_run(1), *pools, *allocs, *tasks)).shown() as top:
        await top.press("p")
        for column, first in (("cpu", "i-01"), ("mem", "i-01"), ("alloc", "i-02"), ("tasks", "i-02"), ("age", "i-02")):
            await top.answer("colon", f"sort {column}")
            names = [line[2:8].strip() for line in top.lines[3:8]]
            assert names[0] == first
            assert names.index("└ a2") == names.index("i-02") + 1
            assert names.index("└ a1") == names.index("i-01") + 1


def listed(*rows: Row, at: datetime = NOW) -> list[PoolListRow]:
    """Return the lines of the active pools of a cluster with these rows."""
    cluster = Cluster(at)
    cluster.add(rows)
    open_tasks = [row for row in cluster.open_rows if isinstance(row, Task)]
    return pool_list.rows(cluster, open_tasks, lambda row: row.end is None, lambda row: row.end is None)


def names(*rows: Row) -> list[str]:
    return [str(line.pool.pool_id) for line in listed(*rows) if line.alloc is None]


def cells(line: PoolListRow) -> dict[str, str]:
    columns = pool_list.columns(Cluster(NOW), lambda: NOW, lambda: NOW)
    return {column.id: column.cell(line).text for column in columns}


def test_pools_are_listed_worst_first() -> None:
    expired: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(minutes=3)}
    pools = [
        make_pool("i-0ok"),
        make_pool("i-1booting", start=ago(minutes=4), keepalive=ago(minutes=3)),
        make_pool("i-2failed"),
        make_pool("i-3expired"),
        make_pool("i-4stale", **expired),
        make_pool("i-5lost", keepalive=ago(minutes=9)),
        make_pool("i-6ended", end=ago(minutes=9)),
        make_pool("i-7ended", end=ago(minutes=9)),
    ]
    allocs = [make_alloc(name, name) for name in ("i-2failed", "i-3expired", "i-7ended")]
    tasks = [
        make_task(1, 1, alloc_id=digest("i-2failed"), end=NOW, err=OOM),
        make_task(2, 1, alloc_id=digest("i-3expired"), **expired),
        make_task(3, 1, alloc_id=digest("i-7ended")),
    ]
    assert names(make_run(1), *pools, *allocs, *tasks) == [
        "i-5lost",
        "i-7ended",
        "i-4stale",
        "i-3expired",
        "i-2failed",
        "i-0ok",
        "i-1booting",
    ]


def test_a_pool_that_ended_under_its_tasks_is_as_critical_as_a_lost_one() -> None:
    ended = make_pool(end=ago(minutes=1)), make_alloc(end=ago(minutes=1))
    rows = make_run(1), *ended, make_task(1, 1)
    cluster = Cluster(NOW)
    cluster.add(rows)
    state = next(each for each in pool_list.columns(cluster, lambda: NOW, lambda: NOW) if each.id == "state")
    assert [(state.cell(line).text, state.cell(line).style) for line in listed(*rows)] == [("■ ended", "critical")] * 2
    idle = PoolListRow(ended[0], None, (), Resources())
    assert state.cell(idle).style != "critical"


def test_work_is_at_stake_on_dead_hosts_only() -> None:
    """A host that ended may still have a current lease; it is as dead as one that is lost."""
    fates: dict[str, dict[str, Any]] = {
        "i-live": {},
        "i-lost": {"keepalive": ago(minutes=9)},
        "i-over": {"end": ago(minutes=30), "keepalive": ahead(seconds=90)},
    }
    hosts = [row for name, fate in fates.items() for row in (make_pool(name, **fate), make_alloc(name, name, **fate))]
    tasks = [make_task(n, 1, alloc_id=digest(name), start=ago(hours=1)) for n, name in enumerate(fates, 1)]
    lines = listed(make_run(1), *hosts, *tasks)
    cluster = Cluster(NOW)
    cluster.add([make_run(1), *hosts, *tasks])
    at_stake = next(each for each in pool_list.columns(cluster, lambda: NOW, lambda: NOW) if each.id == "at_stake")
    assert at_stake.sort_key is not None
    found = {str(line.pool.pool_id): (at_stake.cell(line), at_stake.sort_key(line)) for line in lines}
    assert found == {
        "i-live": (Cell("-", "muted"), timedelta()),
        "i-lost": (Cell("0.8h", "critical"), timedelta(minutes=51)),
        "i-over": (Cell("0.5h", "critical"), timedelta(minutes=30)),
    }


def test_little_work_and_almost_all_resources_are_not_rounded_to_nothing_and_all() -> None:
    rows: list[Row] = [
        make_pool(end=ago(minutes=1)),
        make_alloc(end=ago(minutes=1)),
        make_task(1, 1, start=ago(minutes=2)),
    ]
    cluster = Cluster(NOW)
    cluster.add([make_run(1), *rows])
    (line, _) = listed(make_run(1), *rows)
    at_stake = next(each for each in pool_list.columns(cluster, lambda: NOW, lambda: NOW) if each.id == "at_stake")
    assert at_stake.cell(line).text == "<0.1h"
    for held, shown in ((15.99, ">99%"), (0.01, "<1%")):
        line, _ = listed(make_pool(resources=HOST), make_alloc(resources=Resources({"cpu": held})))
        assert cells(line)["alloc"] == shown


def test_late_pools_match_the_word_that_they_show() -> None:
    late = make_pool(start=ago(hours=1), keepalive=ago(seconds=20))
    cluster = Cluster(NOW)
    cluster.add([late])
    (line,) = listed(late)
    state = next(each for each in pool_list.columns(cluster, lambda: NOW, lambda: NOW) if each.id == "state")
    assert state.cell(line).text == "● late"
    for text, is_found in (("state:late", True), ("state:live", True), ("state:stale", False)):
        assert parse(text).matcher(pool_list.fields(cluster, NOW))(line) is is_found


def test_pools_match_by_the_runs_of_their_tasks() -> None:
    lines = listed(make_pool("i-1"), make_pool("i-2"), make_alloc("a1", "i-1"), make_task(1, 1))
    matches = parse("run:0101").matcher(pool_list.fields(Cluster(NOW), NOW))
    assert [str(line.pool.pool_id) for line in lines if matches(line)] == ["i-1", "i-1"]


def test_an_alloc_that_reserves_the_host_does_not_use_it() -> None:
    tasks = [make_task(1, 1), make_task(2, 1, end=NOW), make_task(3, 1)]
    pool, alloc = listed(make_run(1), make_pool(resources=HOST), make_alloc(resources=HOST), *tasks)
    shown = cells(pool)
    assert (shown["cpu"], shown["mem"], shown["alloc"]) == ("█▌▒ 8/16", "█▌▒ 32/64G", "100%")
    shown = cells(alloc)
    assert (shown["cpu"], shown["mem"], shown["alloc"]) == ("█▌· 8/16", "█▌· 32/64G", "")
    assert pool_list.usage_text(pool) == "cpu 8 requested, 16 allocated of 16; mem 32G requested, 64G allocated of 64G"
    assert pool_list.usage_text(alloc) == "cpu 8 requested of 16; mem 32G requested of 64G"


def test_a_pool_that_has_ended_allocates_nothing() -> None:
    ended = make_pool(resources=HOST, end=NOW)
    pool, alloc = listed(make_run(1), ended, make_alloc(resources=HOST, end=NOW), make_task(1, 1))
    assert cells(pool)["alloc"] == "-"
    assert pool_list.usage_text(pool) == "cpu 4 requested of 16; mem 16G requested of 64G"
    assert pool_list.usage_text(alloc) == "cpu 4 requested of 16; mem 16G requested of 64G"


def test_a_pool_without_resources_has_dashes() -> None:
    pool, _ = listed(make_run(1), make_pool(), make_alloc(), make_task(1, 1))
    shown = cells(pool)
    assert (shown["cpu"], shown["mem"], shown["alloc"]) == ("4/-", "16G/-", "-")


def test_numbers_take_room_from_the_bar() -> None:
    large = Resources({"cpu": 192, "mem": 1536 << 30})
    most = make_task(1, 1, resources=Resources({"cpu": 190.5, "mem": 900 << 30}))
    shown = cells(listed(make_run(1), make_pool(resources=large), make_alloc(resources=large), most)[0])
    assert (shown["cpu"], shown["mem"]) == ("▌ 190/192", "██▒ 900G/2T")


amounts = st.floats(allow_nan=False, allow_infinity=False)


@given(amounts, st.lists(st.tuples(amounts, amounts), max_size=4))
def test_any_amounts_are_shown(offered: float, taken: list[tuple[float, float]]) -> None:
    cluster = Cluster(NOW)
    tasks = [make_task(n, 1, resources=Resources({"mem": mem, "cpu": cpu})) for n, (mem, cpu) in enumerate(taken, 1)]
    pool = make_pool(resources=Resources({"mem": offered, "cpu": offered}))
    allocs = [make_alloc(f"a{n}", resources=task.resources) for n, task in enumerate(tasks, 1)]
    cluster.add([pool, *allocs, *tasks])
    rows = pool_list.rows(cluster, tasks, lambda row: True, lambda row: True)
    columns = pool_list.columns(cluster, lambda: NOW, lambda: NOW)
    assert all(column.cell(row).text for column in columns for row in rows if column.id in ("cpu", "mem"))
