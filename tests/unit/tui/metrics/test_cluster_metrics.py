"""The metrics of a cluster."""

import math
from typing import Any

from store import Error, ErrorKind, Resources
from tests.support.costs import host, make_costs, task
from tests.support.rows import NOW, OOM, ago, make_alloc, make_pool, make_run, make_task
from tui.cost.costs import Costs
from tui.metrics.cluster_metrics import ClusterMetrics
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster

LOST: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(minutes=9)}
Samples = dict[tuple[str, ...], float]


def collected(*rows: Any, costs: Costs | None = None) -> Samples:
    """The values of the metrics, by name and labels."""
    cluster = Cluster(NOW)
    cluster.add(rows)
    return samples(cluster, costs)


def samples(cluster: Cluster, costs: Costs | None = None) -> Samples:
    metrics = list(ClusterMetrics(cluster).collect(Findings(cluster).find(), costs))
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for metric in metrics
        for sample in metric.samples
    }


def test_runs_are_counted_by_state_and_user() -> None:
    found = collected(
        make_run(1), make_run(2), make_run(3, user=""), make_run(4, end=NOW), make_task(1, 1), make_task(2, 1, end=NOW)
    )
    assert found["reflow_runs", "running", "amy@example.com"] == 2
    assert found["reflow_runs", "running", "-"] == 1
    assert found["reflow_runs", "succeeded", "amy@example.com"] == 1
    assert found["reflow_tasks_open", "amy@example.com"] == 1


def test_users_beyond_thirty_are_other() -> None:
    found = collected(*(make_run(number, user=f"user{number}") for number in range(1, 41)))
    users = {labels[1] for name, *labels in found if name == "reflow_runs"}
    assert len(users) == 31
    assert found["reflow_runs", "running", "other"] == 10


def test_failed_flows_are_counted_by_ident_and_kind_but_not_retried_attempts() -> None:
    plain = Error(ErrorKind.OTHER, "exec", (), Error(ErrorKind.NET, "pull"))
    found = collected(
        make_run(1),
        make_task(1, 1, end=NOW, err=OOM),
        make_task(2, 1, end=NOW, err=plain, ident="align"),
        make_task(3, 1, end=ago(minutes=1), err=OOM, flow_id=make_run(7).id),
        make_task(4, 1, end=NOW, attempt=1, flow_id=make_run(7).id),
    )
    failed = {key[1:]: value for key, value in found.items() if key[0] == "reflow_flows_failed"}
    assert failed == {("samtools.sort", "OOM error"): 1, ("align", "network error"): 1}


def test_every_type_of_row_has_its_expired_leases_and_0_if_none() -> None:
    stale: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(minutes=3)}
    found = collected(
        make_run(1), make_task(1, 1, **LOST), make_task(2, 1, **stale), make_pool(**LOST), make_alloc(**LOST)
    )
    leases = {key[1:]: value for key, value in found.items() if key[0] == "reflow_leases_expired"}
    assert leases == {
        **{(row, state): 0 for row in ("run", "task", "alloc", "pool") for state in ("stale", "lost")},
        ("task", "lost"): 1,
        ("task", "stale"): 1,
        ("pool", "lost"): 1,
        ("alloc", "lost"): 1,
    }


def test_pools_have_their_states_and_those_that_are_up_their_resources() -> None:
    cpus = {amount: Resources({"cpu": amount, "mem": amount * 10, "disk": math.inf}) for amount in (16, 8, 4)}
    found = collected(
        make_pool("i-0abc", resources=cpus[16]),
        make_pool("i-1", resources=cpus[16], **LOST),
        make_pool("i-2", end=NOW, resources=cpus[16]),
        make_alloc(resources=cpus[8]),
        make_alloc("gone", resources=cpus[8], **LOST),
        make_run(1),
        make_task(1, 1, resources=cpus[4]),
        make_task(2, 1, resources=cpus[4], end=NOW),
    )
    pools = {key[1:]: value for key, value in found.items() if key[0] == "reflow_pools"}
    assert pools == {("live", "r5.2xlarge"): 1, ("lost", "r5.2xlarge"): 1}
    shares = [found["reflow_pool_cpus", share] for share in ("offered", "allocated", "used")]
    assert shares == [16, 8, 4]
    assert found["reflow_pool_memory_bytes", "used"] == 40
    assert found["reflow_pool_disk_bytes", "offered"] == 0


def test_the_price_of_an_hour_is_of_hosts_that_have_one() -> None:
    up, unpriced = host(end=None, keepalive=NOW), host("i-1", end=None, keepalive=NOW, pool_type="x9.huge")
    costs = make_costs(up, unpriced, make_run(1), task(1, 1.0, None))
    found = samples(costs.cluster, costs)
    assert found["reflow_cost_usd_per_hour", "upper_bound"] == 0.5
    assert found["reflow_pools_unpriced",] == 1


def test_an_unknown_cost_has_no_metric() -> None:
    costs = make_costs(host("i-1", end=None, keepalive=NOW, pool_type="x9.huge"))
    found = samples(costs.cluster, costs)
    assert [key for key in found if key[0] == "reflow_cost_usd_per_hour"] == []
    assert found["reflow_pools_unpriced",] == 1
    without = collected(make_pool())
    assert {"reflow_cost_usd_per_hour", "reflow_pools_unpriced"}.isdisjoint(key[0] for key in without)


def test_findings_are_counted_by_kind() -> None:
    found = collected(make_run(1), make_task(1, 1, end=NOW, err=OOM), make_alloc(), make_pool())
    assert found["reflow_findings", "failing"] == 1
    assert found["reflow_findings", "lost host"] == 0
