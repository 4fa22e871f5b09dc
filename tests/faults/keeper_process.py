"""An engine that holds the lease of a run until SIGTERM, as `store/README.md` says: `keeper_process URL TABLE KIND`."""

import asyncio
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

from store import DynamoTaskDB, RunID, blocking, keep_id_alive_and_end

_END_TIMEOUT = 60.0  # seconds
_REGION = "us-west-2"
TERMINATED = 143
"""The exit status."""


async def hold(url: str, table: str) -> None:
    """Hold the lease in an event loop."""
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with DynamoTaskDB.open(table, endpoint_url=url, region=_REGION) as db:
        await db.create_run(run := RunID.new(), "amy@example.com")
        async with keep_id_alive_and_end(db, run, _END_TIMEOUT):
            print(run, flush=True)
            await asyncio.Event().wait()


def hold_blocking(url: str, table: str) -> None:
    """Hold the lease in code without an event loop."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    with blocking.TaskDB.open(table, endpoint_url=url, region=_REGION) as db:
        db.create_run(run := RunID.new(), "amy@example.com")
        with blocking.keep_id_alive_and_end(db, run, _END_TIMEOUT):
            print(run, flush=True)
            threading.Event().wait()


def main() -> None:
    """Hold the lease as the arguments of this process say."""
    _, url, table, kind = sys.argv
    if kind == "blocking":
        hold_blocking(url, table)
    else:
        try:
            asyncio.run(hold(url, table))
        except asyncio.CancelledError:
            sys.exit(TERMINATED)


if __name__ == "__main__":
    main()
