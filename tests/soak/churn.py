"""A table that never rests, in a process of its own: runs and tasks start, renew, end and fail."""

import heapq
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from store import (
    Alloc,
    ClusterID,
    Digest,
    Error,
    ErrorKind,
    ImgCmdID,
    Pool,
    Resources,
    RunID,
    StringDigest,
    Task,
    TaskID,
)
from store.dynamo import encode
from store.lease import LEASE, RENEWAL
from tests.bench import page_server, rows
from tests.bench.live_table import LiveTable

_TASKS_ON_ALLOC, _ALLOCS_IN_POOL = 4, 4
_FAILED = 0.02
# Rows that ended so long ago are in no window that is read.
_KEPT = timedelta(minutes=30).total_seconds()
SUMMARIZE = -1.0
_NOTHING = {"S": ""}

Item = dict[str, Any]


class Summary(NamedTuple):
    """A row of the table: its type, lease and end, as text."""

    type: str
    keepalive: str
    end: str


class Size(NamedTuple):
    """The size of a table: its runs, the open tasks of each, and the mean seconds that runs and tasks take."""

    runs: int
    tasks: int = 40
    run_life: float = 1200.0
    task_life: float = 500.0


@contextmanager
def serve(size: Size, seed: int = 7) -> Iterator[tuple[str, Connection]]:
    """A server of a table; yields its URL, and where to send the seconds that have passed.

    It makes the writes up to then, and sends the seconds back. For -1 it sends a summary of every row before that.
    """
    with page_server.in_process(_run, size, seed) as served:
        yield served


def _run(size: Size, seed: int, control: Connection) -> None:
    table = ChurnTable(size, seed)

    def advance(until: float) -> None:
        if until == SUMMARIZE:
            control.send(table.summaries())
        else:
            table.advance(until)

    page_server.run(table.reply, advance, control)


class ChurnTable(LiveTable):
    """The rows at a time that only moves forward."""

    def __init__(self, size: Size, seed: int) -> None:
        super().__init__([], [])
        self._size = size
        self._chance = random.Random(seed)
        self._events: list[tuple[float, int, str, str]] = []  # time, tie breaker, kind, id
        self._numbers = count()
        self._tasks: dict[str, set[str]] = {}  # open tasks by run
        self._hosts: dict[str, list[Digest]] = {}  # pools and allocs by run
        self._allocs: dict[str, list[Digest]] = {}
        self._now = 0.0
        for _ in range(size.runs):
            self._start_run(self._chance.uniform(-RENEWAL.seconds, 0))
        self.advance(0.0)

    def summaries(self) -> dict[str, Summary]:
        """Return what is to be seen of each row."""
        return {
            id: Summary(item["Type"]["S"], item["Keepalive"]["S"], item.get("EndTime", {}).get("S", ""))
            for id, item in self._by_id.items()
        }

    def advance(self, until: float) -> None:
        """Make the writes up to `until` seconds."""
        self._pages.clear()
        while self._events and self._events[0][0] <= until:
            self._now, _, kind, id = heapq.heappop(self._events)
            if id in self._by_id:
                getattr(self, f"_{kind}")(id)
        self._now = until

    def _at(self, seconds: float, kind: str, id: str) -> None:
        heapq.heappush(self._events, (self._now + seconds, next(self._numbers), kind, id))

    def _start_run(self, at: float) -> None:
        self._now = at
        run = RunID(self._chance.randbytes(32))
        user = f"user{self._chance.randrange(20)}@example.com"
        item = encode.run_item(run, user, ["Name=align"], _time(at))
        self._begin(item)
        self._tasks[str(run)] = set()
        self._at(self._chance.expovariate(1 / self._size.run_life), "end_run", str(run))
        places: list[Digest] = []
        allocs: list[Digest] = []
        for number in range(self._size.tasks // _TASKS_ON_ALLOC):
            if number % _ALLOCS_IN_POOL == 0:
                pool = self._pool()
                places.append(pool)
            allocs.append(self._alloc(pool))
        self._allocs[str(run)] = allocs
        self._hosts[str(run)] = [*places, *allocs]
        for _ in range(self._size.tasks):
            self._start_task(run)

    def _pool(self) -> Digest:
        pool = Pool(
            pool_id=StringDigest(f"i-0{self._chance.randbytes(8).hex()}"),
            pool_type=self._chance.choice(["c5.2xlarge", "r5.2xlarge"]),
            resources=Resources({"cpu": 8, "mem": 32 << 30, "disk": 2e12}),
            uri=f"ec2-54-1-2-{self._chance.randrange(250)}.us-west-2.compute.amazonaws.com:9000",
            cluster=ClusterID("default", "ops@example.com", "reflow1.28.0"),
            start=_time(self._now),
        )
        self._begin(encode.pool_item(pool, _time(self._now)))
        return pool.pool_id.digest

    def _alloc(self, pool: Digest) -> Digest:
        name = StringDigest(f"ip-10-1-2-3:9000/{self._chance.randbytes(8).hex()}")
        made = Alloc(id=name.digest, alloc_id=str(name), pool_id=pool)
        self._begin(encode.alloc_item(name, made.pool_id, Resources({"cpu": 2.0}), _time(self._now), _time(self._now)))
        return name.digest

    def _start_task(self, run: RunID) -> None:
        ident = self._chance.choice(rows.IDENTS)
        task = Task(
            id=TaskID(self._chance.randbytes(32)),
            run_id=run,
            alloc_id=self._chance.choice(self._allocs[str(run)]),
            flow_id=Digest(self._chance.randbytes(32)),
            img_cmd_id=ImgCmdID.compute(ident, ident),
            ident=ident,
            resources=Resources({"cpu": 2, "mem": 4 << 30}),
        )
        self._begin(encode.task_item(task, ["Name=align"], _time(self._now)))
        self._tasks[str(run)].add(str(task.id))
        self._at(self._chance.expovariate(1 / self._size.task_life), "end_task", str(task.id))

    def _begin(self, item: Item) -> None:
        """Write a new row with its first lease, and renew it from now on."""
        id = item["ID"]["S"]
        self._put(item | encode.lease_columns(_time(self._now) + LEASE))
        self._at(RENEWAL.seconds, "renew", id)

    def _renew(self, id: str) -> None:
        item = self._by_id[id]
        if "EndTime" not in item:
            self._put(item | encode.lease_columns(_time(self._now) + LEASE))
            self._at(RENEWAL.seconds, "renew", id)

    def _end(self, id: str, more: Item | None = None) -> None:
        item = self._by_id[id]
        if "EndTime" not in item:
            self._put(item | {"EndTime": encode.lease_columns(_time(self._now))["Keepalive"]} | (more or {}))
            self._at(_KEPT, "forget", id)

    def _end_task(self, id: str) -> None:
        item = self._by_id[id]
        if "EndTime" in item:
            return
        error = Error(ErrorKind.OOM, "exec", (item["Ident"]["S"],), "killed: out of memory")
        self._end(id, {"Error": {"S": error.to_json()}} if self._chance.random() < _FAILED else None)
        run = item["RunID"]["S"]
        self._tasks[run].discard(id)
        self._start_task(RunID.parse(run))

    def _end_run(self, id: str) -> None:
        for task in self._tasks.pop(id):
            self._end(task)
        del self._allocs[id]
        for place in self._hosts.pop(id):
            self._end(str(place))
        self._end(id)
        self._start_run(self._now)

    def _find(self, request: dict[str, Any]) -> list[Item]:
        if request["IndexName"] == "RunID-index":
            values = {value["S"] for value in request["ExpressionAttributeValues"].values()}
            return [item for item in self._by_id.values() if item.get("RunID", _NOTHING)["S"] in values]
        return super()._find(request)

    def _put(self, item: Item) -> None:
        old = self._by_id.get(item["ID"]["S"])
        super()._put(item)
        if old is not None:
            self._drop_empty(old["Keepalive"]["S"])

    def _drop_empty(self, lease: str) -> None:
        if not self._by_lease[lease]:
            del self._by_lease[lease]

    def _forget(self, id: str) -> None:
        item = self._by_id.pop(id)
        self._encoded.pop(id, None)
        lease = item["Keepalive"]["S"]
        self._by_lease[lease].pop(id, None)
        self._drop_empty(lease)
        if "Ident" in item:
            self._by_end[item["Ident"]["S"]].pop(id, None)


def _time(seconds: float) -> Any:
    return rows.NOW + timedelta(seconds=seconds)
