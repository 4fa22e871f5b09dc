"""A writer that says what it sends and what was acknowledged, until it is killed."""

import argparse
import asyncio
import itertools
import json
import sys

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
    sys.stdout.write(json.dumps([what, str(id), ident]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("endpoint_url", "table", "run"):
        parser.add_argument(name)
    given = parser.parse_args()
    asyncio.run(write(given.endpoint_url, given.table, RunID.parse(given.run)))
