"""A block of code that holds a lease: a lost lease cancels it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import cached_property
from types import TracebackType
from typing import Any, Never, Self

from store.errors import Error

_log = logging.getLogger(__name__)


class KeepAlive(Coroutine[Any, Any, Never]):
    """The keeping of one lease, made by `keep_run_alive` and its siblings and by a `LeaseKeeper`; for one use.

    Awaited, or run as a task, it renews the lease until it is cancelled. As an async context manager it holds the lease
    while the block runs: entering waits for the first try, so that the row has its lease before there is work on it.

    A lost lease cancels the block, as `asyncio.timeout` does, and is raised from the `async with`: an Error
    TOO_MANY_TRIES with the last failure as its cause, or the error that is permanent (NOT_ALLOWED, NOT_EXIST,
    NOT_SUPPORTED, INVALID, FATAL, PRECONDITION). An exception of the block's own goes before it; then it is logged.
    """

    def __init__(
        self,
        begin: Callable[[Callable[[Error], None], asyncio.Event], Callable[[], Coroutine[Any, Any, None]]],
        end: Callable[[], Awaitable[Error | None]] | None = None,
    ) -> None:
        self._begin = begin
        self._end = end
        self._stop: Callable[[], Coroutine[Any, Any, None]]
        self._body: asyncio.Task[Any]
        self._used = False
        self._inside = False
        self._interrupted = False
        self._lost: Error | None = None

    async def __aenter__(self) -> Self:
        body = asyncio.current_task()
        if body is None or self._used:
            raise RuntimeError("a lease is kept inside a task, and only once by each object")
        self._body, self._cancelling = body, body.cancelling()
        self._used = self._inside = True
        tried = asyncio.Event()
        self._stop = self._begin(self._lose, tried)
        try:
            await tried.wait()
        except asyncio.CancelledError as cancelled:
            await self.__aexit__(type(cancelled), cancelled, cancelled.__traceback__)
            raise
        return self

    async def __aexit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._inside = False
        leaving = asyncio.create_task(self._leave())
        cancelled = await _outlast(leaving)
        failure = leaving.result()
        # Only where no one else asked for it does the cancellation of the block become the Error.
        alone = self._interrupted and self._body.uncancel() <= self._cancelling and type_ is asyncio.CancelledError
        if failure is not None and cancelled is None and (value is None or alone):
            raise failure from failure.__cause__
        if failure is not None:
            _log.warning("%s", failure)
        if cancelled is not None:
            raise cancelled

    def _lose(self, error: Error) -> None:
        self._lost = error
        if self._inside:
            self._interrupted = True
            self._body.cancel()

    async def _leave(self) -> Error | None:
        """Stop renewing and write the end; returns what was lost or failed, if anything."""
        await self._stop()
        failed = None if self._end is None else await self._end()
        if failed is not None and self._lost is not None:
            _log.warning("%s", failed)
        return self._lost or failed

    # What makes it a coroutine, so that asyncio.create_task and asyncio.run take it like one.

    async def _until_cancelled(self) -> Never:
        async with self:
            await asyncio.Future()
        raise AssertionError("a future that no one sets was set")

    @cached_property
    def _coroutine(self) -> Coroutine[Any, Any, Never]:
        return self._until_cancelled()

    def __await__(self) -> Generator[Any, Any, Never]:
        return self._coroutine.__await__()

    def send(self, value: Any) -> Any:
        """Run to the next suspension; for the event loop."""
        return self._coroutine.send(value)

    def throw(self, *exception: Any) -> Any:
        """Raise an exception inside; for the event loop."""
        if not self._used:  # cancelled before its first step: without that there would be no end
            self._coroutine.send(None)
        return self._coroutine.throw(*exception)

    def close(self) -> None:
        """Give up a coroutine that was never awaited; for the event loop."""
        self._coroutine.close()


async def _outlast(task: asyncio.Task[Any]) -> asyncio.CancelledError | None:
    """Wait until `task` is done, however often this is cancelled; returns the cancellation for the caller to raise."""
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as again:
            cancelled = again
    return cancelled
