"""Logs and objects for code without an event loop; see `store.blocking`."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, BinaryIO, TypeVar, cast

from store.background_loop import BackgroundLoop
from store.digest import Digest
from store.location import Location
from store.logs.log import HEAD, Check, Cursor, Log, Page
from store.logs.open import Logs, Output
from store.model import Run, Task
from store.object_content import Content
from store.repository import Repository

T = TypeVar("T")

_LINES = 1000  # at a time: each turn between two threads takes as long as many lines


class BlockingRepository:
    """The objects of a `Repository`, with methods that wait for their results."""

    def __init__(self, background: BackgroundLoop, repository: Repository) -> None:
        self._background = background
        self._repository = repository

    def stat(self, digest: Digest) -> int:
        """Return the size of an object in bytes. Raises Error NOT_EXIST if there is none."""
        return self._background.call(self._repository.stat(digest))

    def get(self, digest: Digest) -> Iterator[bytes]:
        """Yield the content of an object in chunks; raises Error NOT_EXIST, or INTEGRITY if it is another's."""
        return _iterate(self._background, self._repository.get(digest), most=1)

    def read(self, digest: Digest, offset: int, size: int) -> bytes:
        """Return up to `size` bytes of an object from `offset` on; see `Repository.read`."""
        return self._background.call(self._repository.read(digest, offset, size))

    def put(self, data: bytes | BinaryIO | Iterable[bytes]) -> Digest:
        """Store bytes, a file that is open in binary mode, or an iterable of bytes; returns the digest.

        Raises what `Repository.put` raises, and what `data` raises.
        """
        is_whole = isinstance(data, bytes | bytearray | memoryview) or hasattr(data, "read")
        if isinstance(data, Iterable) and not is_whole:
            return self._background.call(self._repository.put(_in_thread(cast("Iterable[bytes]", data))))
        return self._background.call(self._repository.put(cast("Content", data)))

    def find(self, digits: str) -> list[Digest]:
        """Return the digests of up to 20 objects that begin with these hex digits."""
        return self._background.call(self._repository.find(digits))

    def location(self, digest: Digest) -> Location:
        """Return the location that an object has, if it exists."""
        return self._repository.location(digest)


class BlockingLogs:
    """Opens logs, as `store.Logs` does, with methods that wait for their results."""

    def __init__(self, background: BackgroundLoop, logs: Logs) -> None:
        self._background = background
        self._logs = logs

    def open(self, digest: Digest) -> "BlockingLog":
        """Return the log of a digest; raises what `Logs.open` raises."""
        return BlockingLog(self._background, self._background.call(self._logs.open(digest)))

    def open_output(self, task: Task, output: Output) -> "BlockingLog":
        """Return the log of an output of `task`; raises what `Logs.open_output` raises."""
        return BlockingLog(self._background, self._background.call(self._logs.open_output(task, output)))

    def text(self, row: Run | Task, output: Output = Output.STDERR) -> str:
        """Return the text of an output of a task, or of the log of a run; see `Logs.text`."""
        return self._background.call(self._logs.text(row, output))

    def lines(self, row: Run | Task, output: Output = Output.STDERR) -> Iterator[str]:
        """Yield the lines of an output of a task, or of the log of a run; see `Logs.lines`."""
        return _iterate(self._background, self._logs.lines(row, output), most=_LINES)


class BlockingLog:
    """The text of a `Log`, read by methods that wait; the attributes are those of the log."""

    def __init__(self, background: BackgroundLoop, log: Log) -> None:
        self._background = background
        self._log = log

    @property
    def location(self) -> Location:
        """The location at which the log is kept."""
        return self._log.location

    @property
    def size(self) -> int | None:
        """The size in bytes, or None if it is unknown."""
        return self._log.size

    @property
    def grows(self) -> bool:
        """Whether more text may follow later."""
        return self._log.grows

    @property
    def timed(self) -> bool:
        """Whether lines have their times."""
        return self._log.timed

    @property
    def check(self) -> Check:
        """The result of comparing the content with the digest by which the log was opened."""
        return self._log.check

    def read(self, cursor: Cursor) -> Page:
        """Return the page at `cursor`; see `Log.read`."""
        return self._background.call(self._log.read(cursor))

    def pages(self, cursor: Cursor = HEAD) -> Iterator[Page]:
        """Yield the pages from `cursor` to the end of the log as it is now, without an empty one."""
        at: Cursor | None = cursor
        while at is not None and (page := self.read(at)).data:
            yield page
            at = page.after


def _iterate(background: BackgroundLoop, items: AsyncIterator[T], most: int) -> Iterator[T]:
    """Yield `items`, fetching up to `most` at a time, and close them at the end."""
    try:
        is_over, failure = False, None
        while not is_over:
            taken, is_over, failure = background.call(_take(items, most))
            yield from taken
        if failure is not None:
            raise failure
    finally:
        # Not waited for: an iterator that is given up may be finalized in any thread.
        if not background.has_ended:
            background.submit(_close(items), is_awaited=False)


async def _take(items: AsyncIterator[T], most: int) -> tuple[list[T], bool, Exception | None]:
    """Return up to `most` items, whether those were the last, and the exception after them."""
    taken: list[T] = []
    try:
        while len(taken) < most:
            taken.append(await anext(items))
    except StopAsyncIteration:
        return taken, True, None
    except Exception as failure:
        return taken, True, failure
    return taken, False, None


async def _close(items: AsyncIterator[Any]) -> None:
    if (close := getattr(items, "aclose", None)) is not None:
        await close()


async def _in_thread(data: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Yield `data`, which may take its time, without stopping the loop."""
    chunks, end = iter(data), object()
    while (chunk := await asyncio.to_thread(next, chunks, end)) is not end:
        yield cast("bytes", chunk)
