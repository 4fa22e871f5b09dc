"""The list of a run's tasks: its order and its columns."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from store import Alloc, Digest, Error, ErrorKind, PoolRow, RunID, Task
from tui import present
from tui.run_list import state_cell
from tui.watch.cluster import Cluster
from tui.watch.states import State
from tui.widgets.columns import Cell, Column

_FIRST = (State.FAILED, State.LOST, State.STALE, State.RUNNING, State.STARTING, State.SUCCEEDED)
_PLACES = {state: 2 * place for place, state in enumerate(_FIRST)}
_RETRIED = _PLACES[State.SUCCEEDED] - 1


def tasks(cluster: Cluster, run_id: RunID) -> list[Task]:
    """The tasks of a run: failures first, then the silent ones; attempts that were followed by others come late."""
    tally = cluster.tally(run_id)

    def order(task: Task) -> tuple[int, float, Digest]:
        state = cluster.task_state(task)
        place = _PLACES[state] if state is not State.FAILED or tally.is_latest(task) else _RETRIED
        return place, -task.start.timestamp() if task.start else 0.0, task.id

    return sorted(tally.tasks.values(), key=order)


def host(pool: PoolRow | None) -> str:
    """The name of the host that a pool is on. Not yet safe to show."""
    if pool is None:
        return ""
    try:
        return urlsplit(pool.uri if "//" in pool.uri else f"//{pool.uri}").hostname or pool.uri
    except ValueError:
        return pool.uri


def alloc_name(task: Task, alloc: Alloc | None) -> str:
    """What tells the alloc of a task from others on its host: the end of its id. Not yet safe to show."""
    if alloc is None or not alloc.alloc_id:
        return present.digest(task.alloc_id)
    return alloc.alloc_id.rpartition("/")[2] or alloc.alloc_id


def failure(error: Error | None) -> str:
    """The kind of an error and its innermost cause, for where there is little room. Not yet safe to show."""
    if error is None:
        return ""
    *_, last = error.chain()
    kinds = (node.kind for node in error.chain() if isinstance(node, Error))
    kind = next((kind for kind in kinds if kind is not ErrorKind.OTHER), None)
    return str(last) if kind is None or last is error else f"{kind.description}: {last}"


def columns(cluster: Cluster, now: Callable[[], datetime], seen_at: Callable[[], datetime]) -> list[Column[Task]]:
    """The columns at the time `now()`, leases measured at `seen_at()`."""

    def age(task: Task) -> Cell:
        return Cell(present.NONE if task.start is None else present.age((task.end or now()) - task.start))

    def pool(text: Callable[[PoolRow], str]) -> Callable[[Task], Cell]:
        def cell(task: Task) -> Cell:
            found = cluster.pool_of(task)
            return Cell(text(found) or present.NONE if found is not None else present.NONE)

        return cell

    return [
        Column("task", "TASK", 8, lambda task: Cell(present.digest(task.id), "strong"), lambda task: task.id),
        Column("ident", "IDENT", 12, lambda task: Cell(task.ident or present.NONE), lambda task: task.ident, flex=True),
        Column("attempt", "ATT", 3, lambda task: Cell(str(task.attempt + 1)), lambda task: task.attempt, 2, "right"),
        Column("state", "STATE", 11, lambda task: state_cell(cluster.task_state(task)), cluster.task_state),
        Column("age", "AGE", 6, age, lambda task: task.start and (task.end or now()) - task.start, 1, "right"),
        Column("lease", "LEASE", 11, lambda task: Cell(present.lease(task, seen_at())), lambda task: task.keepalive, 5),
        Column("type", "TYPE", 11, pool(lambda found: found.pool_type), priority=3),
        Column("pool", "POOL", 19, pool(lambda found: str(found.pool_id)), priority=7),
        Column("host", "HOST", 16, pool(host), priority=6, flex=True),
        Column(
            "alloc",
            "ALLOC",
            8,
            lambda task: Cell(alloc_name(task, cluster.alloc(task.alloc_id))),
            lambda task: task.alloc_id,
            8,
        ),
        Column("error", "ERROR", 16, lambda task: Cell(failure(task.err), "bad"), flex=True, max_width=200),
        Column("stdout", "STDOUT", 8, lambda task: Cell(present.digest(task.stdout)), priority=10),
        Column("stderr", "STDERR", 8, lambda task: Cell(present.digest(task.stderr)), priority=9),
        Column("inspect", "INSPECT", 8, lambda task: Cell(present.digest(task.inspect)), priority=11),
    ]
