"""The fates of pools and allocs whose lease expired."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Alloc, PoolRow
from store.lease import LEASE, SKEW
from tests.support.rows import NOW, ago, ahead, make_alloc, make_pool, make_run, make_task
from tui.lists.expired_place_texts import expired_place_text
from tui.watch.explain.cause_of_death import Fate
from tui.watch.explain.expired_place import ExpiredPlace, PlaceFate, Renewals, expired_place, place_fate
from tui.watch.model.cluster import Cluster
from tui.watch.model.outcomes import Outcome
from tui.watch.model.rows import Row
from tui.watch.model.states import State, is_expired
from tui.watch.model.stop_order import TOGETHER

GONE: dict[str, Any] = {"keepalive": ago(minutes=10)}
OLD: dict[str, Any] = {"start": ago(hours=1)}


def place_of(row: PoolRow | Alloc, *rows: Row) -> ExpiredPlace:
    cluster = Cluster(NOW)
    cluster.add([make_run(1), row, *rows])
    found = expired_place(cluster, row)
    assert found is not None
    return found


def test_a_pool_of_which_an_alloc_renews_has_only_a_hung_keepalive() -> None:
    pool, alloc, task = make_pool(**GONE), make_alloc("a2"), make_task(2, 1, **OLD)
    dead: list[Row] = [make_alloc(**GONE), make_task(1, 1, **OLD, **GONE)]
    found = place_of(pool, *dead, alloc, task)
    assert found.fate is PlaceFate.HUNG
    assert found.allocs == Renewals(1, 2, ago(seconds=30))
    assert found.tasks == Renewals(1, 2, ago(seconds=40))
    assert found.renewed == ago(seconds=40)
    assert found.evidence == (pool, alloc, task), "the latest leases"


def test_tasks_alone_do_not_show_that_the_host_is_alive() -> None:
    """The process of a run may renew the leases of its tasks: those on a lost host, too, until it finds out."""
    found = place_of(make_pool(**GONE), make_alloc(**GONE), make_task(1, 1, **OLD))
    assert (found.fate, found.tasks.alive, found.allocs.alive) == (PlaceFate.ONLY_TASKS, 1, 0)
    found = place_of(make_alloc(**GONE), make_pool(end=ago(minutes=9)), make_task(1, 1, **OLD))
    assert found.fate is PlaceFate.ONLY_TASKS


def test_a_task_that_has_not_renewed_yet_tells_nothing() -> None:
    new = make_task(1, 1, start=ago(seconds=5), keepalive=ago(seconds=5))
    found = place_of(make_pool(**GONE), make_alloc(**GONE), new)
    assert (found.fate, found.tasks) == (PlaceFate.GONE, Renewals())


def test_an_alloc_whose_tasks_and_host_renew_has_only_a_hung_keepalive() -> None:
    found = place_of(make_alloc(**GONE), make_pool(), make_task(1, 1, **OLD, keepalive=ahead(seconds=100)))
    assert (found.fate, found.renewed) == (PlaceFate.HUNG, ago(seconds=30))


def test_an_alloc_stopped_with_its_tasks_or_with_its_host() -> None:
    alloc, dead = make_alloc(**GONE), make_task(1, 1, **OLD, **GONE)
    assert place_of(alloc, make_pool(), dead).fate is PlaceFate.ON_LIVE_HOST
    assert place_of(alloc, make_pool(**GONE), dead).fate is PlaceFate.ON_DEAD_HOST
    assert place_of(alloc, make_pool(**GONE), make_alloc("a2"), dead).fate is PlaceFate.ON_LIVE_HOST
    assert place_of(alloc, dead).fate is PlaceFate.GONE


def test_leases_that_are_not_over_tell_nothing_yet() -> None:
    pool, late = make_pool(keepalive=ago(seconds=70)), ahead(seconds=10)
    found = place_of(pool, make_alloc(keepalive=late), make_task(1, 1, **OLD, keepalive=late))
    assert (found.fate, found.decided) == (PlaceFate.TOO_EARLY, late + SKEW)


def test_a_place_that_is_well_or_has_ended_or_is_past_has_no_fate() -> None:
    cluster = Cluster(NOW)
    cluster.add([make_pool(), make_alloc(end=NOW, **GONE)])
    assert expired_place(cluster, make_pool()) is None
    assert expired_place(cluster, make_alloc(end=NOW, **GONE)) is None
    cluster.outcomes = {make_run(1).id: Outcome(State.RUNNING, make_run(1))}
    cluster.add([make_pool("i-2", **GONE)])
    assert expired_place(cluster, make_pool("i-2", **GONE)) is None


NONE: frozenset[Fate] = frozenset()
ALIVE, STOPPED, UNKNOWN = ({fate} for fate in (Fate.ALIVE, Fate.STOPPED, Fate.UNKNOWN))


@pytest.mark.parametrize(
    ("tasks", "allocs", "pool", "fate"),
    [
        (NONE, NONE, None, PlaceFate.GONE),
        (STOPPED, STOPPED, None, PlaceFate.GONE),
        (STOPPED, STOPPED | ALIVE, None, PlaceFate.HUNG),
        (UNKNOWN, UNKNOWN | ALIVE, None, PlaceFate.HUNG),
        (ALIVE, UNKNOWN | STOPPED, None, PlaceFate.TOO_EARLY),
        (UNKNOWN, STOPPED, None, PlaceFate.TOO_EARLY),
        (UNKNOWN | ALIVE, STOPPED, None, PlaceFate.ONLY_TASKS),
        (ALIVE, NONE, Fate.ALIVE, PlaceFate.HUNG),
        (ALIVE, NONE, Fate.UNKNOWN, PlaceFate.TOO_EARLY),
        (ALIVE, NONE, Fate.STOPPED, PlaceFate.ONLY_TASKS),
        (UNKNOWN, NONE, Fate.ALIVE, PlaceFate.TOO_EARLY),
        (STOPPED, NONE, Fate.ALIVE, PlaceFate.ON_LIVE_HOST),
        (STOPPED, NONE, Fate.STOPPED, PlaceFate.ON_DEAD_HOST),
    ],
)
def test_the_fate_of_a_place_follows_from_those_around_it(
    tasks: set[Fate], allocs: set[Fate], pool: Fate | None, fate: PlaceFate
) -> None:
    assert place_fate(tasks, allocs, pool) is fate


def test_a_host_that_never_had_a_lease_is_not_waited_for() -> None:
    found = place_of(make_alloc(keepalive=ago(seconds=70)), make_pool(keepalive=None, start=ago(seconds=80)))
    assert (found.fate, found.decided) == (PlaceFate.ON_DEAD_HOST, None), "there is no end of a lease to name"


LEASES = st.integers(min_value=-900, max_value=120)
"""Ends of leases, in seconds from now."""


@given(pool=LEASES, allocs=st.lists(LEASES, max_size=3), tasks=st.lists(LEASES, max_size=4), of_alloc=st.booleans())
def test_a_claim_about_a_place_follows_from_the_leases(
    pool: int, allocs: list[int], tasks: list[int], *, of_alloc: bool
) -> None:
    """A host is called alive only if one of its leases was renewed after the other, and dead only if all are over."""
    times = [NOW + timedelta(seconds=seconds) for seconds in (pool, *allocs)]
    hosts: list[PoolRow | Alloc] = [make_pool(keepalive=times[0])]
    hosts += [make_alloc(f"a{number}", keepalive=time) for number, time in enumerate(times[1:], start=1)]
    row = hosts[-1] if of_alloc else hosts[0]
    there = [make_task(n, 1, **OLD, keepalive=NOW + timedelta(seconds=lease)) for n, lease in enumerate(tasks)]
    cluster = Cluster(NOW)
    cluster.add([make_run(1), *hosts, *there])
    found = expired_place(cluster, row)
    assert (found is None) is not is_expired(cluster.liveness(row))
    if found is None:
        return
    text = expired_place_text(cluster, found)
    latest = max(each.keepalive for each in hosts if each.keepalive is not None)
    assert text.endswith(".")
    if "is alive" in text and "is alive, or" not in text:
        assert row.keepalive is not None
        assert latest > max(NOW - SKEW - LEASE, row.keepalive + TOGETHER)
    if found.fate in (PlaceFate.GONE, PlaceFate.ON_DEAD_HOST):
        assert not any(each.alive for each in (found.tasks, found.allocs))
    for each in (found.tasks, found.allocs):
        assert each.alive <= each.total
