"""What is said of a run or a task: its liveness, together with how it is doing or how it went."""

import enum
from datetime import datetime

from store import Liveness, Run, Task, liveness


class State(enum.StrEnum):
    """The state of a run or a task. Only a run is FAILING: it goes on, but a flow of it has failed."""

    STARTING = "starting"
    RUNNING = "running"
    FAILING = "failing"
    STALE = "stale"
    LOST = "lost"
    FAILED = "failed"
    SUCCEEDED = "succeeded"

    @property
    def urgency(self) -> int:
        """Its place among the states by what needs attention first; 0 comes first."""
        return _URGENCY[self]


_BY_URGENCY = (
    State.FAILING,
    State.LOST,
    State.STALE,
    State.FAILED,
    State.RUNNING,
    State.STARTING,
    State.SUCCEEDED,
)
_URGENCY = {state: place for place, state in enumerate(_BY_URGENCY)}

_OPEN = {
    Liveness.STARTING: State.STARTING,
    Liveness.LIVE: State.RUNNING,
    Liveness.STALE: State.STALE,
    Liveness.LOST: State.LOST,
}


def run_state(run: Run, failed_flows: int, now: datetime, *, moved: datetime | None = None) -> State:
    """The state at `now` of a run of which `failed_flows` have failed; `moved` as for `store.liveness`.

    Silence goes before failure: what a silent run has failed at is no longer the news.
    """
    alive = liveness(run, now, moved=moved)
    if alive is Liveness.ENDED:
        return State.FAILED if failed_flows else State.SUCCEEDED
    if failed_flows and alive in (Liveness.LIVE, Liveness.STARTING):
        return State.FAILING
    return _OPEN[alive]


def task_state(task: Task, now: datetime, *, moved: datetime | None = None) -> State:
    """The state of a task at `now`; `moved` as for `store.liveness`."""
    if task.end is not None:
        return State.SUCCEEDED if task.err is None else State.FAILED
    return _OPEN[liveness(task, now, moved=moved)]
