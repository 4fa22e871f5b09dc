"""The rows of lists as JSON objects."""

from typing import Any

from store import Resources
from tests.support.costs import host, make_costs, task
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task, run_id
from tui.cost.costs import Costs
from tui.cost.prices import PriceBook
from tui.export.list_records import RecordContext, finding_record, pool_record, run_record, run_tasks, task_record
from tui.lists import pools as pool_list
from tui.lists import runs as run_list
from tui.settings import Settings
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster


def context(*rows: Any) -> RecordContext:
    cluster = Cluster(NOW)
    cluster.add(rows)
    costs = Costs(cluster, PriceBook(Settings(table="t")))
    costs.update()
    return RecordContext(cluster, NOW, costs)


def test_counts_of_a_run_are_null_while_unknown() -> None:
    unread = context(make_run(1))
    (row,) = run_list.rows(unread.cluster)
    record = run_record(unread, row)
    names: tuple[str, ...] = ("tasks_total", "flows_failed", "pools", "is_counted")
    assert [record[name] for name in names] == [None, None, None, False]
    flow = digest("flow")
    first = make_task(1, 1, end=ago(minutes=2), err=OOM, flow_id=flow)
    counted = context(make_run(1), first, make_task(2, 1, attempt=1, flow_id=flow), make_alloc(), make_pool())
    (row,) = run_list.rows(counted.cluster)
    record = run_record(counted, row)
    names = (*names, "tasks_done", "tasks_running", "attempts_retried")
    assert [record[name] for name in names] == [2, 0, 1, False, 1, 1, 1]
    assert [task["state"] for task in run_tasks(counted, make_run(1))] == ["retried", "running"]


def test_durations_are_in_seconds() -> None:
    ended = make_task(1, 1, start=ago(hours=2), end=ago(hours=1, seconds=3))
    record = task_record(context(ended), ended)
    assert (record["age_seconds"], record["duration_seconds"], record["lease_seconds"]) == (7200, 3597, None)
    late = make_task(1, 1, start=ago(minutes=5), keepalive=ago(minutes=2))
    record = task_record(context(late), late)
    assert (record["age_seconds"], record["duration_seconds"], record["lease_seconds"]) == (300, 300, -120)
    record = task_record(context(make_task(1, 1)), make_task(1, 1, keepalive=ahead(seconds=80)))
    assert (record["lease_seconds"], record["is_late"]) == (80, False)


def test_a_late_row_is_running_in_json_where_tables_say_late() -> None:
    lease: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(seconds=20)}
    task, pool, run = make_task(1, 1, **lease), make_pool(**lease), make_run(1, **lease)
    late = context(task, pool, run)
    (line,) = pool_list.rows(late.cluster, (), lambda _: True, lambda row: row.end is None)
    records = task_record(late, task), pool_record(late, line), run_record(late, run_list.row(late.cluster, run))
    assert [(each["state"], each["is_late"]) for each in records] == [
        ("running", True),
        ("live", True),
        ("running", True),
    ]


def test_leases_of_the_past_are_not_known() -> None:
    then = context(make_task(1, 1))
    then.cluster.outcomes = {}
    record = task_record(then, make_task(1, 1))
    assert (record["keepalive"], record["lease_seconds"]) == (None, None)


def test_a_pool_has_its_resources_and_an_alloc_its_own() -> None:
    cpus = {name: Resources({"cpu": amount, "mem": 1}) for name, amount in (("pool", 16), ("alloc", 8))}
    read = context(make_run(1), make_task(1, 1), make_alloc(resources=cpus["alloc"]), make_pool(resources=cpus["pool"]))
    tasks = read.cluster.tally(run_id(1)).tasks.values()
    outer, inner = pool_list.rows(read.cluster, tasks, lambda _: True, lambda row: row.end is None)
    pool, alloc = pool_record(read, outer), pool_record(read, inner)
    assert (pool["type"], pool["pool"], pool["alloc"]) == ("pool", "i-0abc", None)
    assert (alloc["type"], alloc["pool"], alloc["alloc"]) == ("alloc", "i-0abc", "a1")
    assert (pool["tasks_running"], alloc["tasks_running"]) == (1, 1)
    assert (pool["offered"], pool["allocated"]) == ({"cpu": 16.0, "mem": 1.0}, {"cpu": 8.0, "mem": 1.0})
    assert (alloc["offered"], alloc["allocated"], alloc["allocated_share"]) == ({"cpu": 8.0, "mem": 1.0}, None, None)
    assert pool["allocated_share"] == 1.0


def test_a_finding_names_all_rows_that_it_affects() -> None:
    failed = [make_task(n, 1, end=ago(minutes=n), err=OOM) for n in (1, 2)]
    read = context(make_run(1), *failed, make_alloc(), make_pool())
    (finding,) = Findings(read.cluster).find()
    record = finding_record(read, finding)
    assert (record["kind"], record["severity"], record["count"]) == ("failing", "critical", 2)
    assert (record["users"], record["idents"], record["pools"]) == (["amy@example.com"], ["samtools.sort"], ["i-0abc"])
    assert (record["first"], record["last"]) == ("2026-11-01T12:01:41Z", "2026-11-01T12:02:41Z")
    assert (record["err"], record["err_kind"]) == ("exec samtools: OOM error: killed", "OOM")
    assert record["task_ids"] == [str(task.id) for task in failed]
    assert record["id"] == finding.id


def test_costs_are_dollars_and_never_0_if_unknown() -> None:
    pool, alloc = host(end=None)
    failed = task(1, 2, 1, err=OOM)
    costs = make_costs((pool, alloc), make_run(1), failed, task(2, 1, None))
    read = RecordContext(costs.cluster, NOW, costs)
    record = run_record(read, run_list.row(read.cluster, make_run(1)))
    assert {name: value for name, value in record.items() if name.startswith("cost")} == {
        "cost_usd": 0.5,
        "cost_usd_kind": "upper_bound",
        "cost_failed_usd": 0.25,
        "cost_retried_usd": 0.0,
        "cost_per_hour_usd": 0.25,
        "cost_pools": 1,
        "cost_pools_priced": 1,
    }
    assert (task_record(read, failed)["cost_usd"], task_record(read, failed)["cost_usd_kind"]) == (0.25, "upper_bound")
    outer, inner = pool_list.rows(read.cluster, (), lambda _: True, lambda row: row.end is None)
    record = pool_record(read, outer)
    assert [record[f"cost_{name}"] for name in ("usd", "tasks_usd", "idle_usd", "per_hour_usd")] == [1, 0.5, 0.5, 0.5]
    assert (record["cost_unread_usd"], record["cost_if_still_up_usd"]) == (0, None)
    assert pool_record(read, inner)["cost_usd"] is None
    unpriced = make_costs((pool, alloc), make_run(1), failed, listed=None)
    read = RecordContext(unpriced.cluster, NOW, unpriced)
    record = run_record(read, run_list.row(read.cluster, make_run(1)))
    assert (record["cost_usd"], record["cost_usd_kind"], record["cost_failed_usd"]) == (None, "unknown", None)
    assert (record["cost_pools"], record["cost_pools_priced"]) == (1, 0)
    assert task_record(read, failed)["cost_usd"] is None
