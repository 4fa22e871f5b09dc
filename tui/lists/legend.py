"""The legend: what each state of a row means, with the minutes of leases."""

from collections.abc import Sequence
from typing import NamedTuple

from store import Liveness
from store.lease import BOOT, GRACE, LEASE, RENEWAL, SKEW
from tui.lists.cells import NEW, RETRIED_CELL, state_cell
from tui.text import durations
from tui.watch.model.states import BY_URGENCY, State, liveness_facts


class Sign(NamedTuple):
    """A sign on screen, its colour role, and its meaning."""

    label: str
    tone: str
    meaning: str


def signs() -> Sequence[Sign]:
    """Return the states, the most urgent first, and the other signs of lists."""
    late = state_cell(State.RUNNING, is_late=True)
    live, ended = liveness_facts(Liveness.LIVE), liveness_facts(Liveness.ENDED)
    found = [Sign(state.label, state.tone, _meaning(state)) for state in BY_URGENCY]
    found.insert(
        BY_URGENCY.index(State.STALE) + 1,
        Sign(late.text, late.style, f"lease expired less than {durations.age(SKEW)} ago; clocks may differ as much"),
    )
    return [
        *found,
        Sign(RETRIED_CELL.text, RETRIED_CELL.style, "task: it failed or was lost, and its flow has a later attempt"),
        Sign(live.label, live.tone, "pool or alloc: it renews its lease"),
        Sign(ended.label, ended.tone, "pool or alloc: it has ended"),
        Sign(NEW.strip(), "strong", "changed since you last looked"),
    ]


def _meaning(state: State) -> str:
    match state:
        case State.FAILING:
            return "live run: a flow has failed, and no later attempt of it runs or succeeded"
        case State.STALLED:
            return "live run: all of its running tasks are stale or lost"
        case State.LOST:
            return f"lease expired {durations.age(GRACE)} ago or longer: its writer is gone or cut off"
        case State.STALE:
            return f"lease expired {durations.age(SKEW)} to {durations.age(GRACE)} ago: it may come back"
        case State.FAILED:
            return "ended: the task, or a flow of the run, has failed"
        case State.RUNNING:
            return f"renews its lease of {durations.age(LEASE)} after {durations.duration(RENEWAL)}"
        case State.STARTING:
            return (
                f"no lease yet: a task or run for at most {durations.age(GRACE)}, a pool while it boots, for at most"
                f" {durations.age(BOOT)}"
            )
        case State.SUCCEEDED:
            return "ended without a failure"
