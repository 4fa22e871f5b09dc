"""The part of a log that was read: from where it was opened, extended in both directions on request."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

from store.logs.log import HEAD, Cursor, Log, forward
from tui.logs.line_store import LineStore
from tui.terminal import new_files


class Document:
    """Reads `log` into `blocks`. Every method raises what reading the log raises; what was read stays."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.blocks = LineStore()
        self._before: Cursor | None = None
        self._after: Cursor | None = HEAD
        self._at_end = False
        self._reading = asyncio.Lock()

    async def open(self, cursor: Cursor) -> None:
        """Drop what was read, and read the page at `cursor`."""
        async with self._reading:
            page = await self.log.read(cursor)
            self.blocks.close()
            self.blocks = LineStore()
            self._before, self._after = page.before, page.after
            self._at_end = not cursor.forward or not page.data
            if cursor.forward:
                self.blocks.append(page)
            else:
                self.blocks.prepend(page)
            self.blocks.finish(head=page.before is None, tail=page.after is None)

    @property
    def has_head(self) -> bool:
        """Whether the first line of the log was read."""
        return self._before is None

    @property
    def has_end(self) -> bool:
        """Whether the last line was read, and the log no longer grows."""
        return self._after is None

    @property
    def is_at_end(self) -> bool:
        """Whether the log was read to its current end."""
        return self._at_end or self.has_end

    async def read_earlier(self) -> bool:
        """Read the page before; return whether it brought anything."""
        async with self._reading:
            if self._before is None:
                return False
            page = await self.log.read(self._before)
            self._before = page.before
            first = self.blocks.first
            self.blocks.prepend(page)
            self.blocks.finish(head=page.before is None)
            return self.blocks.first < first or self._before is not None

    async def read_later(self) -> bool:
        """Read the page after; return whether it brought anything."""
        async with self._reading:
            if self._after is None:
                return False
            page = await self.log.read(self._after)
            self._after = page.after
            self._at_end = not page.data
            self.blocks.append(page)
            self.blocks.finish(tail=page.after is None)
            return bool(page.data)

    async def read_to_end(self, pages: int) -> bool:
        """Read up to so many pages; return whether the current end is reached."""
        for _ in range(pages):
            if not await self.read_later():
                return True
        return self.has_end

    def close(self) -> None:
        """Drop what was read."""
        self.blocks.close()


async def save(log: Log, path: Path) -> int:
    """Write all of a log to a new file, readable only by its owner; return its size in bytes.

    Raises OSError, which names the file, and what reading raises; then no file is left behind.
    """
    with ExitStack() as files:
        file = await asyncio.to_thread(files.enter_context, new_files.open_new(path))
        async for page in forward(log):
            await asyncio.to_thread(file.write, page.data)
        return file.tell()
