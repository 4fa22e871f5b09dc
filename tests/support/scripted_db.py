"""A TaskDB whose rows and failures are set by the test, and which tells what it was asked for."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

import msgspec

from store import (
    Alloc,
    AllocQuery,
    Digest,
    Error,
    ErrorKind,
    FailureReason,
    PageHook,
    PoolQuery,
    PoolRow,
    Rows,
    Run,
    RunQuery,
    Snapshot,
    SnapshotPage,
    Task,
    TaskQuery,
    TimeFields,
)
from store.lease import LEASE
from store.nop import NopTaskDB
from tests.support.clock import MockClock
from tests.support.rows import NOW
from tui.watch.model.rows import Row

THROTTLED = Error(ErrorKind.TEMPORARY, "query", ("reflow-prod",), "throttled")

NO_INDEX = Error(ErrorKind.NOT_EXIST, "query", ("reflow-prod",), "no such index", FailureReason.NO_INDEX)


class ScriptedDB(NopTaskDB):
    """Answers from `rows`. A refresh returns the rows with a lease beyond `since`, reads by id return any row.

    `failure` is raised by every read; `row_errors` come with a refresh; while `gate` is closed, refreshes wait.
    Without `orders_ends` the table lacks the index of ends, so that every refresh reads all live rows.
    """

    def __init__(self, *rows: Row) -> None:
        self.rows: dict[Digest, Row] = {}
        self.orders_ends = True
        self.failure: Error | None = None
        self.failures: dict[str, Error] = {}
        self.row_errors: list[Error] = []
        self.calls: list[tuple[str, object]] = []
        self.changed_since: list[datetime | None] = []  # of each refresh
        self.cost = 31.0  # of a refresh, in RCU
        self.history_cost = 0.0
        self.history_errors: list[Error] = []
        self.clock_offset: float | None = None
        self.clock = MockClock(NOW)
        self.gate = asyncio.Event()
        self.gate.set()
        self.under_way = 0
        self.put(*rows)

    @property
    def now(self) -> datetime:
        return self.clock.time

    @now.setter
    def now(self, time: datetime) -> None:
        self.clock.time = time

    def put(self, *rows: Row) -> None:
        self.rows.update((row.id, row) for row in rows)

    def called(self, name: str) -> list[object]:
        return [argument for called, argument in self.calls if called == name]

    async def active(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        changed_since: datetime | None = None,
        started_by: datetime | None = None,
        open_only: bool = False,
        with_ended_runs: bool = False,
        on_page: PageHook | None = None,
    ) -> Snapshot:
        if open_only:
            self._note("backfill", (since, until))
        else:
            self._note("active", since)
            self.changed_since.append(changed_since)
            await self._refresh()
        alive = [
            row
            for row in self.rows.values()
            if _alive(row, since, until)
            and (changed_since is None or _has_changed(row, changed_since))
            and (row.end is None or not open_only or (with_ended_runs and isinstance(row, Run)))
            and (started_by is None or row.start is None or row.start <= started_by)
        ]
        if on_page is not None:
            await on_page(SnapshotPage(0, alive, self.cost, is_last=True))
        return self._snapshot(alive, self.row_errors, self.cost)

    async def ended_tasks(self, ident: str, since: datetime) -> Rows[Task]:
        self._note("ended", (ident, since))
        if not self.orders_ends:
            raise NO_INDEX
        tasks = [row for row in self.rows.values() if isinstance(row, Task) and row.ident == ident]
        ended = [Task(id=task.id, ident=ident, end=task.end) for task in tasks if task.end and task.end >= since]
        return Rows(ended, consumed=0.5)

    async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        asked = set(ids)
        self._note("lookup", asked)
        return self._snapshot([self.rows[id] for id in asked & self.rows.keys()], [], len(asked) / 2)

    async def runs(self, query: object) -> Rows[Run]:
        assert isinstance(query, RunQuery)
        self._note("runs", query.id)
        row = self.rows.get(query.id or Digest.ZERO)
        return Rows([row] if isinstance(row, Run) else [], consumed=0.5)

    async def tasks(self, query: object) -> Rows[Task]:
        assert isinstance(query, TaskQuery)
        if query.ident:
            self._note("ident", query.ident)
            ended = (
                row for row in self.rows.values() if isinstance(row, Task) and row.ident == query.ident and row.end
            )
            return Rows(list(ended)[: query.limit], consumed=50.0)
        self._note("tasks", query.run_id)
        if query.id:
            row = self.rows.get(query.id)
            return Rows([row] if isinstance(row, Task) else [], consumed=0.5)
        tasks = (row for row in self.rows.values() if isinstance(row, Task) and row.run_id == query.run_id)
        return Rows(tasks, self.history_errors, self.history_cost)

    async def allocs(self, query: object) -> Rows[Alloc]:
        assert isinstance(query, AllocQuery)
        self._note("allocs", set(query.ids))
        allocs = map(self._alloc, query.ids)
        return Rows(alloc for alloc in allocs if alloc is not None)

    async def pools(self, query: object) -> Rows[PoolRow]:
        assert isinstance(query, PoolQuery)
        self._note("pools", set(query.ids))
        pools = map(self.rows.get, query.ids)
        return Rows(pool for pool in pools if isinstance(pool, PoolRow))

    def _alloc(self, id: Digest) -> Alloc | None:
        alloc = self.rows.get(id)
        return msgspec.structs.replace(alloc, pool=self.rows.get(alloc.pool_id)) if isinstance(alloc, Alloc) else None

    async def _refresh(self) -> None:
        self.under_way += 1
        assert self.under_way == 1, "two refreshes at once"
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1
        self._fail("active")

    def _snapshot(self, rows: list[Row], errors: list[Error], consumed: float) -> Snapshot:
        return Snapshot(
            runs=[row for row in rows if isinstance(row, Run)],
            tasks=[row for row in rows if isinstance(row, Task)],
            allocs=[row for row in rows if isinstance(row, Alloc)],
            pools=[row for row in rows if isinstance(row, PoolRow)],
            errors=errors,
            consumed=consumed,
            as_of=self.now,
            clock_offset=self.clock_offset,
        )

    def _note(self, name: str, argument: object) -> None:
        self.calls.append((name, argument))
        if name != "active":
            self._fail(name)

    def _fail(self, name: str) -> None:
        if failure := self.failure or self.failures.get(name):
            raise failure


def _alive(row: TimeFields, since: datetime, until: datetime | None) -> bool:
    return row.keepalive is not None and row.keepalive > since and (until is None or row.keepalive < until)


def _has_changed(row: TimeFields, since: datetime) -> bool:
    times = (row.start, row.end, row.keepalive and row.keepalive - LEASE)
    return any(time is not None and time >= since for time in times)
