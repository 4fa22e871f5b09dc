"""The states of runs and tasks, and everything that the dashboard knows about each state.

A new state needs a branch in `_facts`: without one the type checker reports a missing return.
"""

import enum
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from store import Liveness, Run, Task, TimeFields, liveness
from store.lease import LEASE, lapse

Tone = Literal["good", "warning", "critical", "muted"]
"""The colour role of a state; each theme gives it a colour."""


class StateFacts(msgspec.Struct, frozen=True):
    """The look, order and classes of a state.

    `glyph` is one cell and tells the state without colour. `urgency` orders runs and `task_urgency` orders tasks, the
    smallest number first: a failed task is what an engineer looks for in a live run, but a run that has ended as failed
    matters less than a live one that is lost. `sentence` completes "run 77aa01ff …".
    """

    glyph: str
    tone: Tone
    urgency: int
    task_urgency: int
    sentence: str
    is_expired: bool = False
    """The lease expired longer ago than the skew allowance: stale or lost."""
    is_failed: bool = False
    """A flow failed, or the task did."""
    has_ended: bool = False
    is_stalled: bool = False
    """The lease is current, but no task of the run is."""
    is_of_tasks: bool = True
    """A task may be in this state, not only a run."""


class State(enum.StrEnum):
    """The state of a run or a task.

    Only a run can be FAILING or STALLED. FAILING: it is live, and one of its flows has failed. STALLED: it is live and
    no flow has failed, but all of its running tasks, apart from retried ones, are stale or lost: nothing moves.
    """

    STARTING = "starting"
    RUNNING = "running"
    FAILING = "failing"
    STALLED = "stalled"
    STALE = "stale"
    LOST = "lost"
    FAILED = "failed"
    SUCCEEDED = "succeeded"

    @property
    def facts(self) -> StateFacts:
        """All facts about this state."""
        return FACTS[self]

    @property
    def glyph(self) -> str:
        """One cell that tells this state from others without colour."""
        return FACTS[self].glyph

    @property
    def label(self) -> str:
        """Glyph and word: `● running`."""
        return f"{FACTS[self].glyph} {self}"

    @property
    def tone(self) -> Tone:
        """The colour role."""
        return FACTS[self].tone

    @property
    def urgency(self) -> int:
        """The rank among the states of runs; 0 needs attention first."""
        return FACTS[self].urgency

    @property
    def task_urgency(self) -> int:
        """The rank among the states of tasks; 0 needs attention first."""
        return FACTS[self].task_urgency

    @property
    def is_expired(self) -> bool:
        """Whether the lease has expired: stale or lost."""
        return FACTS[self].is_expired

    @property
    def is_failed(self) -> bool:
        """Whether the task, or a flow of the run, has failed."""
        return FACTS[self].is_failed

    @property
    def has_ended(self) -> bool:
        """Whether an end time is set."""
        return FACTS[self].has_ended

    @property
    def needs_attention(self) -> bool:
        """Whether an engineer should look at a row in this state."""
        return FACTS[self].is_expired or FACTS[self].is_failed or FACTS[self].is_stalled


def _facts(state: State) -> StateFacts:
    match state:
        case State.FAILING:
            return StateFacts("▲", "critical", 0, 0, "is failing", is_failed=True, is_of_tasks=False)
        case State.STALLED:
            return StateFacts("▼", "critical", 1, 1, "is stalled", is_stalled=True, is_of_tasks=False)
        case State.LOST:
            return StateFacts("✗", "critical", 2, 3, "is lost", is_expired=True)
        case State.STALE:
            return StateFacts("◌", "warning", 3, 4, "is stale", is_expired=True)
        case State.FAILED:
            return StateFacts("✗", "critical", 4, 2, "has failed", is_failed=True, has_ended=True)
        case State.RUNNING:
            return StateFacts("●", "good", 5, 5, "is running")
        case State.STARTING:
            return StateFacts("○", "muted", 6, 6, "is starting")
        case State.SUCCEEDED:
            return StateFacts("✓", "muted", 7, 7, "has succeeded", has_ended=True)


FACTS = {state: _facts(state) for state in State}
"""The facts about each state, worked out once: tables ask for them for every row they sort."""

BY_URGENCY = sorted(State, key=lambda state: state.urgency)
"""The states of runs, the most urgent first."""


class LivenessFacts(msgspec.Struct, frozen=True):
    """The facts about the liveness of an alloc or a pool, which can neither fail nor succeed."""

    glyph: str
    tone: Tone
    label: str


def liveness_facts(alive: Liveness) -> LivenessFacts:
    """Return glyph, colour role and label (`● live`) of a liveness; those it shares with `State` look the same."""
    match alive:
        case Liveness.ENDED:
            glyph, tone = "■", State.SUCCEEDED.tone
        case Liveness.LIVE:
            glyph, tone = State.RUNNING.glyph, State.RUNNING.tone
        case Liveness.STARTING | Liveness.STALE | Liveness.LOST:
            state = open_state(alive)
            glyph, tone = state.glyph, state.tone
    return LivenessFacts(glyph, tone, f"{glyph} {alive}")


def is_expired(alive: Liveness) -> bool:
    """Return whether the lease has expired: stale or lost."""
    return alive is Liveness.STALE or alive is Liveness.LOST


def open_state(alive: Liveness) -> State:
    """Return the state of a row without an end, from its liveness alone. Raises ValueError for ENDED."""
    match alive:
        case Liveness.STARTING:
            return State.STARTING
        case Liveness.LIVE:
            return State.RUNNING
        case Liveness.STALE:
            return State.STALE
        case Liveness.LOST:
            return State.LOST
        case Liveness.ENDED:
            raise ValueError("a row that has ended is failed or succeeded")


def run_state(
    run: Run, failed_flows: int, now: datetime, *, moved: datetime | None = None, is_stalled: bool = False
) -> State:
    """Return the state of a run at `now`.

    `failed_flows` counts the flows whose latest attempt failed. `moved` is when the lease was last seen to move, as for
    `store.liveness`. `is_stalled` is whether it has running tasks and all of them are stale or lost. An expired lease
    takes precedence over failed flows: the run no longer works on any.
    """
    alive = liveness(run, now, moved=moved)
    if alive is Liveness.ENDED:
        return State.FAILED if failed_flows else State.SUCCEEDED
    if failed_flows and not is_expired(alive):
        return State.FAILING
    if is_stalled and alive is Liveness.LIVE:
        return State.STALLED
    return open_state(alive)


LATE = "late"
"""The word for a live row whose lease has expired within the skew allowance: it is stale next, unless it renews."""


RETRIED = "retried"
"""The word for a failed attempt with a later attempt: its flow has not failed."""


def is_late(row: TimeFields, now: datetime, *, moved: datetime | None = None) -> bool:
    """Return whether the lease of a row that still counts as live has expired at `now`; `moved` as for `run_state`.

    A row whose writer's clock is far off is not late while the lease that was seen to move lasts.
    """
    expired_for = lapse(row, now)
    if expired_for is None or expired_for <= timedelta() or liveness(row, now, moved=moved) is not Liveness.LIVE:
        return False
    return moved is None or now - moved > LEASE


def task_state(task: Task, now: datetime, *, moved: datetime | None = None) -> State:
    """Return the state of a task at `now`; `moved` as for `run_state`."""
    if task.end is not None:
        return State.SUCCEEDED if task.err is None else State.FAILED
    return open_state(liveness(task, now, moved=moved))
