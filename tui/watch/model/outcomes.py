"""Rows as of a time in the past, and what became of them later."""

from datetime import datetime
from typing import Any

import msgspec

from store import Run, Task
from tui.watch.model.rows import Row
from tui.watch.model.states import State, run_state, task_state


class Outcome(msgspec.Struct, frozen=True):
    """The later state of a run or task of the past, and its row in that state."""

    state: State
    row: Run | Task


def row_at(row: Row, time: datetime) -> Row | None:
    """Return a row as it was at a time; None if it had not started.

    A row that ended later was running: its lease then is unknown, since the table keeps only the last one, and is taken
    to reach to the end. A row without an end has its last lease, which tells whether it had expired by then.
    """
    if row.start is not None and row.start > time:
        return None
    if row.end is None or row.end <= time:
        return row
    then: dict[str, Any] = {"end": None, "keepalive": max(row.end, row.keepalive or row.end)}
    if isinstance(row, Task):
        then["err"] = None
    return msgspec.structs.replace(row, **then)


def task_outcome(task: Task, then: datetime, now: datetime) -> Outcome | None:
    """Return what became of a task after `then`; None if it had ended."""
    if task.end is not None and task.end <= then:
        return None
    return Outcome(task_state(task, now), task)


def run_outcome(run: Run, failed_flows: int, then: datetime, now: datetime) -> Outcome | None:
    """Return what became of a run after `then`; None if it had ended. `failed_flows` are those of `now`."""
    if run.end is not None and run.end <= then:
        return None
    return Outcome(run_state(run, failed_flows, now), run)
