"""Cells and texts that several lists show."""

import functools
from datetime import datetime
from urllib.parse import urlsplit

from store import Alloc, PoolRow, Task
from store.model import TimeFields
from tui.lists.columns import Cell
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.watch.model.states import State

NEW = "» "
"""The mark of a row that has changed since the user last looked."""


def state_cell(state: State) -> Cell:
    """A state, by glyph, word and colour."""
    return Cell(state.label, state.tone)


def age_cell(row: TimeFields, now: datetime) -> Cell:
    """Return the age of a row, or how long it took if it has ended."""
    return Cell(NONE if row.start is None else durations.age((row.end or now) - row.start))


def age_seconds(row: TimeFields, now: datetime) -> float | None:
    """Return the same in seconds, for filters; None without a start."""
    return None if row.start is None else ((row.end or now) - row.start).total_seconds()


def host(pool: PoolRow | None) -> str:
    """Return the name of the host of a pool, from its URI; empty for None. Not yet safe to show."""
    return "" if pool is None else _host_in(pool.uri)


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
