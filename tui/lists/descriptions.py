"""Descriptions of a run, a task, a pool, an alloc or a finding: all fields, under titles."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from store import Alloc, Digest, PoolRow, Run, RunID, Task
from tui.cost.costs import Costs
from tui.lists import cells, cost_texts, estimates, explanation_texts
from tui.lists import findings as finding_list
from tui.lists import pools as pool_list
from tui.lists import runs as run_list
from tui.lists import tasks as task_list
from tui.lists.host_tasks import count_tasks, run_hosts
from tui.lists.runs import RunRow
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import is_expired

_MAX_TASKS = 100


class FieldGroup(NamedTuple):
    """Fields under a title: names and texts, which are not yet safe to show and may have several lines."""

    title: str
    fields: Sequence[tuple[str, str]]


class DescriptionContext(NamedTuple):
    """The explained findings that a description refers to, the current time, and the time at which leases are measured.

    Without `costs`, a description omits costs.
    """

    explanations: Explanations
    now: datetime
    seen_at: datetime
    costs: Costs | None = None

    @property
    def cluster(self) -> Cluster:
        """The rows that a description refers to."""
        return self.explanations.cluster

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings about them."""
        return self.explanations.findings


def describe(context: DescriptionContext, row: Run | Task | PoolRow | Alloc | Finding) -> list[FieldGroup]:
    """Return the parts of a description that have any text."""
    match row:
        case Run():
            parts = _run(context, row)
        case Task():
            parts = _task(context, row)
        case PoolRow():
            parts = _pool(context, row)
        case Alloc():
            parts = _alloc(context, row)
        case Finding():
            parts = _finding(context, row)
    found = (FieldGroup(part.title, [(name, text) for name, text in part.fields if text]) for part in parts)
    return [part for part in found if part.fields]


def _run(context: DescriptionContext, run: Run) -> list[FieldGroup]:
    cluster, state, counts = context.cluster, "", ""
    if cluster.run(run.id) is not None:  # the rows of a window of the past may not have it
        row = run_list.row(cluster, run)
        state = run_list.run_state_cell(cluster, row, context.seen_at).text
        counts = _run_counts(cluster, row)
    about = [finding for finding in context.findings if run.id in finding_list.run_ids(finding)]
    objects = {"run log": run.run_log, "graph": run.eval_graph, "trace": run.trace, "bundle": run.bundle}
    return [
        FieldGroup(
            f"Run {run.id.short}",
            [
                ("state", state),
                ("user", run.user),
                *_times(context, run),
                ("tasks", counts),
                ("ETA", estimates.run_text(cluster, run.id, context.now)),
                ("hosts", "\n".join(run_hosts(cluster, run.id))),
                ("id", str(run.id)),
            ],
        ),
        _why(context, run),
        FieldGroup("Cost", [] if context.costs is None else list(cost_texts.run_fields(context.costs, run.id))),
        FieldGroup(_findings_title(context), list(_explained(context, run, about))),
        FieldGroup("Slowest idents", list(estimates.slowest_fields(cluster, run.id, context.now))),
        FieldGroup("Labels", sorted(run.labels.items())),
        FieldGroup("Arguments", [("", " ".join(run.args))]),
        FieldGroup("Objects", [(name, str(digest)) for name, digest in objects.items() if digest]),
    ]


def _run_counts(cluster: Cluster, row: RunRow) -> str:
    if not row.has_counts:
        return "not read yet"
    tasks = cluster.tally(row.run.id).tasks.values()
    expired = count_tasks(cluster, tasks).expired
    live_on_dead_hosts = sum(
        cluster.is_on_dead_host(task) and cluster.is_wanted(task) and not is_expired(cluster.liveness(task))
        for task in tasks
    )
    parts = (
        f"{row.done} of {row.total}{'' if row.is_counted else ' or more'} done",
        f"{expired} stale or lost" if expired else "",
        f"{live_on_dead_hosts} running on dead hosts" if live_on_dead_hosts else "",
        formats.count(row.failed_flows, "failed flow"),
        formats.count(row.retried_attempts, "retried attempt") if row.retried_attempts else "",
    )
    return ", ".join(filter(None, parts))


def _task(context: DescriptionContext, task: Task) -> list[FieldGroup]:
    cluster, failure = context.cluster, task.err
    alloc, pool = cluster.alloc(task.alloc_id), cluster.pool_of(task)
    attempts = [each for each in task_list.attempts(cluster, task) if each.id != task.id]
    objects = {
        "stdout": task.stdout,
        "stderr": task.stderr,
        "inspect": task.inspect,
        "result": task.result_id,
        "image and command": task.img_cmd_id,
    }
    return [
        FieldGroup(
            f"Task {task.id.short}",
            [
                ("state", cells.task_state_cell(cluster, task, context.seen_at).text),
                ("ident", task.ident),
                ("run", f"{task.run_id.short}  {_run_name(cluster, task.run_id)}"),
                ("attempt", str(task.attempt + 1)),
                *_times(context, task),
                ("usual", estimates.task_text(cluster, task, context.now)),
                ("cost", "" if context.costs is None else cost_texts.task_line(context.costs, task)),
                ("host", "" if pool is None else _host(pool)),
                ("alloc", "" if alloc is None else alloc.alloc_id),
                ("requested", "" if not any(task.resources.values()) else formats.resources(task.resources)),
                ("uri", task.uri),
                ("flow", str(task.flow_id) if task.flow_id else ""),
                ("id", str(task.id)),
            ],
        ),
        _why(context, task),
        FieldGroup("Error", [("", "" if failure is None else str(failure))]),
        FieldGroup(_findings_title(context), [(each.kind, each.reason) for each in _about(context, task)]),
        FieldGroup("Other attempts", [(each.id.short, _attempt(context, each)) for each in attempts[-_MAX_TASKS:]]),
        FieldGroup("Objects", [(name, str(digest)) for name, digest in objects.items() if digest]),
    ]


def _attempt(context: DescriptionContext, task: Task) -> str:
    state = cells.task_state_cell(context.cluster, task, context.seen_at).text
    texts = (f"attempt {task.attempt + 1}", state, cells.took_cell(task, context.now).text, task_list.failure(task.err))
    return "  ".join(filter(None, texts))


def _findings_title(context: DescriptionContext) -> str:
    return f"Findings {context.explanations.scope}".rstrip()


def _about(context: DescriptionContext, row: Task | PoolRow | Alloc) -> list[Finding]:
    return [finding for finding in context.findings if any(each.id == row.id for each in finding.rows)]


def _explained(
    context: DescriptionContext, row: Run | PoolRow | Alloc, findings: Iterable[Finding]
) -> Iterable[tuple[str, str]]:
    """Yield findings, each followed by its explanation, unless `row` is the cause, which has its own."""
    for finding in findings:
        yield finding.kind, finding.reason
        if finding.rows[0].id != row.id:
            found = explanation_texts.explain(context.explanations, finding, context.now, context.seen_at)
            yield from (each[:2] for each in found)


def _findings_on(context: DescriptionContext, row: PoolRow | Alloc) -> FieldGroup:
    """Return the findings about a pool or an alloc, and those about tasks that failed there, with their number."""
    there = {task.id for task in pool_list.tasks_on(context.cluster, row)}
    fields = list(_explained(context, row, _about(context, row)))
    for finding in context.findings:
        if finding.kind is FindingKind.FAILING and (here := sum(task.id in there for task in finding.tasks)):
            (first, *rest) = _explained(context, row, [finding])
            fields += [(first[0], f"{first[1]}; {here} of them here"), *rest]
    return FieldGroup("Findings", fields)


def _pool(context: DescriptionContext, pool: PoolRow) -> list[FieldGroup]:
    cluster = pool.cluster
    return [
        FieldGroup(
            f"Pool {pool.pool_id}",
            [
                ("state", cells.liveness_cell(context.cluster, pool, context.seen_at).text),
                ("type", pool.pool_type),
                ("host", cells.host(pool)),
                *_times(context, pool),
                ("tasks", _counts_on(context, pool)),
                ("offers", formats.resources(pool.resources)),
                ("cluster", cluster.cluster_name),
                ("user", cluster.user),
                ("reflow", cluster.reflow_version),
                ("uri", pool.uri),
                ("digest", str(pool.id)),
            ],
        ),
        _why(context, pool),
        FieldGroup("Cost", [] if context.costs is None else list(cost_texts.pool_fields(context.costs, pool))),
        _findings_on(context, pool),
        _tasks_on(context, pool),
    ]


def _alloc(context: DescriptionContext, alloc: Alloc) -> list[FieldGroup]:
    pool = context.cluster.pool(alloc.pool_id)
    return [
        FieldGroup(
            f"Alloc {alloc.alloc_id or alloc.id.short}",
            [
                ("state", cells.liveness_cell(context.cluster, alloc, context.seen_at).text),
                ("host", "" if pool is None else _host(pool)),
                *_times(context, alloc),
                ("tasks", _counts_on(context, alloc)),
                ("holds", formats.resources(alloc.resources)),
                ("uri", alloc.uri),
                ("digest", str(alloc.id)),
            ],
        ),
        _why(context, alloc),
        _findings_on(context, alloc),
        _tasks_on(context, alloc),
    ]


def _counts_on(context: DescriptionContext, row: PoolRow | Alloc) -> str:
    counts = count_tasks(context.cluster, pool_list.tasks_on(context.cluster, row))
    return str(counts) if counts.total else ""


def _tasks_on(context: DescriptionContext, row: PoolRow | Alloc) -> FieldGroup:
    running = [task for task in pool_list.tasks_on(context.cluster, row) if task.end is None]
    return FieldGroup("Running tasks", list(_tasks(context, running)))


def _finding(context: DescriptionContext, finding: Finding) -> list[FieldGroup]:
    error, now = finding_list.error(finding), context.now
    return [
        FieldGroup(
            finding.kind.capitalize(),
            [
                ("what", finding.reason),
                *((word, _moment(time, now)) for word, time in finding_list.times(finding).items()),
                ("owners", ", ".join(finding_list.users(context.cluster, finding))),
            ],
        ),
        _why(context, finding),
        FieldGroup("Error of the newest task", [("", "" if error is None else str(error))]),
        FieldGroup("Runs", [(id.short, _run_name(context.cluster, id)) for id in finding_list.run_ids(finding)]),
        FieldGroup("Hosts", [("", host) for host in finding_list.hosts(context.cluster, finding)]),
        FieldGroup("Tasks", list(_tasks(context, finding.tasks))),
    ]


def _why(context: DescriptionContext, row: Run | Task | PoolRow | Alloc | Finding) -> FieldGroup:
    found = explanation_texts.explain(context.explanations, row, context.now, context.seen_at)
    return FieldGroup("Why", [each[:2] for each in found])


def _times(context: DescriptionContext, row: Run | Task | PoolRow | Alloc) -> list[tuple[str, str]]:
    # A view of the past does not know it: the table keeps only the last lease.
    is_known = row.end is None and context.cluster.has_lease(row)
    until = "" if row.keepalive is None else f"until {durations.moment(row.keepalive)}, "
    return [
        ("started", _moment(row.start, context.now)),
        ("ended", _moment(row.end, context.now)),
        ("age", cells.age_cell(row, context.now).text if row.end is None else ""),
        ("took", cells.took_cell(row, context.now).text if row.end is not None else ""),
        ("lease", until + durations.lease(row, context.seen_at) if is_known else "" if row.end is not None else NONE),
    ]


def _moment(time: datetime | None, now: datetime) -> str:
    return "" if time is None else f"{durations.moment(time)}, {durations.age(now - time)} ago"


def _host(pool: PoolRow) -> str:
    return f"{pool.pool_id} {pool.pool_type} {cells.host(pool)}"


def _run_name(cluster: Cluster, id: RunID) -> str:
    run = cluster.run(id)
    return str(Digest(id)) if run is None else f"{formats.user(run.user)}  {run_list.name(run)}"


def _tasks(context: DescriptionContext, tasks: Sequence[Task]) -> Iterable[tuple[str, str]]:
    for task in tasks[:_MAX_TASKS]:
        state = cells.task_state_cell(context.cluster, task, context.seen_at).text
        yield task.id.short, f"{state}  {task.ident}  of run {task.run_id.short}"
    if len(tasks) > _MAX_TASKS:
        yield "", f"and {len(tasks) - _MAX_TASKS} more"
