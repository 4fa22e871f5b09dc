"""The measured dashboard: `python -m tests.bench.preview_app SIZE` lists 240 runs, with previews of a size.

A third of the runs have 60 failed tasks of three causes, each on one of ten hosts.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

from store import Error, ErrorKind, TaskDB
from tests.support.rows import NOW, ago, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.app import ReflowTop
from tui.settings import Settings
from tui.watch.model.rows import Row

RUNS, FAILED, CAUSES, HOSTS = 240, 60, 3, 10


def rows() -> Iterator[Row]:
    """Yield the rows of the table."""
    for host in range(HOSTS):
        yield make_pool(f"i-{host}")
        yield make_alloc(f"a{host}", f"i-{host}")
    for run in range(1, RUNS + 1):
        yield make_run(run, start=ago(minutes=9), labels={"Name": f"align {run}"})
        for number in range(FAILED if run % 3 == 0 else 0):
            cause, host = number % CAUSES, number % HOSTS
            yield make_task(
                run * FAILED + number,
                run,
                ident=f"step.{cause}",
                err=Error(ErrorKind.OOM, "exec", (f"step {cause}",), f"killed process {number}"),
                start=ago(minutes=8),
                end=ago(minutes=7) + timedelta(seconds=number),
                alloc_id=digest(f"a{host}"),
            )


@asynccontextmanager
async def open_db() -> AsyncIterator[TaskDB]:
    """Open the table."""
    yield ScriptedDB(*rows())


if __name__ == "__main__":
    settings = Settings(table="reflow-prod", region="us-west-2", interval=timedelta(days=1), preview=sys.argv[1])
    ReflowTop(settings, open_db, clock=lambda: NOW).run()
