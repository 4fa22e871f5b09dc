"""Costs of runs, tasks and pools; worked out by hand where they are in dollars."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from store import Liveness, Resources
from tests.support.costs import HOST, LABEL, LIST, host, make_costs, task
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_run, run_id
from tui.cost import costs as costs_module
from tui.cost.amount import NOTHING, UNKNOWN, Amount, AmountKind, text
from tui.cost.costs import Costs
from tui.cost.prices import PriceBook
from tui.settings import Settings
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.outcomes import Outcome
from tui.watch.model.rows import Row
from tui.watch.model.states import State


def cents(amount: Amount) -> tuple[Decimal, AmountKind]:
    return round(amount.usd, 2), amount.kind


def at_most(usd: str) -> tuple[Decimal, AmountKind]:
    return Decimal(usd), AmountKind.UPPER_BOUND


def refresh(costs: Costs, *rows: Row, at: datetime) -> None:
    changes = Changes()
    costs.cluster.merge(rows, changes)
    costs.cluster.finish_refresh(at, None, changes)
    costs.update()


def test_the_example_of_the_manual() -> None:
    """Two hours at $0.50: $1.00.

    A requests half of the host for an hour, B three quarters of it from the middle of that hour on. Together they
    request 1.25 of it for half an hour, of which A gets 0.4 and B 0.6: A 0.5 x 0.5 h + 0.4 x 0.5 h = 0.45 h, B 0.6 x
    0.5 h + 0.75 x 0.5 h = 0.675 h. Idle are 2 - 0.45 - 0.675 = 0.875 h.
    """
    pool, alloc = host()
    a = task(1, 2, 1)
    b = task(2, 1.5, 0.5, run=2, resources=Resources({"cpu": 1, "mem": 48 << 30}))
    costs = make_costs((pool, alloc), make_run(1), make_run(2), a, b)
    assert costs.task(a).amount.usd == Decimal("0.225")
    assert costs.task(b).amount.usd == Decimal("0.3375")
    assert costs.run(run_id(1)).amount == Amount.at_most(Decimal("0.225"))
    found = costs.pool(pool)
    assert found.spent.amount.usd == 1
    assert (found.idle.usd, found.tasks.usd) == (Decimal("0.4375"), Decimal("0.5625"))
    assert found.unread.usd == 0
    assert found.if_still_up is None
    spent = costs.run(run_id(1))
    assert f"{text(spent.amount)} {costs.label(spent)}" == f"≤ $0.23 {LABEL}"


def test_a_run_on_hosts_of_which_some_have_no_price() -> None:
    names = [f"i-{number}" for number in range(20)]
    hosts = [host(name, pool_type="r5.2xlarge" if number < 17 else "x9.huge") for number, name in enumerate(names)]
    tasks = [task(number, 2, 0, on=name) for number, name in enumerate(names)]
    costs = make_costs(*hosts, make_run(1), *tasks)
    found = costs.run(run_id(1)).amount
    assert text(found) == "≤ $8.50 (priced 17 of 20 pools)"
    assert costs.task(tasks[19]).amount == UNKNOWN
    assert text(costs.pools(pool for pool, _ in hosts).spent.amount) == "≤ $17.00 (priced 17 of 20 pools)"


def test_a_run_on_hosts_without_any_price_is_unknown() -> None:
    costs = make_costs(host(), make_run(1), task(1, 2, 0), listed=None)
    spent = costs.run(run_id(1))
    assert not spent.amount.is_known
    assert costs.label(spent) == "no prices; see `reflowtop prices --help`"


def test_a_task_whose_alloc_or_pool_was_not_read_is_unknown() -> None:
    lost = task(1, 2, 0, on="i-gone")
    found = make_costs(make_run(1), lost)
    assert found.task(lost).amount == UNKNOWN
    assert text(found.run(run_id(1)).amount) == "unknown"
    some = make_costs(host(), make_run(1), lost, task(2, 2, 0))
    assert text(some.run(run_id(1)).amount) == "≤ $0.50 (priced 1 of 2 pools)"


def test_a_run_without_tasks() -> None:
    costs = make_costs(make_run(1), make_run(2, start=ago(days=3)))
    assert costs.run(run_id(1)).amount == NOTHING
    assert costs.run(run_id(2)).amount == UNKNOWN  # it may have tasks that were not read


def test_a_price_of_the_settings_is_exact_and_not_reduced() -> None:
    own = Settings(table="t", region="us-west-2", prices={"r5.2xlarge": Decimal("0.20")}, price_discount=Decimal("0.5"))
    costs = make_costs(host(), make_run(1), task(1, 2, 0), settings=own)
    spent = costs.run(run_id(1))
    assert f"{text(spent.amount)} {costs.label(spent)}" == (
        "$0.20 prices of the settings; disks, S3 and transfer not counted"
    )


def test_a_share_is_an_upper_bound_if_other_tasks_were_not_read() -> None:
    """Tasks that were not read may have requested the same part of the pool: its price is exact, the share is not."""
    own = Settings(table="t", prices={"r5.2xlarge": Decimal("0.20")})
    pool, alloc = host()
    costs = make_costs((pool, alloc), make_run(1), task(1, 2, 0), settings=own)
    costs.cluster._covered_since = None
    costs.update()
    assert costs.run(run_id(1)).amount == Amount.at_most(Decimal("0.2"))
    assert costs.pool(pool).spent.amount == Amount.exact(Decimal("0.4"))


def test_a_discount_leaves_a_bound() -> None:
    own = Settings(table="t", region="us-west-2", price_discount=Decimal("0.3"))
    costs = make_costs(host(), make_run(1), task(1, 2, 0), settings=own)
    spent = costs.run(run_id(1))
    assert f"{text(spent.amount)} {costs.label(spent)}".startswith("≤ $0.35 EC2 on-demand less 30% (us-west-2, ")


def test_two_sources_in_one_sum_are_both_named() -> None:
    own = Settings(table="t", region="us-west-2", prices={"m5.large": Decimal("0.10")})
    costs = make_costs(
        host(), host("i-2", pool_type="m5.large"), make_run(1), task(1, 2, 0), task(2, 2, 0, on="i-2"), settings=own
    )
    spent = costs.run(run_id(1))
    assert cents(spent.amount) == at_most("0.60")
    assert costs.label(spent).startswith("prices of the settings and EC2 on-demand (us-west-2, prices of 2026-11-01);")


def test_failed_and_retried_attempts_are_parts_of_the_run() -> None:
    flow = digest("flow")
    first = task(1, 2, 1.5, flow_id=flow, err=OOM)
    second = task(2, 1.5, 1, flow_id=flow, attempt=1)
    third = task(3, 1, 0, err=OOM)
    costs = make_costs(host(), make_run(1), first, second, third)
    found = costs.describe_run(run_id(1))
    assert found.retried.usd == Decimal("0.125")
    assert found.failed.usd == Decimal("0.25")
    assert found.spent.amount.usd == Decimal("0.5")
    assert {name: spent.amount.usd for name, spent in found.types.items()} == {"r5.2xlarge": Decimal("0.5")}
    assert found.is_whole


def test_running_tasks_cost_by_the_hour() -> None:
    costs = make_costs(host(end=None), make_run(1), task(1, 1, None))
    spent = costs.run(run_id(1))
    assert (spent.amount.usd, spent.per_hour.usd) == (Decimal("0.25"), Decimal("0.25"))
    assert costs.hourly().amount == Amount.at_most(Decimal("0.50"))


def test_a_refresh_adds_the_time_since() -> None:
    pool, alloc = host(end=None, keepalive=ahead(hours=2))
    running = task(1, 1, None, keepalive=ahead(hours=2))
    costs = make_costs((pool, alloc), make_run(1), running)
    assert costs.run(run_id(1)).amount.usd == Decimal("0.25")
    refresh(costs, at=ahead(minutes=30))
    assert costs.run(run_id(1)).amount.usd == Decimal("0.375")
    refresh(costs, msgspec.structs.replace(running, end=ahead(minutes=30)), at=ahead(hours=1))
    assert costs.run(run_id(1)).amount.usd == Decimal("0.375")
    assert costs.run(run_id(1)).per_hour == NOTHING
    assert costs.pool(pool).spent.amount.usd == Decimal("1.5")


def test_a_renewed_lease_counts() -> None:
    pool, alloc = host(end=None, keepalive=ago(minutes=30))
    costs = make_costs((pool, alloc), make_run(1))
    assert costs.pool(pool).spent.amount.usd == Decimal("0.75")
    refresh(costs, renewed := msgspec.structs.replace(pool, keepalive=ahead(seconds=90)), at=ahead(seconds=72))
    assert costs.pool(renewed).spent.amount.usd == Decimal("1.01")


def test_a_host_whose_lease_expired_may_be_up() -> None:
    pool, alloc = host(end=None, keepalive=ago(minutes=30))
    costs = make_costs((pool, alloc))
    found = costs.pool(pool)
    assert found.spent.amount.usd == Decimal("0.75")
    assert found.spent.per_hour == NOTHING
    assert found.if_still_up == Amount.at_most(Decimal(1))
    assert costs.hourly().amount == NOTHING


def test_a_host_that_boots_costs() -> None:
    pool, alloc = host(end=None, start=ago(minutes=3), keepalive=ago(minutes=2))
    assert make_costs((pool, alloc)).hourly().amount.usd == Decimal("0.50")


def test_time_before_the_window_is_not_idle() -> None:
    pool, alloc = host(start=ago(days=2))
    found = make_costs((pool, alloc), make_run(1), task(1, 24, 0)).pool(pool)
    parts = found.spent.amount, found.tasks, found.idle, found.unread
    assert [int(amount.usd) for amount in parts] == [24, 6, 6, 12]


def test_tasks_of_a_forgotten_run_do_not_become_idle_time() -> None:
    pool, alloc = host(end=None)
    ended = make_run(1, end=ago(hours=1), keepalive=ago(hours=1))
    costs = make_costs((pool, alloc), ended, task(1, 2, 1, keepalive=ago(hours=1)), make_run(2), task(2, 1, 0, run=2))
    assert costs.pool(pool).idle.usd == Decimal("0.5")
    costs.cluster.forget(ago(minutes=30))
    costs.update()
    found = costs.pool(pool)
    assert (found.tasks.usd, found.idle.usd, found.unread.usd) == (Decimal("0.25"), Decimal("0.25"), Decimal("0.5"))
    assert costs.run(run_id(1)).amount == UNKNOWN


def test_an_alloc_that_is_read_later_gives_its_tasks_a_cost() -> None:
    pool, alloc = host()
    costs = make_costs(make_run(1), task(1, 2, 0))
    assert not costs.run(run_id(1)).amount.is_known
    refresh(costs, pool, alloc, at=ahead(seconds=5))
    assert costs.run(run_id(1)).amount.usd == Decimal("0.5")


def test_in_a_view_of_the_past_open_rows_are_alive() -> None:
    pool, alloc = host(end=None, keepalive=None)
    running = task(1, 1, None, keepalive=None)
    cluster = Cluster(NOW)
    cluster.outcomes = {running.id: Outcome(State.RUNNING, running)}
    cluster.add([pool, alloc, make_run(1), running])
    costs = Costs(cluster, PriceBook(Settings(table="t"), LIST))
    costs.update()
    assert costs.run(run_id(1)).amount.usd == Decimal("0.25")
    assert costs.hourly().amount.usd == Decimal("0.5")


def test_costs_of_many_tasks_are_worked_out_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs_module, "_TASKS_AT_ONCE", 3)
    monkeypatch.setattr(costs_module, "_POOLS_AT_ONCE", 2)
    names = [f"i-{number}" for number in range(4)]
    tasks = [task(number, 2, 0, run=1 + number, on=name) for number, name in enumerate(names)]
    whole = make_costs(*map(host, names), *map(make_run, (1, 2, 3, 4)), *tasks)
    sliced = Costs(whole.cluster, whole.book, is_sliced=True)
    shown = []
    for _ in range(4):
        sliced.update()
        shown.append("".join("…" if sliced.run(run_id(n)).is_pending else "$" for n in (1, 2, 3, 4)))
    assert shown == ["…………", "$$……", "$$$$", "$$$$"]
    assert [sliced.run(run_id(n)) for n in (1, 2, 3, 4)] == [whole.run(run_id(n)) for n in (1, 2, 3, 4)]


@pytest.mark.parametrize("step", [1, 7, 45, 100, 600])
def test_costs_do_not_depend_on_earlier_queries(step: int) -> None:
    """Asked at every refresh or only at the last one: rows are renewed, end and expire in between."""

    def rows(at: datetime) -> list[Row]:
        lease = min(at + timedelta(seconds=90), ahead(minutes=20))
        pool, alloc = host(end=None, keepalive=lease)
        first = task(1, 1, None, keepalive=lease)
        second = task(2, 0.5, None, keepalive=min(lease, ahead(minutes=4)), resources=HOST)
        if at > ahead(minutes=8):
            first = msgspec.structs.replace(first, end=ahead(minutes=8))
        return [pool, alloc, make_run(1), first, second]

    often, once = make_costs(*rows(NOW)), make_costs(*rows(NOW))
    at = NOW
    while at < ahead(minutes=30):
        at += timedelta(seconds=step)
        refresh(often, *rows(at), at=at)
        refresh(once, *rows(at), at=at)
        found = often.run(run_id(1)), often.pool(rows(at)[0])  # type: ignore[arg-type]
    expected = once.run(run_id(1)), once.pool(rows(at)[0])  # type: ignore[arg-type]
    assert found[0].amount.usd == pytest.approx(expected[0].amount.usd, abs=Decimal("0.0001"))
    assert found[1].spent.amount.usd == pytest.approx(expected[1].spent.amount.usd, abs=Decimal("0.0001"))
    assert found[1].idle.usd == pytest.approx(expected[1].idle.usd, abs=Decimal("0.0001"))


def test_a_pool_without_tasks_cost_nothing_for_tasks() -> None:
    """The cost of eight idle minutes has no end in decimal digits."""
    pool, alloc = host(start=ago(days=2), end=ago(minutes=2))
    found = make_costs((pool, alloc), days=10 / 1440).pool(pool)
    assert [text(each) for each in (found.spent.amount, found.idle, found.unread)] == [
        "≤ $23.99",
        "≤ $0.07",
        "≤ $23.92",
    ]
    assert (found.tasks.usd, text(found.tasks)) == (Decimal(0), "≤ $0.00")


@pytest.mark.parametrize("reason", ["clock of the writer", "unread"])
def test_a_host_that_is_live_is_up(reason: str) -> None:
    """As its state says: by a lease that was seen to move, or that was not read again."""
    pool, _ = host(end=None, keepalive=ago(minutes=6))
    costs = make_costs(pool)
    assert (costs.pool(pool).spent.per_hour, costs.hourly().amount) == (NOTHING, NOTHING)
    assert costs.pool(pool).if_still_up is not None
    if reason == "unread":
        costs.cluster.open.hold_back(ago(hours=1), NOW)
    else:
        pool = msgspec.structs.replace(pool, keepalive=ago(minutes=4))
    refresh(costs, *([] if reason == "unread" else [pool]), at=NOW + timedelta(seconds=1))
    assert costs.cluster.liveness(pool) is Liveness.LIVE
    assert costs.hourly().amount == costs.pool(pool).spent.per_hour == Amount.at_most(Decimal("0.5"))
    assert costs.pool(pool).if_still_up is None
