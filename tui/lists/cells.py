"""Cells and texts that several lists show."""

import functools
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from store import Alloc, PoolRow, Run, Task
from store.model import TimeFields
from tui.lists.columns import Cell
from tui.text import bars, durations, formats, time_zone
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import LATE, RETRIED, State, is_expired, liveness_facts

_LONGEST_URI = 1_000  # characters in which a host is found, and which are kept with it

NEW = "» "
"""The mark of a row that has changed since the user last looked."""


TASK_STATES = [state for state in State if state.facts.is_of_tasks]
"""The states of tasks: only runs are failing or stalled."""


def state_cell(state: State, *, is_late: bool = False) -> Cell:
    """Return a state, by glyph, word and colour; `late` in place of `running` if its lease has expired."""
    if is_late and state is State.RUNNING:
        return Cell(f"{state.glyph} {LATE}", "warning")
    return Cell(state.label, state.tone)


RETRIED_CELL = Cell(f"{State.FAILED.glyph} {RETRIED}", "muted")


def task_state_cell(cluster: Cluster, task: Task, seen_at: datetime) -> Cell:
    """The state of a task; `late` in place of `running` if its lease has expired, `retried` if another follows."""
    if cluster.is_retried(task):
        return RETRIED_CELL
    return state_cell(cluster.task_state(task), is_late=cluster.is_late(task, seen_at))


def task_state_texts(cluster: Cluster, task: Task, seen_at: datetime) -> tuple[str, ...]:
    """Return what a filter finds under `state`; `failed` finds only the latest attempts of failed flows."""
    if cluster.is_retried(task):
        return (RETRIED,)
    return state_texts(cluster.task_state(task), is_late=cluster.is_late(task, seen_at))


def state_texts(state: State, *, is_late: bool) -> tuple[str, ...]:
    """Return what a filter finds under `state`: the state, and `late` if that is shown in its place."""
    return (state, LATE) if is_late and state is State.RUNNING else (state,)


def liveness_cell(cluster: Cluster, row: Row, seen_at: datetime) -> Cell:
    """Return the liveness of an alloc or a pool, by glyph, word and colour."""
    if cluster.is_late(row, seen_at):
        return Cell(f"{State.RUNNING.glyph} {LATE}", "warning")
    look = liveness_facts(cluster.liveness(row))
    return Cell(look.label, look.tone)


def liveness_text(cluster: Cluster, row: Row, seen_at: datetime) -> str:
    """Return the liveness of an alloc or a pool as a word."""
    return liveness_texts(cluster, row, seen_at)[-1]


def liveness_texts(cluster: Cluster, row: Row, seen_at: datetime) -> tuple[str, ...]:
    """Return what a filter finds under `state`: the liveness, and `late` if that is shown in its place."""
    alive = str(cluster.liveness(row))
    return (alive, LATE) if cluster.is_late(row, seen_at) else (alive,)


def lease_cell(cluster: Cluster, row: Row, seen_at: datetime) -> Cell:
    """The remaining time of a lease, or the time since it expired, in the colour of the state.

    Of a row of the past it is not known.
    """
    if not cluster.has_lease(row):
        return Cell(NONE)  # the table keeps only the last lease
    text = durations.steady_lease(row, seen_at)
    if cluster.is_late(row, seen_at):
        return Cell(text, "warning")
    alive = cluster.liveness(row)
    return Cell(text, liveness_facts(alive).tone if is_expired(alive) else "")


def lease_phrase(cluster: Cluster, row: Row, seen_at: datetime) -> str:
    """Return a lease as its cell has it, for a sentence: `1m40s left`, `expired 4m ago`."""
    return durations.steady_lease_phrase(row, seen_at) if cluster.has_lease(row) else NONE


def lease_text(cluster: Cluster, row: Row, seen_at: datetime) -> str:
    """Return the time left of a lease as plain text: `1m40s`, `-3m00s` since it expired, `-` without a lease."""
    if row.end is not None or row.keepalive is None or not cluster.has_lease(row):
        return NONE
    left = row.keepalive - seen_at
    return f"-{durations.duration(-left)}" if left <= -timedelta(seconds=1) else durations.duration(left)


def outcome_text(cluster: Cluster, row: Run | Task) -> str:
    """Return the later state of a run or task of the past; empty if it had ended, or the state is unknown."""
    outcome = (cluster.outcomes or {}).get(row.id)
    return "" if row.end is not None or outcome is None else str(outcome.state)


def time_text(time: datetime | None) -> str:
    """Return a time as plain text in the display time zone: `2026-11-01T09:50:41Z`; `-` for None."""
    if time is None:
        return NONE
    return time_zone.localize(time).isoformat(timespec="seconds").replace("+00:00", "Z")


def outcome_cell(cluster: Cluster, row: Run | Task) -> Cell:
    """Return the later state of a run or task of the past; empty if it had ended."""
    if row.end is not None:
        return Cell("")
    outcome = (cluster.outcomes or {}).get(row.id)
    return Cell("…", "muted") if outcome is None else state_cell(outcome.state)


def progress_cell(done: int, failed: int, total: int, width: int) -> Cell:
    """Return a bar for `total` tasks: `done` have ended, and `failed` of those with an error that counts."""
    parts = bars.states(done - failed, failed, total - done, width)
    text = "".join(parts)
    if not text:
        return Cell("·" * width, "muted")
    styles = ("muted", "critical", "muted")
    return Cell(text, "muted", tuple((part, style) for part, style in zip(parts, styles, strict=True) if part))


def count_cell(number: int, style: str = "") -> Cell:
    """Return a number in at most 4 cells; a 0 is muted."""
    return Cell(formats.compact(number), style if number else "muted")


def age_cell(row: TimeFields, now: datetime) -> Cell:
    """Return how long ago a row started, whether or not it has ended."""
    return Cell(NONE if row.start is None else durations.age(now - row.start))


def took_cell(row: TimeFields, now: datetime) -> Cell:
    """Return how long a row took; its age with a `+` if it has not ended: `1m42s`, `12m+`."""
    if row.start is None:
        return Cell(NONE)
    # Fifty running tasks that count every second are most of what is sent over a slow line.
    return Cell(f"{durations.age(now - row.start)}+" if row.end is None else durations.duration(row.end - row.start))


def age_seconds(row: TimeFields, now: datetime) -> float | None:
    """Return how long ago a row started, in seconds, for filters and sorting; None without a start.

    Like its cell it is never negative: the clock of a writer may be ahead.
    """
    return None if row.start is None else max(0.0, (now - row.start).total_seconds())


def took_seconds(row: TimeFields, now: datetime) -> float | None:
    """Return how long a row took, or its age if it has not ended, in seconds, never negative; None without a start."""
    return None if row.start is None else max(0.0, ((row.end or now) - row.start).total_seconds())


def last_change(row: TimeFields) -> datetime | None:
    """Return the end of a row, or its start if it has not ended, for filters."""
    return row.end or row.start


def host(pool: PoolRow | None) -> str:
    """Return the name of the host of a pool, from its URI; empty for None. Not yet safe to show."""
    return "" if pool is None else _host_in(pool.uri[:_LONGEST_URI])


def short_host(pool: PoolRow | None) -> str:
    """Return the host without its domain, which is that of all hosts. Not yet safe to show.

    A host that EC2 has named after its address, such as `ip-10-0-12-34.us-west-2.compute.internal`, becomes that
    address, which fits 15 cells.
    """
    return _short_host_in(host(pool))


def host_texts(pool: PoolRow | None) -> tuple[str, ...]:
    """Return what a filter finds under `host`: the name, what lists show of it, and the id, which findings show."""
    return () if pool is None else (host(pool), short_host(pool), str(pool.pool_id))


@functools.lru_cache(maxsize=8192)
def _short_host_in(name: str) -> str:
    first = name.partition(".")[0]
    if (address := re.fullmatch(r"(?:ip|ec2)-([0-9]{1,3}(?:-[0-9]{1,3}){3})", first)) is not None:
        return address[1].replace("-", ".")
    return name if first.isdigit() or ":" in name else first


@functools.lru_cache(maxsize=8192)
def _host_in(uri: str) -> str:
    try:
        return urlsplit(uri if "//" in uri else f"//{uri}").hostname or uri
    except ValueError:
        return uri


def alloc_name(task: Task, alloc: Alloc | None) -> str:
    """Return the end of the id of a task's alloc, which tells it from others on the host. Not yet safe to show."""
    if alloc is None or not alloc.alloc_id:
        return formats.digest(task.alloc_id)
    return alloc.alloc_id.rpartition("/")[2] or alloc.alloc_id
