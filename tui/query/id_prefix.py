"""Id prefixes: the rows and objects that some digits of an id stand for."""

import asyncio
import re
from collections.abc import Sequence

from store import (
    Alloc,
    AllocQuery,
    Digest,
    Error,
    ErrorKind,
    FailureReason,
    PoolQuery,
    PoolRow,
    Run,
    RunQuery,
    StringDigest,
    Task,
    TaskDB,
    TaskQuery,
)
from store.digest import DigestPrefix

_DIGITS = re.compile(r"(?:sha256:)?([0-9a-fA-F]{8,64})", re.ASCII)
_WHOLE = 64
_MOST_LISTED = 10

Row = Run | Task | PoolRow | Alloc


async def find(db: TaskDB, text: str) -> Run | Task:
    """Return the run or task whose id is `text`, or begins with it: 8 hex digits or more.

    Raises Error INVALID for a malformed id and, listing the matches, for an ambiguous one; NOT_EXIST if nothing
    matches.
    """
    digits = _digits(text)
    # The service cannot query an odd digit: filter the matches of the even ones.
    id = DigestPrefix.parse(digits[: len(digits) // 2 * 2])
    async with asyncio.TaskGroup() as group:
        runs = group.create_task(db.runs(RunQuery(id=id)))
        tasks = group.create_task(db.tasks(TaskQuery(id=id, with_alloc=True)))
    found: list[Run | Task] = [*runs.result(), *tasks.result()]
    rows = [row for row in found if row.id.hex.startswith(digits)]
    if not rows and (errors := [*runs.result().errors, *tasks.result().errors]):
        raise errors[0]
    names = [f"{'run' if isinstance(row, Run) else 'task'} {row.id}" for row in rows]
    _check_one(text, names, f"no run or task has the id prefix {text}")
    return rows[0]


async def find_rows(db: TaskDB, text: str) -> list[Row]:
    """Return the rows of any type whose id begins with `text`: runs, tasks, pools, allocs, in this order.

    Looks up any other text than 8 or more hex digits as the complete string id of a pool or alloc. The list is empty if
    no row matches. Raises Error if the rows cannot be read.
    """
    if (match := _DIGITS.fullmatch(text)) is None:
        snapshot = await db.lookup([StringDigest(text).digest], consistent=True)
        if snapshot.errors and not (snapshot.pools or snapshot.allocs):
            raise snapshot.errors[0]
        return [*snapshot.pools, *snapshot.allocs]
    digits = match[1].lower()
    id = DigestPrefix.parse(digits[: len(digits) // 2 * 2])
    async with asyncio.TaskGroup() as group:
        reads = (
            group.create_task(db.runs(RunQuery(id=id))),
            group.create_task(db.tasks(TaskQuery(id=id, with_alloc=True))),
            group.create_task(db.pools(PoolQuery(ids=[id]))),
            group.create_task(db.allocs(AllocQuery(ids=[id]))),
        )
    found: list[Row] = [row for read in reads for row in read.result() if row.id.hex.startswith(digits)]
    if not found and (errors := [error for read in reads for error in read.result().errors]):
        raise errors[0]
    return found


async def find_run(db: TaskDB, text: str) -> Run:
    """Return the run with that id or prefix. Raises what `find` raises, and Error INVALID for a task."""
    row = await find(db, text)
    if isinstance(row, Task):
        raise Error(ErrorKind.INVALID, "find", (text,), f"this is a task; its run is {row.run_id}")
    return row


async def find_object(db: TaskDB, text: str) -> Digest:
    """Return the digest `text`, or that of the one object whose digest begins with it: 8 hex digits or more.

    Raises what `find` raises. A whole digest is not looked up.
    """
    digits = _digits(text)
    if len(digits) == _WHOLE:
        return Digest.parse(digits)
    found = await db.repository.find(digits)
    _check_one(text, list(map(str, found)), f"no object has the digest prefix {text}")
    return found[0]


def _digits(text: str) -> str:
    if (found := _DIGITS.fullmatch(text)) is None:
        raise Error(ErrorKind.INVALID, "find", (text[:100],), "an id is 8 to 64 hex digits")
    return found[1].lower()


def _check_one(text: str, names: Sequence[str], none: str) -> None:
    if not names:
        raise Error(ErrorKind.NOT_EXIST, "find", (text,), none, FailureReason.NO_ROW)
    if len(names) > 1:
        more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
        listed = f"{', '.join(names[:_MOST_LISTED])}{more}"
        raise Error(ErrorKind.INVALID, "find", (text,), f"ambiguous id prefix of {listed}: give more digits")
