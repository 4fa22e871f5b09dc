"""The metrics of a cluster: runs, failed flows, leases, pools, costs and findings."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from store import Alloc, ErrorKind, PoolRow, Run, Task
from tui.cost.costs import Costs
from tui.lists import runs as run_list
from tui.metrics.label_cap import LabelCap
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.open_states import OpenStates
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State

_MOST_USERS, _MOST_IDENTS, _MOST_TYPES = 30, 100, 50
_ROWS: Mapping[type, str] = {Run: "run", Task: "task", Alloc: "alloc", PoolRow: "pool"}
_EXPIRED = [state for state in State if state.is_expired]
_RESOURCES = {
    "cpu": ("reflow_pool_cpus", "CPUs of pools that are up"),
    "mem": ("reflow_pool_memory_bytes", "Memory of pools that are up, in bytes"),
    "disk": ("reflow_pool_disk_bytes", "Disk of pools that are up, in bytes"),
}
_SHARES = "offered", "allocated", "used"


class ClusterMetrics:
    """Makes the metrics of a cluster. Users, idents and types of hosts beyond a limit are labelled `other`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._users, self._idents = LabelCap(_MOST_USERS), LabelCap(_MOST_IDENTS)
        self._types = LabelCap(_MOST_TYPES)

    def collect(self, findings: Iterable[Finding], costs: Costs | None) -> Iterator[Metric]:
        """Yield the metrics of the known rows. An unknown value has no metric, because it is not 0."""
        rows = OpenStates(self._cluster)
        yield from self._runs()
        yield self._failed_flows()
        yield _leases(rows)
        yield from self._pools(rows)
        yield from _costs(costs)
        yield _findings(findings)

    def _runs(self) -> Iterator[Metric]:
        rows = run_list.rows(self._cluster)
        users = self._users.choose(Counter(row.run.user for row in rows))
        runs = Counter((str(row.state), users[row.run.user]) for row in rows)
        yield _gauge("reflow_runs", "Runs by state; ended runs for an hour.", ("state", "user"), runs)
        open_tasks: Counter[tuple[str, ...]] = Counter()
        for row in rows:
            open_tasks[users[row.run.user],] += row.total - row.done
        yield _gauge("reflow_tasks_open", "Tasks that have not ended.", ("user",), open_tasks)

    def _failed_flows(self) -> Metric:
        cluster = self._cluster
        failed = [task for run in cluster.runs for task in cluster.tally(run.id).failures()]
        idents = self._idents.choose(Counter(task.ident for task in failed))
        counts = Counter((idents[task.ident], _kind(task)) for task in failed)
        text = "Flows of known runs whose latest attempt failed, by ident and kind of error."
        return _gauge("reflow_flows_failed", text, ("ident", "kind"), counts)

    def _pools(self, rows: OpenStates) -> Iterator[Metric]:
        pools = list(rows.open.pools.values())
        types = self._types.choose(Counter(pool.pool_type for pool in pools))
        counts = Counter((types[pool.pool_type], _state(rows, pool)) for pool in pools)
        yield _gauge("reflow_pools", "Pools that have not ended, by type of host and state.", ("type", "state"), counts)
        sums = _sum_resources(rows)
        for name, (metric, text) in _RESOURCES.items():
            values = {(share,): sums[share, name] for share in _SHARES}
            shares = "offered, allocated (held by live allocs), and used (requested by live tasks in them)"
            yield _gauge(metric, f"{text}: {shares}.", ("of",), values)


def _state(rows: OpenStates, pool: PoolRow) -> str:
    return str(rows.cluster.liveness(pool))


def _kind(task: Task) -> str:
    """Return the first kind in the error chain of a task, from the outermost, that is not `other`."""
    kinds = (getattr(node, "kind", ErrorKind.OTHER) for node in ([] if task.err is None else task.err.chain()))
    return next((kind.description for kind in kinds if kind is not ErrorKind.OTHER), ErrorKind.OTHER.description)


def _leases(rows: OpenStates) -> Metric:
    counts = dict.fromkeys(((name, str(state)) for name in _ROWS.values() for state in _EXPIRED), 0)
    for row, liveness in rows.expired.values():
        counts[_ROWS[type(row)], str(liveness)] += 1
    text = "Rows without an end whose lease has expired, by type of row: stale, then lost."
    return _gauge("reflow_leases_expired", text, ("row", "state"), counts)


def _sum_resources(rows: OpenStates) -> Counter[tuple[str, str]]:
    """Return the resources of pools that are up, and of the live allocs and tasks on them, by share and name."""
    sums: Counter[tuple[str, str]] = Counter()

    def add(share: str, row: PoolRow | Alloc | Task) -> None:
        for name in _RESOURCES:
            amount = row.resources.get(name, 0.0)
            if math.isfinite(amount):
                sums[share, name] += amount  # type: ignore[assignment] # floats are added as well

    up = [pool for pool in rows.open.pools.values() if pool.id not in rows.expired]
    for pool in up:
        add("offered", pool)
        for alloc in rows.open.allocs_in.get(pool.id, {}).values():
            if alloc.id in rows.expired:
                continue
            add("allocated", alloc)
            for task in rows.open.tasks_on.get(alloc.id, {}).values():
                if task.id not in rows.expired:
                    add("used", task)
    return sums


def _costs(costs: Costs | None) -> Iterator[Metric]:
    if costs is None:
        return
    costs.update()
    amount = costs.hourly().amount
    if amount.is_known:
        text = "Price of an hour of all hosts that are up and have a price, in US dollars."
        yield _gauge("reflow_cost_usd_per_hour", text, ("kind",), {(str(amount.kind),): float(amount.usd)})
    text = "Hosts that are up and have no price, so that they are not in reflow_cost_usd_per_hour."
    yield _gauge("reflow_pools_unpriced", text, (), {(): amount.pools - amount.priced})


def _findings(findings: Iterable[Finding]) -> Metric:
    counts = Counter({(str(kind),): 0 for kind in FindingKind})
    counts.update((str(finding.kind),) for finding in findings)
    return _gauge("reflow_findings", "Findings by kind, as `reflowtop failures` lists them.", ("kind",), counts)


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family
