"""A dashboard and writers at work on a table behind a front that can fail, at a time that the player moves."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import boto3

from store import DynamoTaskDB, Error, ErrorKind, RunID, Task, TaskDB, TaskID
from store.aws.retry import Retries
from store.aws.session import open_session
from store.dynamo import schema
from store.dynamo.client import Client, ReadClient
from store.dynamo.reader import Reader
from store.lease import LEASE, SKEW
from store.model import TimeFields
from tests.faults.front import Front, front
from tests.support import idle
from tests.support.clock import MockClock, settle
from tests.support.table_check import known_rows, read_table, row_differences
from tui.app import ReflowTop
from tui.settings import Settings
from tui.watch.polling.poller import Poller

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
INTERVAL = 5  # seconds
_RENEW_AFTER = timedelta(seconds=60)
_IDENTS = ("align.bwa_mem", "samtools.sort", "qc.fastqc")
_OOM = Error(ErrorKind.OOM, "exec", ("align.bwa_mem",), "killed: out of memory")
# Seconds of real time for a request, for its next byte, and for all pages of a query: the time of the player stands
# meanwhile.
_DEADLINE, _SILENCE, _PAGES = 5.0, 1.0, 3.0
# The same while no fault is about time: on a busy machine a healthy service may take longer than those.
_PATIENCE = 60.0
_RUNS, _TASKS = 2, 4
_BELOW = ("running ", "RUN ", "─")  # begins the next line of the screen
_tables = itertools.count()


async def _briefly(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.005))


RETRIES = Retries(tries=3, deadline=_DEADLINE, sleep=_briefly)


class Writers:
    """Engines that start runs and tasks, renew their leases, and end them; what fails is tried again by the next turn.

    `acknowledged` is, for each row, the latest lease and the end that the service has confirmed.
    """

    def __init__(self, db: DynamoTaskDB, clock: MockClock) -> None:
        self.acknowledged: dict[Any, list[datetime | None]] = {}
        self.errors: list[Error] = []
        self._db = db
        self._clock = clock
        self._runs = [RunID.new() for _ in range(_RUNS)]
        self._open: dict[TaskID, tuple[RunID, datetime]] = {}
        self._leases: dict[Any, datetime] = {}
        self._turns = 0

    async def turn(self) -> None:
        """Write what is due."""
        now, self._turns = self._clock.now(), self._turns + 1
        writes: list[Coroutine[Any, Any, None]] = []
        for run in self._runs:
            if run not in self.acknowledged:
                writes.append(self._start_run(run))
            elif self._is_due(run, now):
                writes.append(self._renew(run, self._db.keep_run_alive(run, now + LEASE), now))
        writes += [
            self._renew(task, self._db.keep_task_alive(task, now + LEASE), now)
            for task in self._open
            if self._is_due(task, now)
        ]
        if len(self._open) < _TASKS * _RUNS:
            writes.append(self._start_task(self._runs[self._turns % _RUNS], now))
        elif self._turns % 3 == 0:
            writes.append(self._end_task(next(iter(self._open)), now))
        await asyncio.gather(*writes)

    def _is_due(self, id: Any, now: datetime) -> bool:
        return id not in self._leases or now - self._leases[id] >= _RENEW_AFTER

    async def _try(self, write: Coroutine[Any, Any, None]) -> bool:
        try:
            await write
        except Error as error:
            self.errors.append(error)
            return False
        return True

    async def _start_run(self, run: RunID) -> None:
        if await self._try(self._db.create_run(run, user="amy@example.com")):
            self.acknowledged[run] = [None, None]

    async def _start_task(self, run: RunID, now: datetime) -> None:
        task = TaskID.new()
        row = Task(id=task, run_id=run, ident=_IDENTS[self._turns % len(_IDENTS)])
        if await self._try(self._db.create_task(row)):
            self.acknowledged[task] = [None, None]
            self._open[task] = (run, now)

    async def _renew(self, id: Any, write: Coroutine[Any, Any, None], now: datetime) -> None:
        if await self._try(write):
            self._leases[id] = now
            self.acknowledged[id][0] = now + LEASE

    async def _end_task(self, task: TaskID, now: datetime) -> None:
        error = _OOM if self._turns % 2 else None
        if await self._try(self._db.set_task_complete(task, error, now)):
            self._open.pop(task)
            self.acknowledged[task][1] = now

    def forget(self) -> None:
        """Begin again, on an empty table."""
        self._runs = [RunID.new() for _ in range(_RUNS)]
        self.acknowledged.clear()
        self._open.clear()
        self._leases.clear()


class World:
    """The dashboard, its writers, and the service behind `front`."""

    def __init__(self, service: Front, table: str, clock: MockClock, endpoint_url: str) -> None:
        self.front = service
        self.table = table
        self.clock = clock
        self.app: ReflowTop
        self.writers: Writers
        self.admin: Any = boto3.client("dynamodb", endpoint_url=endpoint_url)
        self.direct: ReadClient
        self.reader: Reader
        self.is_writing = True
        self.clients: list[ReadClient] = []

    @property
    def poller(self) -> Poller:
        poller = self.app.poller
        assert isinstance(poller, Poller)
        return poller

    @property
    def lines(self) -> list[str]:
        """The screen."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    @property
    def problem(self) -> str:
        """The warning or error that the screen shows below its heading; empty if there is none."""
        lines = [line.strip() for line in self.lines]
        for number, line in enumerate(lines):
            if line.startswith(("✗ ", "▲ ")):
                rest = itertools.takewhile(lambda text: text and not text.startswith(_BELOW), lines[number:])
                return " ".join(" ".join(rest).split())
        return ""

    async def step(self, seconds: int = INTERVAL) -> None:
        """Let time pass, the writers take a turn, and the reads that are due come to an end."""
        await self.clock.advance(seconds)
        if self.is_writing:
            await self.writers.turn()
        await self.read()

    async def read(self) -> None:
        """Wait until the poller waits for its next refresh, and the screen shows the last one."""
        await settle()
        async with asyncio.timeout(60):
            while self.poller.status.next_at is None:  # noqa: ASYNC110 - a status, without an event
                await asyncio.sleep(0.002)
        await idle.settle(self.app)

    async def until(self, is_reached: Any, most: int) -> int | None:
        """Step until a condition holds; return the seconds, or None after `most`."""
        for seconds in range(0, most + 1, INTERVAL):
            if is_reached():
                return seconds
            await self.step()
        return None

    def limit_waits(self, *, is_short: bool) -> None:
        """Give up soon on a service that does not answer (`is_short`), or only after a minute."""
        deadline, silence, pages = (_DEADLINE, _SILENCE, _PAGES) if is_short else (_PATIENCE, _PATIENCE, _PATIENCE)
        timeout = aiohttp.ClientTimeout(sock_connect=silence, sock_read=silence)
        self.reader._deadline = pages
        for client in self.clients:
            client._retries = client._retries.with_deadline(deadline)
            client._write_retries = client._write_retries.with_deadline(deadline)
            http: Any = client._aws._endpoint.http_session
            http._timeout = timeout
            for session in http._sessions.values():
                session._timeout = timeout

    def forget_addresses(self) -> None:
        """Have the next requests look up the address of the service."""
        for client in self.clients:
            for session in client._aws._endpoint.http_session._sessions.values():
                session.connector.clear_dns_cache()

    def is_well(self) -> bool:
        """Whether the last refresh and all background reads succeeded."""
        status = self.poller.status
        is_fresh = status.as_of is not None and self.clock.now() - status.as_of <= timedelta(seconds=4 * INTERVAL)
        return status.error is None and status.background_error is None and is_fresh

    async def differences(self) -> list[str]:
        """Return the differences between the model and the table."""
        return row_differences(self.poller.cluster, await read_table(self.direct, self.table))

    async def false_deaths(self) -> int:
        """Return the number of rows that count as stale or lost while their lease in the table holds."""
        rows = {row.id: row for row in await read_table(self.direct, self.table)}
        return sum(self._is_false(rows.get(id), row) for id, row in known_rows(self.poller.cluster).items())

    def _is_false(self, row: TimeFields | None, known: Any) -> bool:
        if row is None or row.keepalive is None or row.end is not None or row.keepalive < self.clock.now() - SKEW:
            return False
        return str(self.poller.cluster.liveness(known)) in ("stale", "lost")

    async def lost_writes(self) -> int:
        """Return the number of acknowledged writes that are not in the table."""
        rows: dict[Any, Any] = {row.id: row for row in await read_table(self.direct, self.table)}
        lost = 0
        for id, (lease, end) in self.writers.acknowledged.items():
            row = rows.get(id)
            lost += row is None or (lease is not None and (row.keepalive is None or row.keepalive < lease))
            lost += row is not None and end is not None and row.end != end
        return lost


def client_opener(
    stack: AsyncExitStack, clock: MockClock, clients: list[ReadClient]
) -> Callable[[type[ReadClient], str], Coroutine[Any, Any, Any]]:
    """Return a function that opens a client for a URL until `stack` closes, and appends it to `clients`."""

    async def open_client(kind: type[ReadClient], url: str) -> Any:
        session = await open_session(endpoint_url=url, read_timeout=_SILENCE, connect_timeout=_SILENCE)
        opening = kind.open(session=session, endpoint_url=url, retries=RETRIES, now=lambda: clock.now().timestamp())
        clients.append(await stack.enter_async_context(opening))
        return clients[-1]

    return open_client


@asynccontextmanager
async def world(endpoint_url: str, *, width: int = 120, height: int = 36) -> AsyncIterator[World]:
    """Open a dashboard on a new table with some rows, and read it once."""
    clock = MockClock(NOON)
    table = f"faults-{next(_tables)}"
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(front(endpoint_url, clock.now))
        made = World(service, table, clock, endpoint_url)
        made.admin.create_table(**schema.table_definition(table))
        stack.callback(_drop, made.admin, table)
        open_client = client_opener(stack, clock, made.clients)
        made.direct = await open_client(ReadClient, endpoint_url)
        made.writers = Writers(DynamoTaskDB(await open_client(Client, service.url), table, clock=clock.now), clock)
        db = DynamoTaskDB(await open_client(ReadClient, service.url), table, clock=clock.now)
        made.reader = db._queries._reader
        made.limit_waits(is_short=False)

        @asynccontextmanager
        async def open_db() -> AsyncIterator[TaskDB]:
            yield db

        settings = Settings(table=table, region="us-west-2", interval=timedelta(seconds=INTERVAL), preview="off")
        made.app = ReflowTop(settings, open_db, clock=clock.now)
        poller = made.poller
        poller._sleep = clock.sleep
        poller._background._sleep = clock.sleep
        for _ in range(4):
            await made.writers.turn()
        async with made.app.run_test(size=(width, height)):
            await made.read()
            yield made


def _drop(admin: Any, table: str) -> None:
    if table in admin.list_tables()["TableNames"]:
        admin.delete_table(TableName=table)
