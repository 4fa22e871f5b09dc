"""Findings about lost and terminated hosts whose tasks were all retried, so that no work hangs on them any more."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping

from store import Digest, Liveness, PoolRow, Task
from store.lease import LEASE
from tui.watch.findings.dead_rows import dead_finding, describe_expiry, describe_place, place_cause
from tui.watch.findings.finding import Finding, FindingKind, Severity, by_start, count
from tui.watch.findings.open_states import OpenStates
from tui.watch.model.states import State

Attempts = Mapping[Digest, list[Task]]
"""Tasks by the id of their pool."""


def stopped_attempts(rows: OpenStates) -> Attempts:
    """Return the attempts that stopped on lost and terminated hosts and that have a later attempt, by pool.

    These are open tasks, and on lost hosts tasks that failed after the last renewal of the pool, which is when it was
    last known to be alive: one that failed before that has other reasons.
    """
    lost = {row.id: row for row, state in rows.expired.values() if isinstance(row, PoolRow) and state is Liveness.LOST}
    found: defaultdict[Digest, list[Task]] = defaultdict(list)
    cluster = rows.cluster
    for alloc in rows.dead_allocs:
        if alloc.pool_id in rows.gone:
            for task in rows.open.tasks_on.get(alloc.id, {}).values():
                if not cluster.tally(task.run_id).is_latest(task):
                    found[alloc.pool_id].append(task)
    if not lost:
        return found
    for run in cluster.runs:
        for task in cluster.tally(run.id).retried_failures():
            place = cluster.alloc(task.alloc_id)
            pool = None if place is None else lost.get(place.pool_id)
            if pool is not None and pool.keepalive and task.end and task.end >= pool.keepalive - LEASE:
                found[pool.id].append(task)
    return found


def recovered_hosts(rows: OpenStates, stopped: Attempts, reported: Collection[str]) -> Iterator[Finding]:
    """Yield the findings about hosts with `stopped` attempts, except those whose cause is `reported`.

    The reason tells what became of the flows of these attempts. Hosts with other running tasks are left out: a finding
    about their run explains them.
    """
    there: defaultdict[Digest, list[Task]] = defaultdict(list)
    for alloc in rows.dead_allocs:
        if alloc.pool_id in stopped:
            there[alloc.pool_id] += rows.open.tasks_on.get(alloc.id, {}).values()
    for pool_id, attempts in stopped.items():
        pool = rows.cluster.pool(pool_id)
        if pool is None or place_cause(pool) in reported or _has_others(rows, there[pool_id], attempts):
            continue
        # Of a flow that was tried again on the same host, the last attempt there counts.
        by_flow = {(task.run_id, task.flow_id or task.id): task for task in sorted(attempts, key=_attempt)}
        tasks = by_start(by_flow.values())
        fates = Counter(_fate(rows, task) for task in tasks)
        fate = ", ".join(f"{number} {word}" for word, number in fates.most_common())
        verb = "was" if len(tasks) == 1 else "were"
        retried = f"{count(len(tasks), 'task')} that stopped there {verb} retried: {fate}"
        if pool.end is None:
            state = f"is lost: {describe_expiry(pool.keepalive)}"
        else:
            state = f"was terminated at {pool.end:%H:%M:%S} UTC"
        reason = f"{describe_place(pool)} {state}; {retried}"
        yield dead_finding(rows, FindingKind.LOST_HOST, Severity.NOTE, place_cause(pool), reason, (pool, *tasks))


def _attempt(task: Task) -> tuple[int, Digest]:
    return task.attempt, task.id


def _fate(rows: OpenStates, task: Task) -> str:
    """Return what became of the flow of a task that was retried."""
    state = rows.cluster.task_state(rows.cluster.tally(task.run_id).latest(task))
    match state:
        case State.SUCCEEDED:
            return "succeeded"
        case State.FAILED:
            return "failed again"
        case State.STALE | State.LOST:
            return f"{state} again"
        case _:
            return "running"


def _has_others(rows: OpenStates, there: list[Task], attempts: list[Task]) -> bool:
    known = {task.id for task in attempts}
    runs = (rows.cluster.run(task.run_id) for task in there if task.id not in known)
    return any(run is None or run.end is None for run in runs)
