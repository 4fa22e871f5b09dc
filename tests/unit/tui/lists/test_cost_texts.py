"""Costs in sentences."""

from tests.support.costs import LABEL, host, make_costs, task
from tests.support.rows import NOW, OOM, ago, digest, make_run, run_id
from tui.cost.costs import Costs
from tui.lists import cost_texts
from tui.lists.descriptions import DescriptionContext, describe
from tui.watch.explain.explanations import Explanations


def described(costs: Costs, row: object) -> list[tuple[str, str]]:
    """The fields of the cost in a description."""
    context = DescriptionContext(Explanations(costs.cluster), NOW, NOW, costs)
    (cost,) = (part for part in describe(context, row) if part.title == "Cost")  # type: ignore[arg-type]
    return list(cost.fields)


def test_the_cost_of_a_run() -> None:
    flow = digest("flow")
    rows = [
        *(host(end=None), host("i-2", end=None, pool_type="x9.huge"), make_run(1)),
        *(task(1, 2, 1.5, flow_id=flow, err=OOM), task(2, 1.5, 1, flow_id=flow, attempt=1), task(3, 1, 0, err=OOM)),
        *(task(4, 1, None), task(5, 1, None, on="i-2")),
    ]
    costs = make_costs(*rows)
    assert described(costs, make_run(1)) == [
        ("so far", f"≤ $0.75 (priced 1 of 2 pools) {LABEL}"),
        ("per hour", "≤ $0.25/h (priced 1 of 2 pools) for the running tasks"),
        ("failed", "≤ $0.25 in failed flows"),
        ("retried", "≤ $0.13 in attempts that were retried"),
        ("r5.2xlarge", "≤ $0.75 on 1 host"),
        ("x9.huge", "unknown on 1 host"),
    ]
    assert cost_texts.run_line(costs, run_id(1)) == (
        "cost ≤ $0.75 (priced 1 of 2 pools), ≤ $0.25/h (priced 1 of 2 pools), failed ≤ $0.25, retried ≤ $0.13"
    )


def test_a_run_of_which_not_all_tasks_were_read_says_so() -> None:
    old = make_run(1, start=ago(days=2))
    costs = make_costs(host(), old, task(1, 2, 1))
    assert described(costs, old)[:2] == [
        ("so far", f"≤ $0.25 {LABEL}"),
        ("", "tasks that were not read are not counted"),
    ]
    assert cost_texts.run_line(costs, run_id(1)) == "cost ≤ $0.25 of the tasks read"


def test_a_run_without_a_host_or_without_prices() -> None:
    assert described(make_costs(make_run(1)), make_run(1)) == [("so far", "$0.00 no task has run on a host")]
    unpriced = make_costs(host(), make_run(1), task(1, 2, 1), listed=None)
    assert described(unpriced, make_run(1))[0] == ("so far", "unknown: no prices; see `reflowtop prices --help`")


def test_the_cost_of_a_pool_with_its_idle_part() -> None:
    pool, alloc = host(end=None, start=ago(hours=48))
    costs = make_costs((pool, alloc), make_run(1), task(1, 24, 0))
    assert described(costs, pool) == [
        ("so far", f"≤ $24.00 {LABEL}"),
        ("per hour", "≤ $0.50/h"),
        ("tasks", "≤ $6.00"),
        ("idle", "≤ $6.00"),
        ("not read", "≤ $12.00 idle, or by tasks that ended before 10-31 12:03"),
    ]
    assert cost_texts.pool_line(costs, pool) == "cost ≤ $24.00, ≤ $0.50/h, idle ≤ $6.00"


def test_a_stale_pool_may_still_be_up() -> None:
    pool, alloc = host(end=None, keepalive=ago(hours=1))
    costs = make_costs((pool, alloc))
    assert described(costs, pool)[:3] == [
        ("so far", f"≤ $0.50 {LABEL}"),
        ("", "if still up: ≤ $1.00"),
        ("tasks", "≤ $0.00"),
    ]
    assert cost_texts.pool_line(costs, pool) == "cost ≤ $0.50, if still up ≤ $1.00, idle ≤ $0.50"


def test_the_cost_of_the_cluster() -> None:
    costs = make_costs(host(end=None), host("i-2"), make_run(1), task(1, 2, 1))
    assert cost_texts.cluster_line(costs) == f"hosts ≤ $0.50/h, since they started ≤ $2.00, idle ≤ $1.75: {LABEL}"
    assert cost_texts.hourly_text(costs) == "≤ $0.50/h"
    assert cost_texts.hourly_text(make_costs(host(), listed=None)) == ""


def test_the_cost_of_a_task() -> None:
    done = task(1, 2, 1)
    assert cost_texts.task_line(make_costs(host(), make_run(1), done), done) == f"≤ $0.25 {LABEL}"
