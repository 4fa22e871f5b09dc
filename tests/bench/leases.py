"""10,000 leases of one keeper: CPU and memory of each, and their lateness when the service fails as they are due.

CPU is compared with that of plain aiobotocore, which sends the same update to the same service. Time is real, but for
spans in which no lease is due: the clock of the keeper jumps over these.
"""

import asyncio
import gc
import logging
import time
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession

from store import Digest, DynamoTaskDB, Error, LeaseKeeper, NopTaskDB
from store.dynamo import update
from store.lease import LEASE
from store.times import utc_now, whole_seconds
from tests.bench import report, slow_service
from tests.bench.slow_service import Outage

_LEASES = 10_000
_SECOND = timedelta(seconds=1)
# Name, kind of outage, its seconds, `renew_after`.
_OUTAGES = (
    ("hangs for 30 s", Outage.HANG, 30.0, 90.0),
    ("resets connections for 30 s", Outage.RESET, 30.0, 90.0),
    ("hangs for 60 s, renew_after=60", Outage.HANG, 60.0, 60.0),
    ("resets connections for 60 s, renew_after=60", Outage.RESET, 60.0, 60.0),
)


def main(json_file: str | None) -> int:
    """Print the cost of a lease and the worst lateness in outages."""
    logging.disable()  # of each try that fails
    per_lease = _memory()
    ours, plain = asyncio.run(_cpu())
    rows = [
        ["CPU of a renewal, ms", f"{ours:.3f}", f"{plain:.3f}", f"{ours / plain:.2f} x", "1.00 x"],
        ["memory of a lease, bytes", f"{per_lease:.0f}", "", "", "1024"],
    ]
    report.table(f"{_LEASES:,} leases of one keeper", ("", "keeper", "aiobotocore", "ratio", "goal"), rows)
    outages = {}
    for name, kind, seconds, renew_after in _OUTAGES:
        outages[name] = asyncio.run(_play(kind, seconds, renew_after))
    lines = [[name, *(f"{value:g}" for value in found.values())] for name, found in outages.items()]
    header = ("the service", "lost (goal 0)", "expired (goal 0)", "worst lateness s", "renewals", "requests", "CPU s")
    report.table(f"{_LEASES:,} leases, and an outage while they are renewed", header, lines)
    return report.save(json_file, {"ms": ours, "plain_ms": plain, "bytes": per_lease, "outages": outages})


def _memory() -> float:
    """Return the bytes of a lease that was renewed once, without its id."""
    ids = [Digest.random() for _ in range(_LEASES)]

    async def measure() -> float:
        db = _Counted()
        keeper = LeaseKeeper(db)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for id in ids:
            keeper.add(id, _report_loss)
        await _until(lambda: db.renewals == _LEASES)
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - before
        await keeper.close()
        return used / _LEASES

    tracemalloc.start()
    try:
        return asyncio.run(measure())
    finally:
        tracemalloc.stop()


class _Counted(NopTaskDB):
    renewals = 0

    async def keep_id_alive(self, id: Digest, keepalive: datetime) -> None:
        self.renewals += 1


def _report_loss(error: Error) -> None:
    print(error)


async def _cpu() -> tuple[float, float]:
    """Return the milliseconds of CPU of a renewal: by a keeper, and of the same update by plain aiobotocore.

    Both send 16 at a time. They take turns, so that neither has the quieter machine.
    """
    ids = [Digest.random() for _ in range(_LEASES)]
    ours, plain = [], []
    with slow_service.serve() as url:
        for _ in range(3):
            ours.append(await _cpu_of_keeper(url, ids))
            plain.append(await _cpu_of_aiobotocore(url, ids))
    return min(ours), min(plain)


async def _cpu_of_keeper(url: str, ids: list[Digest]) -> float:
    async with DynamoTaskDB.open("t", endpoint_url=url) as db:
        await db.keep_id_alive(ids[0], utc_now() + LEASE)  # connected
        keeper = LeaseKeeper(db)
        before, sent = time.process_time(), db.meter.requests
        for id in ids:
            keeper.add(id, _report_loss)
        await _until(lambda: db.meter.requests - sent >= len(ids))
        used, renewals = time.process_time() - before, db.meter.requests - sent
        await keeper.close()
    return used / renewals * 1e3


async def _cpu_of_aiobotocore(url: str, ids: list[Digest]) -> float:
    config = AioConfig(max_pool_connections=16)
    opening = AioSession().create_client("dynamodb", region_name="us-west-2", endpoint_url=url, config=config)
    async with opening as client:
        waiting = iter(ids)

        async def send() -> None:
            for id in waiting:
                await client.update_item(TableName="t", **update.lease("keep_id_alive", id, utc_now() + LEASE))

        await client.update_item(TableName="t", **update.lease("keep_id_alive", ids[0], utc_now() + LEASE))
        before = time.process_time()
        await asyncio.gather(*(send() for _ in range(16)))
        used = time.process_time() - before
    return used / len(ids) * 1e3


class _Recorded(NopTaskDB):
    """A DynamoTaskDB that remembers the end of each lease, as it is stored, and by how much a renewal came after it."""

    def __init__(self, db: DynamoTaskDB, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._db = db
        self._now = now
        self.until: dict[Digest, datetime] = {}
        self.late: list[timedelta] = []

    async def keep_id_alive(self, id: Digest, keepalive: datetime) -> None:
        await self._db.keep_id_alive(id, keepalive)
        if id in self.until:
            self.late.append(self._now() - self.until[id])
        self.until[id] = whole_seconds(keepalive)


class _Timer:
    """Real time with jumps."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._jumped = asyncio.Event()

    def now(self) -> datetime:
        return utc_now() + self._ahead

    async def sleep(self, seconds: float) -> None:
        until = self.now() + seconds * _SECOND
        while (left := (until - self.now()).total_seconds()) > 0:
            jumped = asyncio.ensure_future(self._jumped.wait())
            await asyncio.wait([jumped], timeout=left)
            jumped.cancel()

    def jump(self, time: datetime) -> None:
        self._ahead += time - self.now()
        self._jumped.set()
        self._jumped = asyncio.Event()


async def _play(kind: Outage, seconds: float, renew_after: float) -> dict[str, float]:
    """Add all leases at once, and let the service fail in the second wave of their renewals."""
    timer, lost = _Timer(), list[Error]()

    def lose(id: Digest, error: Error) -> None:
        lost.append(error)
        db.until.pop(id, None)  # or the play would wait for its next renewal

    with slow_service.serve_with_outages(kind) as (url, fail_for):
        async with DynamoTaskDB.open("t", endpoint_url=url) as opened:
            db = _Recorded(opened, timer.now)
            keeper = LeaseKeeper(db, renew_after=renew_after, now=timer.now, sleep=timer.sleep)
            begin = timer.now()
            for id in [Digest.random() for _ in range(_LEASES)]:
                keeper.add(id, partial(lose, id))
            await _until(lambda: len(db.until) + len(lost) == _LEASES)
            timer.jump(begin + 0.5 * renew_after * _SECOND)  # nothing is due before
            await _until(lambda: len(db.late) + len(lost) >= _LEASES)
            timer.jump(max(begin + 1.4 * renew_after * _SECOND, timer.now()))
            await _until(lambda: timer.now() > begin + 1.55 * renew_after * _SECOND)
            db.late.clear()
            used, sent = time.process_time(), opened.meter.requests
            fail_for(seconds)
            over = timer.now() + seconds * _SECOND
            await _until(
                lambda: timer.now() > over and all(end > timer.now() + 20 * _SECOND for end in db.until.values())
            )
            used = time.process_time() - used
            sent = opened.meter.requests - sent
            await keeper.close()
    late = [each.total_seconds() for each in db.late]
    return {
        "lost": len(lost),
        "expired": sum(each >= 0 for each in late),
        "worst": round(max(late, default=0.0), 1),
        "renewals": len(late),
        "tries": sent,
        "cpu": round(used, 1),
    }


async def _until(is_done: Callable[[], bool]) -> None:
    while not is_done():  # noqa: ASYNC110 - no event comes for a request that was sent
        await asyncio.sleep(0.1)
