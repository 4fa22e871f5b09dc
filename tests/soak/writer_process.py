"""Writers that say what they send and what was acknowledged, each in a fork of this process until it is killed."""

import argparse
import asyncio
import itertools
import json
import os
import signal
import sys
from typing import NoReturn

from store import DynamoTaskDB, Error, ErrorKind, RunID, Task, TaskID

_AT_ONCE = 8


async def write(endpoint_url: str, table: str, run: RunID) -> None:
    """Create tasks of `run` and end them, so many at once, for ever."""
    numbers = itertools.count()
    async with DynamoTaskDB.open(table, endpoint_url=endpoint_url, region="us-west-2", labels=["Name=soak"]) as db:

        async def write_tasks() -> None:
            for number in numbers:
                task = Task(id=TaskID.new(), run_id=run, ident=f"soak.{number}")
                _say("sent", task.id, task.ident)
                await db.create_task(task)
                _say("created", task.id, task.ident)
                await db.set_task_complete(task.id, Error(ErrorKind.OOM, "exec", (task.ident,)))
                _say("ended", task.id, task.ident)

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(write_tasks())


def _say(what: str, id: TaskID, ident: str) -> None:
    # One write, which the pipe that all writers share keeps whole.
    os.write(sys.stdout.fileno(), f"{json.dumps([os.getpid(), what, str(id), ident])}\n".encode())


def keep_writing(writers: int, endpoint_url: str, table: str, run: RunID) -> NoReturn:
    """Keep so many writers running, until SIGTERM: start another one when one was killed."""
    asyncio.run(_open_once(endpoint_url, table))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    running: set[int] = set()
    try:
        while True:
            while len(running) < writers:
                writer = os.fork()
                if writer == 0:
                    _become_writer(endpoint_url, table, run)
                running.add(writer)
            running.remove(os.wait()[0])
    finally:
        for writer in running:
            os.kill(writer, signal.SIGKILL)
            os.waitpid(writer, 0)


def _become_writer(endpoint_url: str, table: str, run: RunID) -> NoReturn:
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        asyncio.run(write(endpoint_url, table, run))
    finally:
        os._exit(1)


async def _open_once(endpoint_url: str, table: str) -> None:
    """Import and read, without a request, what a writer needs: that takes 0.4 s of CPU."""
    async with DynamoTaskDB.open(table, endpoint_url=endpoint_url, region="us-west-2"):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("writers", type=int)
    for name in ("endpoint_url", "table", "run"):
        parser.add_argument(name)
    given = parser.parse_args()
    keep_writing(given.writers, given.endpoint_url, given.table, RunID.parse(given.run))
