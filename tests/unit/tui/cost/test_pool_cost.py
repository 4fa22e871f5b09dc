"""The division of a pool's time among its tasks."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Resources
from tests.support.rows import NOW, ago, ahead, make_alloc, make_pool, make_task
from tui.cost.pool_cost import Charge, PoolTime, SharedTask, Shares, divide, stop_of

HOUR = 3600.0
HOST = Resources({"cpu": 8, "mem": 64 << 30, "disk": 1e12, "intel_avx": 8})


def shared(number: int, share: float | None, start: float, end: float | None, **fields: Any) -> SharedTask:
    """A task of run 1 from `start` to `end` in hours before now; None for one that runs."""
    until = None if end is None else ago(hours=end)
    return SharedTask(make_task(number, fields.pop("run", 1), start=ago(hours=start), end=until, **fields), share)


def hours(charge: Charge) -> float:
    return charge.seconds / HOUR


def divided(*tasks: SharedTask, **options: Any) -> PoolTime:
    """The time of a pool that ran for two hours until now."""
    pool = options.pop("pool", make_pool(start=ago(hours=2), end=NOW))
    found = divide(pool, tasks, options.pop("as_of", NOW), **{"known_since": ago(days=1), **options})
    assert found is not None
    return found


def test_a_task_requests_its_largest_share_of_cpu_mem_and_disk() -> None:
    pool, alloc = make_pool(resources=HOST), make_alloc(resources=HOST * 0.5)
    cpu = make_task(1, 1, resources=Resources({"cpu": 2, "mem": 4 << 30}))
    assert Shares().share(cpu, alloc, pool) == pytest.approx(2 / 4 * 0.5)
    mem = make_task(1, 1, resources=Resources({"cpu": 1, "mem": 24 << 30}))
    assert Shares().share(mem, alloc, pool) == pytest.approx(24 / 32 * 0.5)
    disk = make_task(1, 1, resources=Resources({"cpu": 1, "disk": 5e11}))
    assert Shares().share(disk, alloc, pool) == pytest.approx(1 * 0.5)


def test_features_of_the_cpu_are_no_share() -> None:
    """Reflow counts `intel_avx` by core, for a task too, so that it is as good as cpu; other counts mean nothing."""
    pool, alloc = make_pool(resources=HOST), make_alloc(resources=HOST)
    task = make_task(1, 1, resources=Resources({"cpu": 1, "intel_avx": 8}))
    assert Shares().share(task, alloc, pool) == pytest.approx(1 / 8)


def test_a_share_without_resources() -> None:
    task = make_task(1, 1, resources=Resources({"cpu": 4}))
    assert Shares().share(task, make_alloc(resources=HOST), make_pool(resources=Resources())) is None
    assert Shares().share(task, make_alloc(resources=Resources()), make_pool(resources=HOST)) == pytest.approx(0.5)
    nothing = msgspec.structs.replace(task, resources=Resources())
    assert Shares().share(nothing, make_alloc(resources=HOST), make_pool(resources=HOST)) == 0
    odd = msgspec.structs.replace(task, resources=Resources({"cpu": float("nan"), "mem": 1e300}))
    assert Shares().share(odd, make_alloc(resources=HOST), make_pool(resources=HOST)) in (0, 1)


def test_shares_above_the_whole_pool_are_scaled_down() -> None:
    """Two hours: A half of the pool in the first, B three quarters of it from half past to half past.

    Reflow would charge A 0.5 h and B 0.75 h. Together they request 1.25 of the pool for half an hour, in which A gets
    0.4 and B 0.6 of it: A 0.25 + 0.2 h, B 0.3 + 0.375 h. The rest of the two hours, 0.875 h, is idle.
    """
    found = divided(shared(1, 0.5, 2, 1), shared(2, 0.75, 1.5, 0.5, run=2))
    a, b = found.tasks.values()
    assert [hours(a), hours(b)] == pytest.approx([0.45, 0.675])
    assert hours(found.idle) == pytest.approx(0.875)
    assert hours(found.total) == 2
    assert [hours(charge) for charge in found.runs.values()] == pytest.approx([0.45, 0.675])
    assert found.unread == Charge()


def test_a_task_that_follows_another_one_does_not_share_with_it() -> None:
    found = divided(shared(1, 1.0, 2, 1), shared(2, 1.0, 1, 0))
    assert [hours(charge) for charge in found.tasks.values()] == [1, 1]
    assert found.idle == Charge()


def test_a_task_outside_of_the_life_of_its_pool_is_cut() -> None:
    pool = make_pool(start=ago(hours=2), end=ago(hours=1))
    found = divided(shared(1, 0.5, 3, 0.5), shared(2, 0.5, 0.5, 0), pool=pool)
    assert [hours(charge) for charge in found.tasks.values()] == pytest.approx([0.5, 0])
    assert hours(found.idle) == pytest.approx(0.5)


def test_a_task_of_no_length_costs_nothing() -> None:
    found = divided(shared(1, 0.5, 1, 1), shared(2, 0.5, 2, 0))
    assert [hours(charge) for charge in found.tasks.values()] == [0, 1]


def test_open_rows_count_up_to_their_lease_and_grow() -> None:
    pool = make_pool(start=ago(hours=1), keepalive=ahead(seconds=90))
    found = divided(shared(1, 0.25, 1, None, keepalive=ahead(seconds=60)), pool=pool)
    (task,) = found.tasks.values()
    assert [hours(task), task.rate] == pytest.approx([0.25, 0.25])
    assert [hours(found.idle), found.idle.rate] == pytest.approx([0.75, 0.75])
    assert found.total.rate == 1
    assert found.valid_until == ahead(seconds=60)
    assert task.at(3600) / HOUR == pytest.approx(0.5)


def test_an_expired_lease_ends_the_count() -> None:
    pool = make_pool(start=ago(hours=2), keepalive=ago(hours=1))
    found = divided(shared(1, 0.5, 2, None, keepalive=ago(hours=1.5)), pool=pool)
    (task,) = found.tasks.values()
    assert (hours(found.total), found.total.rate) == (1, 0)
    assert [hours(task), task.rate] == pytest.approx([0.25, 0])
    assert found.valid_until == NOW  # both may be renewed after all


def test_a_task_with_an_expired_lease_stops_growing_before_its_pool() -> None:
    pool = make_pool(start=ago(hours=2), keepalive=ahead(seconds=90))
    found = divided(shared(1, 0.5, 2, None, keepalive=ago(hours=1)), pool=pool)
    assert [*found.tasks[make_task(1, 1).id]] == pytest.approx([0.5 * HOUR, 0])
    assert found.idle.rate == 1


def test_time_before_all_tasks_are_known_is_not_idle() -> None:
    found = divided(shared(1, 0.5, 2, 0), known_since=ago(hours=0.5))
    assert hours(found.unread) == pytest.approx(0.75)
    assert hours(found.idle) == pytest.approx(0.25)
    unknown = divided(shared(1, 0.5, 2, 0), known_since=None)
    assert [hours(unknown.unread), unknown.idle.seconds] == pytest.approx([1, 0])


def test_a_task_of_unknown_share_leaves_nothing_idle() -> None:
    found = divided(shared(1, None, 2, 1), shared(2, 0.5, 2, 1))
    assert found.missing == {make_task(1, 1).id}
    assert [*found.tasks] == [make_task(2, 1).id]
    assert found.idle == found.unread == Charge()


def test_in_the_past_open_rows_are_alive_without_a_lease() -> None:
    pool = make_pool(start=ago(hours=2), keepalive=None)
    found = divided(shared(1, 0.5, 2, None, keepalive=None), pool=pool, has_lease=False)
    assert [hours(found.total), hours(found.tasks[make_task(1, 1).id])] == pytest.approx([2, 1])


def test_a_pool_without_a_start_cannot_be_divided() -> None:
    assert divide(make_pool(start=None), (), NOW) is None


def test_a_row_is_alive_until_its_end_or_lease() -> None:
    assert stop_of(make_pool(end=ago(hours=1)), NOW) == ago(hours=1)
    assert stop_of(make_pool(end=ahead(hours=1)), NOW) == NOW
    assert stop_of(make_pool(keepalive=ahead(hours=1)), NOW) == NOW
    assert stop_of(make_pool(keepalive=None), NOW) == make_pool().start
    assert stop_of(make_pool(start=None, keepalive=None), NOW) is None


MOMENTS = st.floats(0, 3)


@given(
    st.lists(st.tuples(st.floats(0, 1), MOMENTS, MOMENTS, st.booleans(), st.sampled_from([1, 2]))),
    MOMENTS,
    st.booleans(),
)
def test_tasks_idle_and_unread_time_add_up_to_the_pool(
    tasks: list[tuple[float, float, float, bool, int]], known: float, pool_is_open: bool
) -> None:
    """At $10,000 an hour they differ by less than a cent."""
    rows = [
        shared(number, share, max(start, end), None if is_open else min(start, end), run=run)
        for number, (share, start, end, is_open, run) in enumerate(tasks)
    ]
    pool = make_pool(start=ago(hours=2), end=None if pool_is_open else ago(hours=0.25))
    found = divided(*rows, pool=pool, known_since=ago(hours=known))
    parts = [*found.tasks.values(), found.idle, found.unread]
    assert sum(charge.seconds for charge in parts) == pytest.approx(found.total.seconds, abs=HOUR * 0.01 / 10_000)
    assert sum(charge.rate for charge in parts) == pytest.approx(found.total.rate)
    assert sum(charge.seconds for charge in found.runs.values()) == pytest.approx(
        sum(charge.seconds for charge in found.tasks.values())
    )
    assert all(charge.seconds >= 0 and charge.rate >= 0 for charge in parts)
    for (_, share), charge in zip(rows, found.tasks.values(), strict=True):
        assert share is not None
        assert charge.seconds <= share * found.total.seconds + 1e-6  # never more than reflow charges


@given(st.lists(st.tuples(st.floats(0.01, 1), MOMENTS), min_size=1, max_size=8), st.integers(1, 80))
def test_a_division_grows_to_the_result_of_a_later_one(tasks: list[tuple[float, float]], seconds: int) -> None:
    rows = [shared(number, share, start, None) for number, (share, start) in enumerate(tasks)]
    pool, later = make_pool(start=ago(hours=2)), NOW + timedelta(seconds=seconds)
    early, late = divided(*rows, pool=pool), divided(*rows, pool=pool, as_of=later)
    assert early.valid_until >= later
    for id, charge in early.tasks.items():
        assert charge.at(seconds) == pytest.approx(late.tasks[id].seconds, abs=1e-6)
    assert early.idle.at(seconds) == pytest.approx(late.idle.seconds, abs=1e-6)
