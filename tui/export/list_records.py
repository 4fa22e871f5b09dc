"""The rows of lists as JSON objects: `runs`, `tasks`, `pools` and `failures`. `schemas/` documents every key.

Ids are complete digests, times RFC 3339 in UTC, durations whole seconds, memory and disk bytes, states words. Every row
has every key; a value that is unknown or does not apply is null. Rows of the past have their values of that time, with
the current ones in `later_state` and `later_end`.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from store import Digest, PoolRow, Run, Task
from store.model import TimeFields
from store.resources import Resources
from store.times import format_time
from tui.cost.amount import Amount
from tui.cost.costs import Costs, PoolCost, RunCost
from tui.lists import cells, estimates, explanation_texts
from tui.lists import findings as finding_list
from tui.lists import pools as pool_list
from tui.lists.estimates import Estimate
from tui.lists.explanation_texts import ExplanationText
from tui.lists.pools import PoolListRow
from tui.lists.runs import RunRow
from tui.text.safe import NONE
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.finding import Finding, by_start
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row, run_name
from tui.watch.model.usual_duration import UsualDuration

Record = dict[str, object]

ESTIMATES = frozenset({"usual_seconds", "usual_p95_seconds", "is_slow", "eta_seconds", "eta_p95_seconds"})
"""The keys that need usual durations. Commands read durations only if one of these keys is chosen."""


class RecordContext(NamedTuple):
    """The cluster that records refer to, the time at which ages and leases are measured, and the costs.

    Without `explanations`, findings are not explained.
    """

    cluster: Cluster
    now: datetime
    costs: Costs
    explanations: Explanations | None = None


def run_record(context: RecordContext, row: RunRow) -> Record:
    """Return a run with its counts, which are null if none of its tasks was read."""
    run, counted = row.run, row.has_counts
    return {
        "id": str(run.id),
        "state": str(row.state),
        "name": run_name(run) or None,
        "user": run.user or None,
        "labels": dict(run.labels),
        "args": list(run.args),
        **_times(context, run),
        **_eta(estimates.estimate_run(context.cluster, run.id, context.now)),
        "tasks_total": row.total if counted else None,
        "tasks_done": row.done if counted else None,
        "tasks_running": row.total - row.done if counted else None,
        "tasks_lost": row.lost_tasks if counted else None,
        "tasks_orphaned": row.orphaned_tasks if counted and context.cluster.outcomes is None else None,
        "flows_failed": row.failed_flows if counted else None,
        "attempts_retried": row.retried_attempts if counted else None,
        "pools": row.pools if counted else None,
        "is_counted": row.is_counted,
        **_run_cost(context.costs.describe_run(run.id), is_over=run.end is not None),
        **_later(context.cluster, run),
        **{name: _id(getattr(run, name)) for name in _RUN_OBJECTS},
    }


_RUN_OBJECTS = ("bundle", "run_log", "eval_graph", "trace", "exec_log", "sys_log")


def run_tasks(context: RecordContext, run: Run) -> Iterator[Record]:
    """Yield the tasks of a run, the oldest first."""
    tasks = by_start(context.cluster.tally(run.id).tasks.values())
    return (task_record(context, task) for task in tasks)


def task_record(context: RecordContext, task: Task) -> Record:
    """Return a task with the names of its alloc, its pool and its host."""
    cluster = context.cluster
    run, alloc, pool = cluster.run(task.run_id), cluster.alloc(task.alloc_id), cluster.pool_of(task)
    return {
        "id": str(task.id),
        "state": cluster.task_word(task),
        "run_id": _id(task.run_id),
        "user": None if run is None else run.user or None,
        "ident": task.ident or None,
        "attempt": task.attempt,
        "flow_id": _id(task.flow_id),
        **_times(context, task),
        **_usual(context, task),
        "err": None if task.err is None else str(task.err),
        "err_kind": None if task.err is None else str(task.err.kind),
        **_pool_names(pool),
        "alloc": None if alloc is None else alloc.alloc_id or None,
        "alloc_id": _id(task.alloc_id),
        "resources": _amounts(task.resources),
        **_cost("cost", context.costs.task(task).amount),
        "uri": task.uri or None,
        **_later(cluster, task),
        "stdout": _id(task.stdout),
        "stderr": _id(task.stderr),
        "inspect": _id(task.inspect),
        "result_id": _id(task.result_id),
        "img_cmd_id": _id(task.img_cmd_id),
    }


def pool_record(context: RecordContext, line: PoolListRow) -> Record:
    """Return a pool, or an alloc in it, with the tasks that run there and the resources that they requested."""
    cluster, row, pool, alloc = context.cluster, line.row, line.pool, line.alloc
    share = _number(pool_list.allocated_share(line)) if alloc is None and pool.resources else None
    return {
        "type": "pool" if alloc is None else "alloc",
        "id": str(row.id),
        "state": str(cluster.liveness(row)),
        **_pool_names(pool),
        "alloc": None if alloc is None else alloc.alloc_id or None,
        "cluster_name": pool.cluster.cluster_name or None,
        "user": pool.cluster.user or None,
        "reflow_version": pool.cluster.reflow_version or None,
        **_times(context, row),
        "tasks_running": len(line.tasks),
        "tasks_expired": line.expired,
        "flows_failed": line.failed,
        "offered": _amounts(row.resources),
        "allocated": _amounts(line.allocated) if alloc is None else None,
        "used": _amounts(line.used),
        "allocated_share": share,
        **_pool_cost(context.costs.pool(pool) if alloc is None else None),
        "uri": row.uri or None,
    }


def finding_record(context: RecordContext, finding: Finding) -> Record:
    """Return a finding with the ids of the affected rows. Its `id` stays the same while these change."""
    cluster, error = context.cluster, finding_list.error(finding)
    pools = finding_list.pools(cluster, finding)
    return {
        "id": finding.id,
        "kind": str(finding.kind),
        "severity": finding.severity.name.lower(),
        "reason": finding.reason,
        "count": finding.count,
        "first": _time(finding.first),
        "last": _time(finding.last),
        "users": finding_list.users(cluster, finding),
        "idents": _unique(row.ident for row in finding.rows if isinstance(row, Task)),
        "pools": _unique(str(pool.pool_id) for pool in pools),
        "pool_types": _unique(pool.pool_type for pool in pools),
        "hosts": _unique(map(cells.host, pools)),
        "err": None if error is None else str(error),
        "err_kind": None if error is None else str(error.kind),
        "run_ids": [str(id) for id in finding_list.run_ids(finding)],
        "task_ids": [str(task.id) for task in finding.tasks],
        "row_ids": [str(row.id) for row in finding.rows],
        "explanation": [{"name": each.name, "text": each.text} for each in _explain(context, finding)],
    }


def _explain(context: RecordContext, finding: Finding) -> Iterable[ExplanationText]:
    if context.explanations is None:
        return ()
    return explanation_texts.explain(context.explanations, finding, context.now, context.cluster.as_of)


def _times(context: RecordContext, row: Row) -> Record:
    """Return the times of a row, its age, its duration so far, and the seconds left of its lease."""
    now, keepalive = context.now, _lease_of(context.cluster, row)
    left = None if row.end is not None or keepalive is None else (keepalive - context.cluster.as_of).total_seconds()
    return {
        "start": _time(row.start),
        "end": _time(row.end),
        "keepalive": _time(keepalive),
        "age_seconds": _seconds(cells.age_seconds(row, now)),
        "duration_seconds": _seconds(cells.took_seconds(row, now)),
        "lease_seconds": _seconds(left),
        "is_late": context.cluster.is_late(row, context.cluster.as_of),
    }


def _usual(context: RecordContext, task: Task) -> Record:
    """Return the usual duration of a task's ident and the time left; all null if durations were not read."""
    usual = context.cluster.usual.get(task.ident, UsualDuration())
    return {
        "usual_seconds": _span_seconds(usual.p50),
        "usual_p95_seconds": _span_seconds(usual.p95),
        "is_slow": None if usual.p95 is None else context.cluster.is_slow(task),
        **_eta(estimates.estimate_task(context.cluster, task, context.now)),
    }


def _eta(left: Estimate | None) -> Record:
    return {
        "eta_seconds": None if left is None else _span_seconds(left.p50),
        "eta_p95_seconds": None if left is None else _span_seconds(left.p95),
    }


def _span_seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _lease_of(cluster: Cluster, row: TimeFields) -> datetime | None:
    """Return the lease of a row; None if it is unknown, as for open rows in a view of the past."""
    return row.keepalive if cluster.outcomes is None or row.end is not None else None


def _later(cluster: Cluster, row: Run | Task) -> Record:
    outcome = None if cluster.outcomes is None else cluster.outcomes.get(row.id)
    return {
        "later_state": None if outcome is None else str(outcome.state),
        "later_end": None if outcome is None else _time(outcome.row.end),
    }


def _run_cost(cost: RunCost, *, is_over: bool) -> Record:
    spent = cost.spent
    return {
        **_cost("cost", spent.amount),
        "cost_failed_usd": _dollars(cost.failed),
        "cost_retried_usd": _dollars(cost.retried),
        "cost_per_hour_usd": None if is_over else _dollars(spent.per_hour),
        "cost_pools": spent.amount.pools,
        "cost_pools_priced": spent.amount.priced,
    }


_POOL_COSTS = (
    *("cost_usd", "cost_usd_kind", "cost_tasks_usd", "cost_idle_usd", "cost_unread_usd"),
    *("cost_if_still_up_usd", "cost_per_hour_usd"),
)


def _pool_cost(cost: PoolCost | None) -> Record:
    if cost is None:
        return dict.fromkeys(_POOL_COSTS)
    return {
        **_cost("cost", cost.spent.amount),
        "cost_tasks_usd": _dollars(cost.tasks),
        "cost_idle_usd": _dollars(cost.idle),
        "cost_unread_usd": _dollars(cost.unread),
        "cost_if_still_up_usd": None if cost.if_still_up is None else _dollars(cost.if_still_up),
        "cost_per_hour_usd": _dollars(cost.spent.per_hour),
    }


def _cost(name: str, amount: Amount) -> Record:
    return {f"{name}_usd": _dollars(amount), f"{name}_usd_kind": str(amount.kind)}


def _dollars(amount: Amount) -> float | None:
    """Return an amount to a millionth of a dollar; None if it is unknown."""
    return float(round(amount.usd, 6)) if amount.is_known else None


def _pool_names(pool: PoolRow | None) -> Record:
    if pool is None:
        return {"pool": None, "pool_type": None, "host": None}
    return {"pool": str(pool.pool_id) or None, "pool_type": pool.pool_type or None, "host": cells.host(pool) or None}


def _amounts(resources: Resources) -> Record:
    return {name: _number(amount) for name, amount in resources.items()}


def _number(amount: float) -> float | None:
    return amount if math.isfinite(amount) else None  # JSON has no others


def _unique(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text and text != NONE]


def _id(digest: Digest) -> str | None:
    return str(digest) if digest else None


def _time(time: datetime | None) -> str | None:
    return None if time is None else format_time(time)


def _seconds(amount: float | None) -> int | None:
    return None if amount is None else int(amount)
