"""Findings about rows whose lease expired, one for each cause.

A host that stopped renewing takes its allocs and tasks with it, and a run that stopped takes those of its tasks that
are not on such a host. What a cause explains is not reported again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from store import Alloc, Digest, Liveness, PoolRow, Run, RunID, Task
from tui.watch.findings.finding import Finding, FindingKind, Severity, by_start, count
from tui.watch.findings.open_states import OpenStates
from tui.watch.model.rows import Row
from tui.watch.model.stop_order import StopOrder, stop_order

_KINDS = {
    (PoolRow, True): FindingKind.LOST_HOST,
    (PoolRow, False): FindingKind.STALE_HOST,
    (Alloc, True): FindingKind.LOST_ALLOC,
    (Alloc, False): FindingKind.STALE_ALLOC,
    (Run, True): FindingKind.LOST_RUN,
    (Run, False): FindingKind.STALE_RUN,
}


def dead_rows(rows: OpenStates) -> Iterator[Finding | None]:
    """Yield the findings about hosts, runs, allocs and tasks whose lease expired, or that ended under running tasks.

    Tasks with a later attempt are left out: their flow goes on. None is yielded after steps of the work that bring no
    finding.
    """
    explained: set[Digest] = set()
    on_hosts: defaultdict[Digest, list[Task]] = defaultdict(list)
    on_allocs: list[tuple[Alloc, list[Task]]] = []
    for alloc in rows.dead_allocs:
        tasks = [task for task in rows.open.tasks_on.get(alloc.id, {}).values() if rows.cluster.is_wanted(task)]
        has_pool = rows.cluster.pool(alloc.pool_id) is not None
        on_host = _affected_tasks(rows, alloc.pool_id, tasks) if has_pool else []
        on_hosts[alloc.pool_id] += on_host
        taken = {task.id for task in on_host}
        left = [task for task in _affected_tasks(rows, alloc.id, tasks) if task.id not in taken]
        if left:
            on_allocs.append((alloc, left))
        yield None
    for pool_id, tasks in on_hosts.items():
        pool = rows.cluster.pool(pool_id)
        if pool is not None and not all(_is_explained_by_run(rows, task, pool) for task in tasks):
            yield _dead_place(rows, pool, tasks)
            explained.update(task.id for task in tasks)
    for alloc, tasks in on_allocs:
        left = [task for task in tasks if task.id not in explained and not _is_explained_by_run(rows, task, alloc)]
        if left:
            yield _dead_place(rows, alloc, left)
            explained.update(task.id for task in left)
    by_run = _expired_tasks(rows, explained)
    for run, state in rows.expired.values():
        if isinstance(run, Run):
            yield _dead_run(rows, run, state, by_run.pop(run.id, []))
    for run_id, others in by_run.items():
        reason = f"run {run_id.short}: {count(len(others), 'task')} stale or lost"
        affected = by_start(others)
        yield dead_finding(rows, FindingKind.STALE_TASKS, Severity.WARNING, f"tasks:{run_id.hex}", reason, affected)


def _affected_tasks(rows: OpenStates, place: Digest, tasks: list[Task]) -> list[Task]:
    """Return the tasks that a dead host or alloc takes with it: all, or while it is only stale, the expired ones."""
    if place in rows.gone:
        return tasks
    return [task for task in tasks if task.id in rows.expired] if place in rows.expired else []


def _expired_tasks(rows: OpenStates, explained: set[Digest]) -> dict[RunID, list[Task]]:
    by_run: defaultdict[RunID, list[Task]] = defaultdict(list)
    for task, _ in rows.expired.values():
        if isinstance(task, Task) and task.id not in explained and rows.cluster.is_wanted(task):
            by_run[task.run_id].append(task)
    return by_run


def _is_explained_by_run(rows: OpenStates, task: Task, place: PoolRow | Alloc) -> bool:
    """Whether the run of a task stopped as well, and not after the place of the task: it may be the cause."""
    if task.run_id not in rows.expired or task.id not in rows.expired:
        return False
    run = rows.expired[task.run_id][0]
    if not isinstance(run, Run) or run.keepalive is None:
        return True
    order = stop_order(place, run)
    if order is not StopOrder.TOGETHER:
        return order is StopOrder.LATER
    # It is unknown which stopped first. What was reported first stays the cause: a host or alloc that ended while the
    # lease of the run lasted, else the one whose lease expired first.
    return place.end is None and (place.keepalive is None or run.keepalive <= place.keepalive)


def _dead_place(rows: OpenStates, row: PoolRow | Alloc, tasks: Iterable[Task]) -> Finding:
    affected = by_start(tasks)
    runs = len({task.run_id for task in affected})
    who = f"{count(len(affected), 'running task')}{f' of {runs} runs' if runs > 1 else ''}"
    is_gone = row.id in rows.gone
    name = describe_place(row)
    if row.end is not None:
        reason = f"{name} was terminated with {who}"
    else:
        reason = f"{name} is {'lost' if is_gone else 'stale'}: {describe_expiry(row.keepalive)}, with {who}"
    severity = Severity.CRITICAL if is_gone else Severity.WARNING
    return dead_finding(rows, _KINDS[type(row), is_gone], severity, place_cause(row), reason, (row, *affected))


def _dead_run(rows: OpenStates, run: Run, state: Liveness, tasks: Iterable[Task]) -> Finding:
    affected = by_start(tasks)
    is_lost = state is Liveness.LOST
    with_tasks = f", with {count(len(affected), 'running task')}" if affected else ""
    ended, placed = _ended_places(rows, affected)
    if ended:
        part = "" if placed == len(affected) else f", {placed} of them"
        times = f"{describe_expiry(run.keepalive, of='run')}, {_ends(ended)}"
        reason = f"run {run.id.short} is {state}{with_tasks}{part} on terminated {_names(ended)}: {times}"
    else:
        reason = f"run {run.id.short} is {state}: {describe_expiry(run.keepalive)}{with_tasks}"
    severity = Severity.CRITICAL if is_lost or ended else Severity.WARNING
    return dead_finding(rows, _KINDS[Run, is_lost], severity, f"run:{run.id.hex}", reason, (run, *affected))


def _ended_places(rows: OpenStates, tasks: Iterable[Task]) -> tuple[list[PoolRow | Alloc], int]:
    """Return the hosts and allocs of tasks that have ended, those with most tasks first, and the number of tasks."""
    counts: Counter[Digest] = Counter()
    found: dict[Digest, PoolRow | Alloc] = {}
    for task in tasks:
        for place in (rows.cluster.pool_of(task), rows.cluster.alloc(task.alloc_id)):
            if place is not None and place.end is not None:
                found[place.id] = place
                counts[place.id] += 1
                break
    return [found[id] for id, _ in counts.most_common()], counts.total()


def _names(places: Sequence[PoolRow | Alloc]) -> str:
    return describe_place(places[0]) + (f" and {count(len(places) - 1, 'other')}" if len(places) > 1 else "")


def _ends(places: Sequence[PoolRow | Alloc]) -> str:
    last = max(place.end for place in places if place.end is not None)
    if len(places) > 1:
        return f"these ended by {last:%H:%M:%S} UTC"
    return f"the {_noun(places[0])} ended at {last:%H:%M:%S} UTC"


def place_cause(place: PoolRow | Alloc) -> str:
    """Return the cause of findings about a pool or alloc."""
    return f"{'pool' if isinstance(place, PoolRow) else 'alloc'}:{place.id.hex}"


def describe_place(place: PoolRow | Alloc) -> str:
    """Return the id of a pool or alloc with its noun: `host i-0abc`. Not yet safe to show."""
    return f"{_noun(place)} {place_id(place)}"


def _noun(place: PoolRow | Alloc) -> str:
    return "host" if isinstance(place, PoolRow) else "alloc"


def place_id(place: PoolRow | Alloc) -> str:
    """Return the id of a pool or alloc in reasons; an alloc without that of its host. Not yet safe to show."""
    return str(place.pool_id) if isinstance(place, PoolRow) else place.alloc_id.rpartition("/")[2] or place.id.short


def dead_finding(
    rows: OpenStates, kind: FindingKind, severity: Severity, cause: str, reason: str, affected: tuple[Row, ...]
) -> Finding:
    """Return a finding about rows that stopped, whose times are those at which they ended or their leases expired."""
    # The lease of a task that still runs on a dead host says nothing about the finding, and moves every 90 s.
    dead = (row for row in affected if row.end is not None or row.id in rows.expired)
    ends = [time for row in dead if (time := row.end or row.keepalive or row.start) is not None]
    first, last = min(ends, default=None), max(ends, default=None)
    return Finding(kind, severity, cause, reason, affected, first, last, _replaced(rows, cause, affected))


def _replaced(rows: OpenStates, cause: str, affected: Iterable[Row]) -> tuple[str, ...]:
    """Return the causes of findings about the ended hosts and allocs of tasks, which were reported when they ended."""
    tasks = [row for row in affected if isinstance(row, Task)]
    places = (place for task in tasks for place in (rows.cluster.pool_of(task), rows.cluster.alloc(task.alloc_id)))
    causes = dict.fromkeys(place_cause(place) for place in places if place is not None and place.end is not None)
    return tuple(each for each in causes if each != cause)


def describe_expiry(keepalive: datetime | None, *, of: str = "") -> str:
    """Return when the lease of a row expired, as a clause; `of` names the row."""
    if keepalive is None:
        return f"{f'the {of}' if of else 'it'} never had a lease"
    return f"{f'the lease of the {of}' if of else 'its lease'} expired at {keepalive:%H:%M:%S} UTC"
