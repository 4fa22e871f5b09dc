"""One background thread with an event loop for each process, for code that has none."""

import asyncio
import atexit
import concurrent.futures
import contextlib
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from store.errors import Error, ErrorKind

T = TypeVar("T")

_GRACE = 2.0  # seconds in which calls may end when the interpreter exits

_log = logging.getLogger(__name__)


class BackgroundLoop:
    """An event loop in a daemon thread; `background_loop` returns that of the process.

    When the interpreter exits, its tasks are cancelled and have 2 seconds to end.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="store.blocking", daemon=True)
        self._thread.start()
        atexit.register(self._stop)

    @property
    def has_ended(self) -> bool:
        """Whether nothing can run: in a fork of the process with the thread, and while the interpreter exits."""
        return os.getpid() != self._pid or self._loop.is_closed()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` in the loop, and return its result or raise its exception.

        An exception in this thread meanwhile, such as KeyboardInterrupt, cancels the coroutine and is raised after that
        has ended; a second one does not wait. Raises Error PRECONDITION in a forked process, in the thread of the loop
        itself, and while the interpreter exits.
        """
        result: T = self.submit(coroutine).result()
        return result

    def submit(self, coroutine: Coroutine[Any, Any, T], *, is_awaited: bool = True) -> "Call[T]":
        """Start `coroutine` in the loop, and return at once.

        Raises what `call` raises of its own. The thread of the loop itself may only submit what is not awaited.
        """
        try:
            self._check(is_awaited=is_awaited)
            return Call(self._loop, coroutine)
        except BaseException:
            coroutine.close()
            raise

    def soon(self, callback: Callable[[], object]) -> None:
        """Call `callback` in the loop, soon; does nothing if the loop `has_ended`."""
        if not self.has_ended:
            with contextlib.suppress(RuntimeError):  # it was closed at this moment
                self._loop.call_soon_threadsafe(callback)

    def _check(self, *, is_awaited: bool) -> None:
        if os.getpid() != self._pid:
            why = f"opened in process {self._pid} and used in its fork {os.getpid()}: open one in each process"
        elif self._loop.is_closed():
            why = "the interpreter is exiting"
        elif is_awaited and threading.current_thread() is self._thread:
            why = "called in the thread of its event loop, which would wait for itself: use the asynchronous TaskDB"
        else:
            return
        raise Error(ErrorKind.PRECONDITION, "use blocking TaskDB", (), why)

    def _run(self) -> None:
        loop = self._loop
        while True:
            # A SystemExit of a caller's iterator or hook, which the call raises, would end the loop of all others, too.
            with contextlib.suppress(SystemExit, KeyboardInterrupt):
                loop.run_forever()
                break
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=_GRACE))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def _stop(self) -> None:
        if not self.has_ended:
            self.soon(self._loop.stop)
            self._thread.join(_GRACE + 1)


class Call(Generic[T]):
    """A coroutine that runs in a loop in another thread; made by `BackgroundLoop.submit`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> None:
        self.future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._loop = loop
        self._coroutine = coroutine
        self._task: asyncio.Task[T]
        loop.call_soon_threadsafe(self._start)

    def _start(self) -> None:
        self._task = self._loop.create_task(self._coroutine)
        self._task.add_done_callback(self._finish)

    def _finish(self, task: "asyncio.Task[T]") -> None:
        if task.cancelled():
            self.future.set_exception(Error(ErrorKind.CANCELED, "use blocking TaskDB", (), "the call was cancelled"))
        elif (failure := task.exception()) is not None:
            self.future.set_exception(failure)
        else:
            self.future.set_result(task.result())

    @property
    def is_cancelled(self) -> bool:
        """Whether the coroutine has ended because it was cancelled."""
        return self._task.cancelled()

    def result(self, future: "concurrent.futures.Future[Any] | None" = None) -> Any:
        """Wait for the result, or for that of `future`, and return it; `BackgroundLoop.call` says what is raised."""
        waited = future or self.future
        try:
            return waited.result()
        except BaseException:
            if not waited.done():
                self.cancel()
            raise

    def cancel(self) -> None:
        """Cancel the coroutine, and wait until it has ended."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._cancel)
            concurrent.futures.wait([self.future])

    def _cancel(self) -> None:
        self._task.cancel()


class BackgroundBlock(Generic[T]):
    """An asynchronous context manager that a thread enters and leaves; it lives in one task of the loop."""

    def __init__(self, background: BackgroundLoop, manager: AbstractAsyncContextManager[T]) -> None:
        self._background = background
        self._manager = manager
        self._entered: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._leaving = asyncio.Event()
        self._call: Call[None]
        self._is_used = False
        self.has_failed = threading.Event()
        """Set when an exception has ended the block before it was left."""

    def enter(self) -> T:
        """Enter it, and return what it gives; raises what it raises and what `BackgroundLoop.call` does.

        Raises RuntimeError if it was entered before.
        """
        if self._is_used:
            raise RuntimeError("a lease or connection is for one use: make another one")
        self._is_used = True
        self._call = self._background.submit(self._run())
        self._call.future.add_done_callback(self._end)
        value: T = self._call.result(self._entered)
        return value

    def leave(self) -> None:
        """Leave it; raises what it raises, even if that ended it earlier.

        Does nothing if it was not entered, or if the loop has ended.
        """
        if self._is_used and not self._background.has_ended:
            self._background.soon(self._leaving.set)
            self._call.result()

    async def _run(self) -> None:
        async with self._manager as value:
            self._entered.set_result(value)
            await self._leaving.wait()

    def _end(self, future: "concurrent.futures.Future[None]") -> None:
        failure = future.exception()
        if not self._entered.done():
            self._entered.set_exception(failure or RuntimeError("the block was never entered"))
        elif failure is not None and not self._leaving.is_set() and not self._call.is_cancelled:
            _log.warning("%s", failure)
            self.has_failed.set()


_current: BackgroundLoop | None = None
_lock = threading.Lock()
_forked: list[BackgroundLoop] = []  # kept, since their loops can be neither used nor closed here


def background_loop() -> BackgroundLoop:
    """Return the loop of this process, which the first call starts."""
    global _current  # noqa: PLW0603 - there is one for each process
    with _lock:
        if _current is None:
            _current = BackgroundLoop()
        return _current


def _forget_after_fork() -> None:
    global _current, _lock  # noqa: PLW0603
    _lock = threading.Lock()
    if _current is not None:
        _forked.append(_current)
        _current = None


os.register_at_fork(after_in_child=_forget_after_fork)
