"""Whole rows as JSON: every field under its name in the model, and the state.

Digests are whole (`sha256:...`), times RFC 3339 in UTC, `err` is the text that the Go tools print, with its kind in
`err_kind`. A failed, stale or lost task whose flow has a later attempt is `retried`. A field without a value is null;
labels, args and resources are empty then. Rows of the past are as they were then, with what became of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from store import Alloc, Digest, Error, PoolRow, Run, StringDigest, Task
from store.times import format_time
from tui.lists.runs import RunRow
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State

R = TypeVar("R", Run, Task, Alloc, PoolRow)


def count_fields(row: RunRow) -> dict[str, object]:
    """Return the numbers of failed flows and of retried attempts of a run; null if none of its tasks was read."""
    counts = {"flows_failed": row.failed_flows, "attempts_retried": row.retried_attempts}
    return dict(counts) if row.has_counts else dict.fromkeys(counts)


def whole_run(run: Run, state: State) -> dict[str, object]:
    """Return a run with its `state`, without its tasks."""
    return {"id": _value(run.id), "state": str(state), **_fields(run)}


def whole_task(cluster: Cluster, task: Task) -> dict[str, object]:
    """Return a task with its `state`, its `alloc`, and the `pool` of that."""
    return {
        "id": _value(task.id),
        "state": cluster.task_word(task),
        **_later(cluster, task.id),
        **_fields(_without_lease(cluster, cluster.with_alloc(task))),
        "err_kind": None if task.err is None else str(task.err.kind),
    }


def _later(cluster: Cluster, id: Digest) -> dict[str, object]:
    """Return what became of a row of the past: its `later_state` and `later_end`, both null if it had ended."""
    if cluster.outcomes is None:
        return {}
    outcome = cluster.outcomes.get(id)
    return {
        "later_state": None if outcome is None else str(outcome.state),
        "later_end": None if outcome is None else _value(outcome.row.end),
    }


def _without_lease(cluster: Cluster, row: R) -> R:
    """Return a row without its lease, and without those of the rows in it, if they are not known."""
    if cluster.outcomes is None:
        return row
    changes: dict[str, Any] = {} if cluster.has_lease(row) else {"keepalive": None}
    if isinstance(row, Task) and row.alloc is not None:
        changes["alloc"] = _without_lease(cluster, row.alloc)
    if isinstance(row, Alloc) and row.pool is not None:
        changes["pool"] = _without_lease(cluster, row.pool)
    return msgspec.structs.replace(row, **changes)


def separated(items: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of several values, with commas between them: a hundred thousand tasks need not be one string."""
    before = None
    for item in items:
        if before is not None:
            yield f"{before},"
            before = None
        for line in item:
            if before is not None:
                yield before
            before = line
    if before is not None:
        yield before


def _fields(row: msgspec.Struct) -> dict[str, object]:
    return {name: _value(getattr(row, name)) for name in row.__struct_fields__}


def _value(value: object) -> object:
    match value:
        case Digest():
            return str(value) if value else None
        case StringDigest():
            return value.text or None
        case datetime():
            return format_time(value)
        case Error():
            return str(value)
        case msgspec.Struct():
            return _fields(value)
        case Mapping():
            return dict(value)
        case tuple():
            return list(value)
        case _:
            return None if value == "" else value
