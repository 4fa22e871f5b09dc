"""Keeping a lease from code that has no event loop."""

import asyncio
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from store.digest import Digest
from store.dynamo.taskdb import DynamoTaskDB
from store.keepalive import keep_id_alive

_log = logging.getLogger(__name__)


@contextmanager
def keepalive_thread(db_options: Mapping[str, Any], id: Digest) -> Iterator[None]:
    """Keep the lease of the row `id` while the block runs, in a thread with a TaskDB of its own.

    `db_options` are the arguments of `DynamoTaskDB.open`. Entering waits for the first try and raises its error if that
    is permanent. A block of code cannot be interrupted from another thread: a lease that is lost later is logged at
    once and raised when the block ends, unless the block raises an exception of its own. See `KeepAlive` for both.
    """
    thread = _Thread(db_options, id)
    thread.start()
    try:
        thread.tried.wait()
        thread.raise_failure()
        yield
    finally:
        thread.stop()
    thread.raise_failure()


class _Thread(threading.Thread):
    """A daemon thread, so that a program can end without leaving the block."""

    def __init__(self, db_options: Mapping[str, Any], id: Digest) -> None:
        super().__init__(name=f"keepalive {id.short}", daemon=True)
        self.tried = threading.Event()
        self._db_options = db_options
        self._id = id
        self._begun = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._task: asyncio.Task[Any] | None = None
        self._failure: BaseException | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._keep_alive())
        except asyncio.CancelledError:
            pass
        except BaseException as failure:
            self._failure = failure
            _log.warning("%s", failure)
        finally:
            self._begun.set()
            self.tried.set()

    async def _keep_alive(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._begun.set()
        async with DynamoTaskDB.open(**self._db_options) as db, keep_id_alive(db, self._id):
            self.tried.set()
            await asyncio.Future()

    def stop(self) -> None:
        self._begun.wait()
        if self._task is not None:
            with suppress(RuntimeError):  # its loop is closed: it has ended before
                self._loop.call_soon_threadsafe(self._task.cancel)
        self.join()

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
