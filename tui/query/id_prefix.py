"""Id prefixes: the rows and objects that some digits of an id stand for."""

import asyncio
import re
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import Any

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
MOST_LISTED = 20
"""The number of ids that are listed for an ambiguous prefix."""
FEWEST_DIGITS = 8
"""The number of digits of an id that the index of ids needs."""

FoundRow = Run | Task | PoolRow | Alloc
ALL_TYPES: Collection[type[FoundRow]] = (Run, Task, PoolRow, Alloc)
"""The types of rows that an id may name."""


async def find_rows(db: TaskDB, text: str, types: Collection[type[FoundRow]] = ALL_TYPES) -> list[FoundRow]:
    """Return the rows of `types` whose id begins with `text`: runs, tasks, pools, allocs, in this order.

    Looks up any other text than 8 or more hex digits as the complete string id of a pool or alloc. The list is empty if
    no row matches. Raises Error if the rows cannot be read, also in an exception group.
    """
    if (match := _DIGITS.fullmatch(text)) is None:
        if PoolRow not in types and Alloc not in types:
            return []
        snapshot = await db.lookup([StringDigest(text).digest], consistent=True)
        if snapshot.errors and not (snapshot.pools or snapshot.allocs):
            raise snapshot.errors[0]
        named: list[FoundRow] = [*snapshot.pools, *snapshot.allocs]
        return [row for row in named if isinstance(row, tuple(types))]
    digits = match[1].lower()
    # The service cannot query an odd digit: filter the matches of the even ones.
    id = DigestPrefix.parse(digits[: len(digits) // 2 * 2])
    queries: dict[type[FoundRow], Callable[[], Coroutine[Any, Any, Any]]] = {
        Run: lambda: db.runs(RunQuery(id=id)),
        Task: lambda: db.tasks(TaskQuery(id=id, with_alloc=True)),
        PoolRow: lambda: db.pools(PoolQuery(ids=[id])),
        Alloc: lambda: db.allocs(AllocQuery(ids=[id])),
    }
    async with asyncio.TaskGroup() as group:
        reads = [group.create_task(query()) for each, query in queries.items() if each in types]
    rows: list[FoundRow] = []
    for read in reads:
        rows += read.result()
    found = [row for row in rows if row.id.hex.startswith(digits)]
    if not found and (errors := [error for read in reads for error in read.result().errors]):
        raise errors[0]
    return found


async def find_object(db: TaskDB, text: str) -> Digest:
    """Return the digest `text`, or that of the one object whose digest begins with it: 8 hex digits or more.

    Raises Error INVALID for a malformed prefix and, with the matches in its notes, for an ambiguous one; NOT_EXIST if
    nothing matches. A whole digest is not looked up.
    """
    if (match := _DIGITS.fullmatch(text)) is None:
        text = text[:100]
        why = f"{text!r} is no digest: an object needs {FEWEST_DIGITS} to {_WHOLE} hex digits of its own"
        raise Error(ErrorKind.INVALID, "find", (text,), why)
    digits = match[1].lower()
    if len(digits) == _WHOLE:
        return Digest.parse(digits)
    found = await db.repository.find(digits)
    if not found:
        why = f"no object has the digest prefix {text!r}"
        raise Error(ErrorKind.NOT_EXIST, "find", (text,), why, FailureReason.NO_ROW)
    if len(found) > 1:
        raise make_ambiguity(text, "objects", len(found), map(str, found[:MOST_LISTED]))
    return found[0]


def make_ambiguity(text: str, noun: str, count: int, lines: Iterable[str]) -> Error:
    """Return the error for a prefix of `count` ids; `lines` about the first `MOST_LISTED` of them become its notes."""
    text = text[:100]
    why = f"the id prefix {text!r} is ambiguous; give more digits of one of these {count} {noun}:"
    error = Error(ErrorKind.INVALID, "find", (text,), why)
    for line in lines:
        error.add_note(line)
    if count > MOST_LISTED:
        error.add_note(f"... and {count - MOST_LISTED} more")
    return error
