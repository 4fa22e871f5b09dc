"""The queries of the TaskDB: planned, read, joined. Everything here only reads."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from store.digest import Digest
from store.dynamo import plan, schema, segments
from store.dynamo.reader import Reader, ReadResult
from store.errors import Error, FailureReason
from store.model import Alloc, AllocQuery, PageHook, PoolQuery, PoolRow, Rows, Run, RunQuery, Snapshot, Task, TaskQuery
from store.times import Clock
from store.validate import check_active, check_ended, check_window, validate, whole_ids

R = TypeVar("R", Run, Task, Alloc, PoolRow)

_OLD_INDEXES = {schema.IMG_CMD_INDEX: schema.OLD_IMG_CMD_INDEX, schema.IDENT_INDEX: schema.OLD_IDENT_INDEX}


class Queries:
    """Answers queries from one table; see `TaskDB` for what they mean and raise."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._missing_indexes: set[str] = set()  # those for which the table turned out to have the older one

    async def runs(self, query: RunQuery) -> Rows[Run]:
        """Return the runs that match `query`: see `TaskDB.runs`."""
        query = validate(query, RunQuery)
        found = ReadResult()
        if query.id:
            await self._by_ids(found, Run, [query.id])
        else:
            await self._window(found, query.since, query.until, {"Type": "run", "User": query.user})
        return found.rows(Run)

    async def tasks(self, query: TaskQuery) -> Rows[Task]:
        """Return the tasks that match `query`: see `TaskDB.tasks`."""
        query = validate(query, TaskQuery)
        found = ReadResult()
        if query.id:
            await self._by_ids(found, Task, [query.id])
        elif query.run_id:
            runs = await self._run_ids(found, query.run_id)
            await self._reader.query(found, [plan.by_run(id) for id in runs], query.limit)
        elif query.img_cmd_id:
            return await self._by_exec(schema.IMG_CMD_INDEX, str(query.img_cmd_id), query)
        elif query.ident:
            return await self._by_exec(schema.IDENT_INDEX, query.ident, query)
        else:
            await self._window(found, query.since, query.until, {"Type": "task"}, query.limit)
        rows = found.rows(Task, query.limit)
        return await self._with_allocs(found, rows) if query.with_alloc else rows

    async def allocs(self, query: AllocQuery) -> Rows[Alloc]:
        """Return the allocs that match `query`: see `TaskDB.allocs`."""
        query = validate(query, AllocQuery)
        found = ReadResult()
        await self._by_ids(found, Alloc, query.ids)
        return await self._with_pools(found, found.rows(Alloc))

    async def pools(self, query: PoolQuery) -> Rows[PoolRow]:
        """Return the pools that match `query`: see `TaskDB.pools`."""
        query = validate(query, PoolQuery)
        found = ReadResult()
        cluster = query.cluster
        if query.ids:
            await self._by_ids(found, PoolRow, query.ids)
        else:
            columns = {
                "Type": "pool",
                "ClusterName": cluster.cluster_name,
                "User": cluster.user,
                "ReflowVersion": cluster.reflow_version,
            }
            await self._window(found, query.since, query.until, columns)
        return found.rows(PoolRow)

    async def active(
        self,
        since: datetime,
        until: datetime | None,
        wanted: segments.RowSelection,
        on_page: PageHook | None = None,
    ) -> Snapshot:
        """Return every row alive in a window: see `TaskDB.active`."""
        check_active(since, until, changed_since=wanted.changed_since, started_by=wanted.started_by)
        now = self._clock()
        found = ReadResult()
        requests = segments.split_window(since, until, now, wanted)
        if until is None:
            await self._reader.scan_window(found, requests, is_full=wanted == segments.ALL_ROWS, on_page=on_page)
        else:  # the past: it is not read again
            await self._reader.query(found, requests, on_page=on_page)
        return self._snapshot(found, now)

    async def lookup(self, ids: Iterable[Digest], *, consistent: bool) -> Snapshot:
        """Return the rows with these ids: see `TaskDB.lookup`."""
        now = self._clock()
        found = ReadResult()
        await self._reader.batch(found, whole_ids("lookup", ids), consistent=consistent)
        return self._snapshot(found, now)

    async def ended_tasks(self, ident: str, since: datetime) -> Rows[Task]:
        """Return the tasks of an ident that ended at `since` or later: see `TaskDB.ended_tasks`."""
        found = ReadResult()
        request = plan.ended_since(*check_ended(ident, since))
        await self._reader.query(found, [request], row_type="task")
        return found.rows(Task)

    def _snapshot(self, found: ReadResult, as_of: datetime) -> Snapshot:
        return Snapshot(
            runs=found.rows(Run),
            tasks=found.rows(Task),
            allocs=found.rows(Alloc),
            pools=found.rows(PoolRow),
            errors=found.errors,
            consumed=found.consumed,
            as_of=as_of,
            clock_offset=self._reader.clock_offset,
        )

    async def _window(
        self, found: ReadResult, since: datetime | None, until: datetime | None, columns: dict[str, str], limit: int = 0
    ) -> None:
        filters = {column: value for column, value in columns.items() if value}
        requests = plan.window(check_window(since, until), until, self._clock(), filters)
        await self._reader.query(found, requests, limit)

    async def _by_ids(self, found: ReadResult, cls: type[R], ids: Iterable[Digest | None]) -> None:
        asked = [id for id in dict.fromkeys(ids) if id]
        if len(asked) == 1:
            await self._reader.get(found, asked[0])
        else:
            await self._reader.batch(found, asked)
        # One that ends in zeros may be an abbreviation, if there is no row of that very id.
        known = {row.id for row in found.rows(cls)}
        prefixes = [
            plan.by_prefix(id, schema.ROW_TYPES[cls]) for id in asked if id not in known and not plan.is_whole(id)
        ]
        await self._reader.query(found, prefixes)

    async def _run_ids(self, found: ReadResult, run_id: Digest) -> Sequence[Digest]:
        """Return the ids of the runs that match `run_id`, an id or a prefix."""
        if plan.is_whole(run_id):
            return [run_id]
        runs = ReadResult()
        await self._by_ids(runs, Run, [run_id])
        found.errors += runs.errors
        found.consumed += runs.consumed
        # It may be the whole id of a run, too, one that ends in zeros, whose row need not exist.
        return list(dict.fromkeys([run_id, *(run.id for run in runs.rows(Run))]))

    async def _by_exec(self, index: str, key: str, query: TaskQuery) -> Rows[Task]:
        found = ReadResult()
        await self._from_exec_index(found, index, key, query.limit)
        rows = found.rows(Task)
        ended = sorted(((task.end, task) for task in rows if task.end), key=lambda pair: pair[0], reverse=True)
        newest = [task for _, task in ended[: query.limit or None]]
        if query.with_details and newest:
            details = ReadResult()
            await self._reader.batch(details, [task.id for task in newest])
            whole = {task.id: task for task in details.rows(Task)}
            newest = [whole.get(task.id, task) for task in newest]
            found.errors += details.errors
            found.consumed += details.consumed
            if query.with_alloc:
                return await self._with_allocs(found, newest)
        return Rows(newest, found.errors, found.consumed)

    async def _from_exec_index(self, found: ReadResult, index: str, key: str, limit: int) -> None:
        if index in self._missing_indexes:
            await self._from_old_index(found, index, key)
            return
        try:
            await self._reader.query(found, [plan.by_exec(index, key)], limit, row_type="task")
        except Error as error:
            if error.reason is not FailureReason.NO_INDEX:
                raise
            try:
                await self._from_old_index(found, index, key)
            except Error as old_error:
                raise (error if old_error.reason is FailureReason.NO_INDEX else old_error) from None
            self._missing_indexes.add(index)

    async def _from_old_index(self, found: ReadResult, index: str, key: str) -> None:
        # It has no order: which tasks are the newest is known only when all have been read.
        await self._reader.query(found, [plan.by_exec(_OLD_INDEXES[index], key)], row_type="task")

    async def _with_allocs(self, found: ReadResult, tasks: Sequence[Task]) -> Rows[Task]:
        await self._reader.batch(found, {task.alloc_id for task in tasks if task.alloc_id})
        allocs = {alloc.id: alloc for alloc in await self._with_pools(found, found.rows(Alloc))}
        joined = (msgspec.structs.replace(task, alloc=allocs.get(task.alloc_id)) for task in tasks)
        return Rows(joined, found.errors, found.consumed)

    async def _with_pools(self, found: ReadResult, allocs: Rows[Alloc]) -> Rows[Alloc]:
        await self._reader.batch(found, {alloc.pool_id for alloc in allocs if alloc.pool_id})
        pools = {pool.id: pool for pool in found.rows(PoolRow)}
        joined = (msgspec.structs.replace(alloc, pool=pools.get(alloc.pool_id)) for alloc in allocs)
        return Rows(joined, found.errors, found.consumed)
