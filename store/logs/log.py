"""A log as pages that can be read from its head, from its end, and from a point in time."""

import asyncio
import enum
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import NamedTuple, Self

from store.errors import Error, ErrorKind
from store.location import Location


class Cursor(NamedTuple):
    """A place in a log to go on reading at, forward or backward. Its other fields are the log's own.

    `offset` is that of an object, in bytes (None: at its end), or how many events of a page were seen before.
    """

    forward: bool
    offset: int | None = None
    token: str = ""
    since: int | None = None  # milliseconds
    until: int | None = None

    @classmethod
    def at(cls, time: datetime) -> Self:
        """Return the page logged at `time` or next after it; only for logs with `times`."""
        return cls(forward=True, since=round(time.timestamp() * 1000))


HEAD = Cursor(forward=True, offset=0)
END = Cursor(forward=False)


class Page(NamedTuple):
    """A part of a log: `data`, of which `times` are those of its lines, in milliseconds, where they are known.

    Pages of objects may begin and end within a line, those of streams do not. `before` and `after` say where to read
    on; None is an end of the log, though a log that grows has more, some time, `after` a page that is empty.
    """

    data: bytes
    times: tuple[int, ...] = ()
    before: Cursor | None = None
    after: Cursor | None = None


class Check(enum.StrEnum):
    """Whether the content is that of the digest it was asked for by."""

    NONE = "none"  # there is no digest of it
    PARTIAL = "partial"  # not all was read, in one go from the head
    GOOD = "good"
    BAD = "bad"


class Log(ABC):
    """The text of a log. Every method raises what the service at its place does; reads are retried."""

    location: Location
    size: int | None = None
    """In bytes, where that is known."""
    grows = False
    """Whether there may be more, some time."""
    timed = False
    """Whether lines come with their times."""
    check = Check.NONE

    @abstractmethod
    async def read(self, cursor: Cursor) -> Page:
        """Return the page at `cursor`: about 1 MiB at most. It is empty only where there is nothing more (yet)."""


async def forward(log: Log, cursor: Cursor = HEAD) -> AsyncIterator[Page]:
    """Yield the pages from `cursor` to the end of the log as it is now; the last one of a log that grows is empty."""
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
    """The pages of a log that grows, from `cursor` on, looked for every `pause` seconds until `is_over`: nobody writes.

    A log that does not exist is one that nothing was written to yet, unless it is over. Then the last look is taken, a
    pause after the one before, since what is written last may come in late.
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
