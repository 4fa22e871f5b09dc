"""The rows that ids on the command line name: one rule for every command that takes an id.

An id is a prefix of 8 or more hex digits, or the whole string id of a pool or alloc. For active rows, which are those
of the dashboard, fewer digits or characters suffice.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from store import Alloc, Error, ErrorKind, FailureReason, PoolRow, Run, Task, TaskDB
from tui.exit_status import first_error
from tui.export.formats.drawn_lines import plain_lines
from tui.export.formats.sheet import Sheet
from tui.lists import cells
from tui.lists.columns import Cell, Column
from tui.query.id_prefix import ALL_TYPES, FEWEST_DIGITS, MOST_LISTED, find_rows, make_ambiguity
from tui.settings import Settings
from tui.settings.command_hint import command_hint
from tui.terminal import narration
from tui.text import formats
from tui.text.safe import NONE
from tui.text.safe_text import SafeText
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row, run_name
from tui.watch.model.states import open_state
from tui.watch.polling import reads
from tui.watch.polling.bounded_backfill import BoundedBackfill
from tui.watch.polling.budget import Budget

_HEX = re.compile(r"(?:sha256:)?[0-9a-fA-F]{1,64}", re.ASCII)
_FINDING_ID = re.compile(r"[0-9a-f]{8,16}", re.ASCII)
_FEWEST, _ALL = 12, 64  # digits of the ids of candidates
TYPE_NAMES: dict[type, str] = {Run: "run", Task: "task", PoolRow: "pool", Alloc: "alloc"}
"""The names of the types of rows."""


async def find_named(
    db: TaskDB, settings: Settings, text: str, now: datetime, types: Collection[type[Row]] = ALL_TYPES
) -> Row:
    """Return the row of one of `types` that `text` names.

    Raises Error NOT_EXIST if there is none; INVALID for a text that is no id, and if there are several rows, with the
    candidates in its notes; and the error of a read if nothing could be read.
    """
    has_names = PoolRow in types or Alloc in types
    if not (text if has_names else _HEX.fullmatch(text)):
        raise Error(ErrorKind.INVALID, "find", (text[:100],), f"{text[:100]!r} is no id: an id is 1 to 64 hex digits")
    try:
        async with narration.progress_of(f"finding {text[:100]}"):
            found = await find_rows(db, text, types)
            # The index has every run and task of 8 digits; the string id of an alloc may look like such digits.
            if not found and (has_names or not _is_indexed(text)):
                found = await _find_active(db, settings, text, now, types)
    except* Error as errors:
        raise first_error(errors) from None
    if not found:
        scope = "" if _is_indexed(text) else f" among active rows; give {FEWEST_DIGITS} digits or more to find others"
        what = formats.alternatives([TYPE_NAMES[each] for each in types])
        none = f"no {what} has the id prefix {text[:100]!r}{scope}"
        error = Error(ErrorKind.NOT_EXIST, "find", (text[:100],), none, FailureReason.NO_ROW)
        if _FINDING_ID.fullmatch(text):
            error.add_note(f"if it is the id of a finding: {command_hint(settings, 'failures', f'id:{text}')}")
        raise error
    if len(found) > 1:
        raise make_ambiguity(text, "rows", len(found), candidate_lines(found[:MOST_LISTED], now))
    return found[0]


async def find_run_or_task(db: TaskDB, settings: Settings, text: str, now: datetime) -> Run | Task:
    """Return the run or the task that `text` names. Raises what `find_named` raises."""
    row = await find_named(db, settings, text, now, (Run, Task))
    assert isinstance(row, Run | Task)  # noqa: S101 - of these types
    return row


async def find_run(db: TaskDB, settings: Settings, text: str, now: datetime) -> Run:
    """Return the run that `text` names. Raises what `find_named` raises, and Error INVALID for a task."""
    row = await find_run_or_task(db, settings, text, now)
    if isinstance(row, Task):
        raise Error(ErrorKind.INVALID, "find", (text,), f"this is a task; its run is {row.run_id}")
    return row


def _is_indexed(text: str) -> bool:
    return len(text.removeprefix("sha256:")) >= FEWEST_DIGITS


async def _find_active(
    db: TaskDB, settings: Settings, text: str, now: datetime, types: Collection[type[Row]]
) -> list[Row]:
    """Return the active rows whose digest or string id begins with `text`; an alloc also by the end of its string id.

    These are the rows of the dashboard. The index needs 8 digits of a digest, so that shorter prefixes only match here.
    """
    cluster = Cluster(now)
    await reads.refresh(db, cluster, settings.since.at(now))
    budget = Budget(settings.read_budget, settings.price)
    await BoundedBackfill(cluster, budget, settings.keep_failed, clock=lambda: now).search(db)
    rows: list[Row] = [*filter(lambda run: cluster.has_row(run.id), cluster.runs)]
    rows += (task for run in cluster.runs for task in cluster.tally(run.id).tasks.values())
    found = [row for row in rows if row.id.hex.startswith(text.lower().removeprefix("sha256:"))]
    found += (pool for pool in cluster.pools if str(pool.pool_id).startswith(text))
    found += (
        alloc
        for alloc in cluster.allocs
        if any(id.startswith(text) for id in (alloc.alloc_id, alloc.alloc_id.rpartition("/")[2]))
    )
    found = [row for row in found if isinstance(row, tuple(types))]
    # Read it again as for a whole id: consistently, and a task with the alloc that its logs need.
    return (await find_rows(db, found[0].id.hex, types) or found) if len(found) == 1 else found


def candidate_lines(rows: Sequence[Row], now: datetime) -> Iterator[SafeText]:
    """Yield a table of the rows that match an id: id, type, name, state and age."""
    cluster = Cluster(now)
    cluster.add(rows)
    digits = next((n for n in range(_FEWEST, _ALL) if len({row.id.hex[:n] for row in rows}) == len(rows)), _ALL)

    def state(row: Row) -> str:
        if isinstance(row, Run) and row.end is None:
            return str(open_state(cluster.liveness(row)))
        # Whether a run that has ended has failed is known only from its tasks.
        return str(cluster.task_state(row) if isinstance(row, Task) else cluster.liveness(row))

    columns: list[Column[Row]] = [
        Column("id", "ID", digits, lambda row: Cell(row.id.hex[:digits])),
        Column("type", "TYPE", 5, lambda row: Cell(TYPE_NAMES[type(row)])),
        Column("name", "NAME", 8, lambda row: Cell(_name(row) or NONE)),
        Column("state", "STATE", 8, lambda row: Cell(state(row))),
        Column("age", "AGE", 6, lambda row: cells.age_cell(row, now), align="right"),
    ]
    sheet = Sheet(name="rows", rows=rows, columns=columns, id=lambda row: str(row.id), record=lambda _: {}, fields=[])
    return plain_lines(sheet, wide=True, headers=True, color=False)


def _name(row: Row) -> str:
    match row:
        case Run():
            return " ".join(filter(None, (run_name(row), formats.user(row.user))))
        case Task():
            return row.ident
        case PoolRow():
            return str(row.pool_id)
        case Alloc():
            return row.alloc_id
