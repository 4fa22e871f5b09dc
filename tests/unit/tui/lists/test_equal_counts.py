"""The numbers of lists, descriptions, JSON, metrics and findings about one cluster, which are the same everywhere."""

from collections import Counter
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store import Digest, Resources, Task
from tests.support.clusters import scanned_cluster
from tests.support.costs import LIST
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task
from tui.cost.costs import Costs
from tui.cost.prices import PriceBook
from tui.export.list_records import RecordContext, pool_record, run_record, task_record
from tui.lists import idents as ident_list
from tui.lists import pools as pool_list
from tui.lists import runs as run_list
from tui.lists.host_tasks import count_tasks
from tui.metrics.cluster_metrics import ClusterMetrics
from tui.settings import Settings
from tui.watch.explain.run_comparison import compare_runs
from tui.watch.findings.finding import FindingKind
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.lost_rows import count_lost_tasks
from tui.watch.model.rows import Row

# At the bounds of the states, in the future, and without a lease.
FATES: list[dict[str, Any]] = [
    {},
    {"keepalive": ago(seconds=60)},
    {"keepalive": ago(seconds=61)},
    {"keepalive": ago(seconds=239)},
    {"keepalive": ago(minutes=4)},
    {"keepalive": ago(minutes=9)},
    {"keepalive": None},
    {"keepalive": ahead(minutes=10)},
    {"end": NOW},
    {"end": ago(minutes=30)},
]
STARTS = [ago(days=2), ago(hours=1), ago(minutes=3), NOW, ahead(seconds=30), None]
HOST, HALF = Resources({"cpu": 8, "mem": 64 << 30}), Resources({"cpu": 4, "mem": 8 << 30})

seeds = st.integers(0, 1_000_000)  # of whole clusters: a choice for each field takes ten times as long


def make_cluster(seed: int) -> Cluster:
    """Return two runs (one may lack its row), two hosts with three allocs, and attempts of a few flows on them."""
    random = Random(seed)

    def fate() -> dict[str, Any]:
        return {"start": random.choice(STARTS), **random.choice(FATES)}

    uri = "ec2-54-1-2-3.us-west-2.compute.amazonaws.com:9000"
    rows: list[Row] = [make_run(number, **fate()) for number in random.choice([(1,), (1, 2)])]
    types = random.choices(["r5.2xlarge", "x9"], k=2)
    rows += [make_pool(f"i-{n}", pool_type=kind, resources=HOST, uri=uri, **fate()) for n, kind in enumerate(types)]
    rows += [make_alloc(name, f"i-{n}", resources=HALF, **fate()) for name, n in (("a1", 0), ("a2", 0), ("b1", 1))]
    for number in range(1, random.randint(1, 14)):
        alloc, flow, times = random.choice(["a1", "a2", "b1", "unknown", ""]), random.randint(0, 4), fate()
        fields: dict[str, Any] = {
            "ident": random.choice(["align", ""]),
            "attempt": random.randint(0, 2) if flow else 0,
            "flow_id": digest(f"flow {flow}") if flow else Digest.ZERO,
            "alloc_id": digest(alloc) if alloc else Digest.ZERO,
            "err": random.choice([OOM, None]) if "end" in times else None,
        }
        rows.append(make_task(number, random.randint(1, 2), **fields, **times))
    cluster = scanned_cluster(*rows, since=ago(days=random.choice([0.1, 3])))
    cluster.mark_absent(set(cluster.missing.runs))
    cluster.add(())
    return cluster


def words(cluster: Cluster, tasks: Any) -> Counter[str]:
    return Counter(cluster.task_word(task) for task in tasks)


@settings(max_examples=40)
@given(seeds)
def test_all_places_count_the_same_tasks(seed: int) -> None:
    cluster = make_cluster(seed)
    costs = Costs(cluster, PriceBook(Settings(table="t", region="us-west-2"), LIST))
    context, every = RecordContext(cluster, NOW, costs), Counter[str]()
    rows = run_list.rows(cluster)
    for row in rows:
        of_run = list(cluster.tally(row.run.id).tasks.values())
        counts, shown = words(cluster, of_run), run_record(context, row)
        every += counts
        if not row.has_counts:
            assert (shown["tasks_total"], len(of_run)) == (None, 0)
            continue
        idents = ident_list.rows(cluster, of_run)
        compared = [each.now for each in compare_runs(cluster, row.run.id, cluster, row.run.id) if each.now]
        counted = count_tasks(cluster, of_run)
        ended = sum(task.end is not None for task in of_run)
        assert shown["tasks_total"] == len(of_run) == sum(len(each.tasks) for each in idents) == counted.total
        assert shown["tasks_done"] == ended == sum(each.done for each in idents)
        failed = [sum(each.failed for each in compared), sum(each.states.get("failed", 0) for each in idents)]  # type: ignore[call-overload]
        assert {counts["failed"]} == {shown["flows_failed"], counted.failed, *failed}
        retried = [sum(each.retried for each in compared), sum(each.retried for each in idents)]
        assert {counts["retried"]} == {shown["attempts_retried"], counted.retried, *retried}
        assert counts["stale"] + counts["lost"] == counted.expired == sum(each.expired for each in idents)
        if row.run.end is None:
            assert shown["tasks_lost"] == counts["lost"]
        for task in of_run:
            assert task_record(context, task)["state"] in counts
    failing = [each.count for each in Findings(cluster).find() if each.kind is FindingKind.FAILING]
    assert sum(failing) == every["failed"]
    assert count_lost_tasks(cluster, lambda _: True) == sum(row.all_lost for row in rows)
    metrics = {each.name: each.samples for each in ClusterMetrics(cluster).collect((), costs)}
    assert sum(each.value for each in metrics["reflow_flows_failed"]) == every["failed"]
    assert sum(each.value for each in metrics["reflow_tasks_open"]) == sum(row.total - row.done for row in rows)
    assert sum(each.value for each in metrics["reflow_runs"]) == len(rows)


@settings(max_examples=40)
@given(seeds)
def test_pools_are_the_sums_of_their_allocs_and_tasks(seed: int) -> None:
    cluster = make_cluster(seed)
    costs = Costs(cluster, PriceBook(Settings(table="t", region="us-west-2"), LIST))
    context = RecordContext(cluster, NOW, costs)
    open_tasks = [row for row in cluster.open_rows if isinstance(row, Task)]
    lines = pool_list.rows(cluster, open_tasks, lambda _: True, lambda row: row.end is None)
    for line in (line for line in lines if line.alloc is None):
        allocs = [each for each in lines if each.within is line]
        there = pool_list.tasks_on(cluster, line.pool)
        shown, counts = pool_record(context, line), words(cluster, there)
        parts = [pool_record(context, each) for each in allocs]
        for key in ("tasks_running", "tasks_expired", "flows_failed"):
            assert shown[key] == sum(each[key] for each in parts)  # type: ignore[misc]
        assert shown["used"] == dict(sum((each.used for each in allocs), Resources()))
        assert shown["tasks_expired"] == counts["stale"] + counts["lost"]
        assert shown["flows_failed"] == counts["failed"]
        cost = costs.pool(line.pool)
        is_up = cluster.liveness(line.pool) in ("starting", "live")
        if cost.spent.amount.is_known:
            assert is_up == bool(cost.spent.per_hour.pools)
        if cost.tasks.is_known:
            assert abs(cost.tasks.usd + cost.idle.usd + cost.unread.usd - cost.spent.amount.usd) < 1e-6
            assert abs(sum(costs.task(task).amount.usd for task in there) - cost.tasks.usd) < 1e-6
            assert min(cost.tasks.usd, cost.idle.usd, cost.unread.usd) >= 0
    for run in cluster.runs:
        spent = [costs.task(task).amount for task in cluster.tally(run.id).tasks.values()]
        amount = costs.run(run.id).amount
        if amount.is_known and all(each.is_known for each in spent):
            assert abs(sum(each.usd for each in spent) - amount.usd) < 1e-6
