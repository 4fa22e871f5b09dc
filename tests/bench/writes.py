"""Lost writes and waiting times of a busy engine, on a slow, a full and a throttled service."""

import asyncio
import time
from collections.abc import Coroutine, Iterable
from typing import Any

from store import Digest, DynamoTaskDB, Error, RunID, Task, TaskID
from store.lease import LEASE
from store.times import utc_now
from tests.bench import report, slow_service

_CREATES, _LEASES, _THROTTLED_CREATES = 2000, 10_000, 60


def main(json_file: str | None) -> int:
    """Run the three cases; print the number of lost writes and the longest wait."""
    figures = asyncio.run(_play())
    rows = [[name, *(f"{value:g}" for value in case.values())] for name, case in figures.items()]
    report.table("Writes under load", ("case", "writes", "lost (goal 0)", "slowest s"), rows)
    return report.save(json_file, figures)


async def _play() -> dict[str, dict[str, float]]:
    with slow_service.serve(delay=0.4) as url:
        async with DynamoTaskDB.open("t", endpoint_url=url) as db:
            slow = await _time_all(db.create_task(_task()) for _ in range(_CREATES))
    with slow_service.serve(delay=0.06) as url:
        async with DynamoTaskDB.open("t", endpoint_url=url) as db:
            until = utc_now() + LEASE
            renewals = [asyncio.create_task(db.keep_id_alive(Digest.random(), until)) for _ in range(_LEASES)]
            await asyncio.sleep(1)
            full = await _time_all([db.create_task(_task())])
            for renewal in renewals:
                renewal.cancel()
            await asyncio.gather(*renewals, return_exceptions=True)
    with slow_service.serve(refused=0.8, refused_for=60) as url:
        async with DynamoTaskDB.open("t", endpoint_url=url) as db:
            throttled = await _time_all(db.create_task(_task()) for _ in range(_THROTTLED_CREATES))
    return {
        "0.4 s a reply, 2,000 create_task at once": slow,
        "60 ms a reply, 10,000 renewals before one create_task (goal 1 s)": full,
        "80 % throttled for 60 s, 60 create_task": throttled,
    }


def _task() -> Task:
    return Task(id=TaskID(Digest.random()), run_id=RunID(Digest.random()), flow_id=Digest.random(), ident="align")


async def _time_all(writes: Iterable[Coroutine[Any, Any, None]]) -> dict[str, float]:
    """Wait for all `writes`; return their number, how many failed, and the seconds that the slowest took."""
    begin = time.monotonic()
    slowest = 0.0

    async def write(one: Coroutine[Any, Any, None]) -> bool:
        nonlocal slowest
        try:
            await one
        except Error as error:
            print(error)
            return False
        slowest = max(slowest, time.monotonic() - begin)
        return True

    written = await asyncio.gather(*map(write, writes))
    return {"writes": len(written), "lost": written.count(False), "slowest": round(slowest, 2)}
