"""A log as pages that can be read from its head, from its end, and from a point in time."""

import asyncio
import enum
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import NamedTuple, Self

from store.errors import Error, ErrorKind
from store.location import Location
from store.times import as_utc


class Cursor(NamedTuple):
    """A place in a log from which to read on, forward or backward.

    `offset` is a number of bytes in an object (None: its end), or of events of a page that were read before. `since`
    and `until` are in milliseconds since 1970. Take cursors from pages, `HEAD`, `END` and `at`; do not make your own.
    """

    forward: bool
    offset: int | None = None
    token: str = ""
    since: int | None = None  # milliseconds
    until: int | None = None

    @classmethod
    def at(cls, time: datetime) -> Self:
        """Return the cursor of the first page logged at `time` or later, for logs that are `timed`.

        Raises Error INVALID for a time without a time zone.
        """
        return cls(forward=True, since=round(as_utc(time).timestamp() * 1000))


HEAD = Cursor(forward=True, offset=0)
"""The head of any log, to read forward from."""
END = Cursor(forward=False)
"""The end of any log, to read backward from."""


class Page(NamedTuple):
    """A part of a log, about 1 MiB at most.

    `times` has the time of each line of `data`, in milliseconds since 1970, or nothing if the log is not `timed`. Pages
    of objects may begin and end within a line; pages of streams do not. `before` and `after` are the cursors of the
    pages around it, None at an end of the log. A log that grows has an `after` even when the page is empty: read there
    again later.
    """

    data: bytes
    times: tuple[int, ...] = ()
    before: Cursor | None = None
    after: Cursor | None = None


class Check(enum.StrEnum):
    """The result of comparing the content of a log with the digest by which it was opened."""

    NONE = "none"  # there is no digest of it
    PARTIAL = "partial"  # not all was read, in one go from the head
    GOOD = "good"
    BAD = "bad"


class Log(ABC):
    """The text of a log. Reads are retried; they raise the Error of the service that keeps the log."""

    location: Location
    size: int | None = None
    """The size in bytes, or None if it is unknown."""
    grows = False
    """Whether more text may follow later."""
    timed = False
    """Whether lines have their times."""
    check = Check.NONE

    @abstractmethod
    async def read(self, cursor: Cursor) -> Page:
        """Return the page at `cursor`, about 1 MiB at most; it is empty only if there is nothing more (yet).

        Raises Error NOT_EXIST for a log that does not exist, and the service's Error.
        """


async def forward(log: Log, cursor: Cursor = HEAD) -> AsyncIterator[Page]:
    """Yield the pages from `cursor` to the end of the log as it is now; the last one of a log that grows is empty.

    Raises what `Log.read` raises.
    """
    at: Cursor | None = cursor
    while at is not None:
        page = await log.read(at)
        yield page
        if not page.data:
            return
        at = page.after


async def follow(
    log: Log,
    cursor: Cursor,
    is_over: Callable[[], Awaitable[bool]],
    *,
    pause: float = 2.0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Page]:
    """Yield the pages of a log that grows, from `cursor` on, reading every `pause` seconds until `is_over` is true.

    `is_over` returns whether the writer has finished. The log is read once more after that, because the last lines may
    arrive late. A log that does not exist counts as empty until `is_over`. Raises what `Log.read` raises.
    """
    while True:
        over = await is_over()
        try:
            async for page in forward(log, cursor):
                cursor = page.after or cursor
                if page.data:
                    yield page
        except Error as error:
            if over or error.kind is not ErrorKind.NOT_EXIST:
                raise
        if over:
            return
        await sleep(pause)
