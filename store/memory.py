"""A TaskDB in memory, for tests of code that uses one."""
# ruff: noqa: D102 - documented in TaskDB

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec.structs import asdict, replace

from store.digest import Digest
from store.dynamo import encode, plan, schema, update
from store.dynamo.decode import Decoder, Row
from store.dynamo.writes import Writes
from store.errors import Error, ErrorKind, FailureReason
from store.lease import LEASE
from store.model import (
    Alloc,
    AllocQuery,
    ClusterID,
    Kind,
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
)
from store.repository import Repository
from store.taskdb import MappingHandler, MappingHandlerFunc
from store.times import EARLIEST, LATEST, Clock, utc_now, whole_seconds
from store.validate import check_active, check_ended, check_window, mapping_func, validate, whole_ids

R = TypeVar("R", Run, Task, Alloc, PoolRow)


class MemoryTaskDB(Writes):
    """A TaskDB in memory, which behaves as DynamoTaskDB does and raises the same errors; for tests.

    It holds the items that the table would hold: rows that are read have been through the same encoding. `labels` and
    `clock` are those of `DynamoTaskDB.open`; `repository` is mostly a LocalRepository.
    """

    def __init__(
        self,
        labels: Mapping[str, str] | Iterable[str] | None = None,
        clock: Clock = utc_now,
        repository: Repository | None = None,
    ) -> None:
        super().__init__(labels, clock)
        self._repository = repository
        self._items: dict[str, encode.Item] = {}
        self._decoder = Decoder()
        self._closed = False

    async def _put(self, op: str, item: encode.Item) -> None:
        self._check_open(op)
        self._items[item["ID"]["S"]] = item

    async def _update(self, op: str, request: update.Request) -> None:
        self._check_open(op)
        id = request["Key"]["ID"]["S"]
        if id not in self._items:
            raise Error(ErrorKind.NOT_EXIST, op, (id,), "there is no such row", FailureReason.NO_ROW)
        old = self._items[id]
        # The names of a request are those that it sets, those that it removes, and the ID.
        names = request["ExpressionAttributeNames"].values()
        values = {name.removeprefix(":"): value for name, value in request["ExpressionAttributeValues"].items()}
        kept = {name: value for name, value in old.items() if name == "ID" or name not in names}
        item = kept | values | {name: old[name] for name in update.kept_names(request) if name in old}
        if encode.item_size(item) > encode.MAX_ITEM:
            text = "item size has exceeded the maximum allowed size"
            raise Error(ErrorKind.INVALID, op, (id,), text, FailureReason.ROW_TOO_LARGE)
        self._items[id] = item

    async def runs(self, query: RunQuery) -> Rows[Run]:
        query = validate(query, RunQuery)
        if query.id:
            return self._find(Run, _is_one_of(query.id))
        alive = self._alive_in(query.since, query.until)
        return self._find(Run, lambda run: alive(run) and query.user in ("", run.user))

    async def tasks(self, query: TaskQuery) -> Rows[Task]:
        query = validate(query, TaskQuery)
        is_by_exec = not (query.id or query.run_id) and bool(query.img_cmd_id or query.ident)
        if query.id:
            rows = self._find(Task, _is_one_of(query.id))
        elif query.run_id:
            runs = {query.run_id, *(run.id for run in self._find(Run, _is_one_of(query.run_id)))}
            rows = self._find(Task, lambda task: task.run_id in runs)
        elif is_by_exec:
            rows = self._ended(query)
        else:
            rows = self._find(Task, self._alive_in(query.since, query.until))
            rows.sort(key=_lease, reverse=True)
        if query.limit:
            del rows[query.limit :]
        if query.with_alloc and not (is_by_exec and not query.with_details):
            allocs = {alloc.id: alloc for alloc in self._allocs(*(task.alloc_id for task in rows))}
            rows[:] = [replace(task, alloc=allocs.get(task.alloc_id)) for task in rows]
        return rows

    async def allocs(self, query: AllocQuery) -> Rows[Alloc]:
        query = validate(query, AllocQuery)
        return self._allocs(*query.ids)

    async def pools(self, query: PoolQuery) -> Rows[PoolRow]:
        query = validate(query, PoolQuery)
        if query.ids:
            return self._find(PoolRow, _is_one_of(*query.ids))
        alive = self._alive_in(query.since, query.until)
        return self._find(PoolRow, lambda pool: alive(pool) and _is_part_of(pool, query.cluster))

    async def scan(self, kind: Kind, handler: MappingHandler | MappingHandlerFunc) -> None:
        types = schema.row_types(kind)
        self._check_open("scan")
        handle = mapping_func(handler)
        column = schema.COLUMNS[kind]
        for item in list(self._items.values()):
            row_type = item["Type"]["S"]
            if row_type in types and column in item:
                labels = [label for label in item.get("Labels", {}).get("SS", ()) if label]
                handle(Digest.parse(item["ID"]["S"]), Digest.parse(item[column]["S"]), kind, row_type, labels)

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
        check_active(since, until, changed_since=changed_since, started_by=started_by)
        alive = self._alive_in(since, until)
        has_changed, had_started = _changed_since(changed_since), _started_by(started_by)

        def matches(row: Row) -> bool:
            is_wanted = row.end is None or not open_only or (with_ended_runs and isinstance(row, Run))
            return is_wanted and alive(row) and has_changed(row) and had_started(row)

        snapshot = self._snapshot(matches)
        if on_page is not None:
            rows: list[Run | Task | Alloc | PoolRow] = [*snapshot.runs, *snapshot.tasks]
            rows += [*snapshot.allocs, *snapshot.pools]
            await on_page(SnapshotPage(0, rows, consumed=0.0, is_last=True))
        return snapshot

    async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        asked = whole_ids("lookup", ids)
        return self._snapshot(lambda row: row.id in asked)

    async def ended_tasks(self, ident: str, since: datetime) -> Rows[Task]:
        ident, since = check_ended(ident, since)
        first = whole_seconds(since)
        rows = self._find(Task, lambda task: task.ident == ident and task.end is not None and task.end >= first)
        rows[:] = [Task(id=task.id, ident=ident, end=task.end) for task in rows]
        rows.sort(key=_end, reverse=True)
        return rows

    @property
    def repository(self) -> Repository:
        if self._repository is None:
            raise Error(
                ErrorKind.NOT_SUPPORTED, "repository", (), "the TaskDB was made without: give it a LocalRepository"
            )
        return self._repository

    async def close(self) -> None:
        self._closed = True

    def _find(self, cls: type[R], matches: Callable[[R], bool]) -> Rows[R]:
        self._check_open("query")
        found: Rows[R] = Rows()
        type_ = {"S": schema.ROW_TYPES[cls]}
        for item in self._items.values():
            if item.get("Type") != type_:
                continue  # decode only rows of this type: a snapshot queries each type in turn
            errors: list[Error] = []
            for row in self._decoder.decode([msgspec.json.encode(item)], errors):
                if isinstance(row, cls) and matches(row):
                    found.append(row)
                    found.errors += errors
        return found

    def _snapshot(self, matches: Callable[[Row], bool]) -> Snapshot:
        runs, tasks = self._find(Run, matches), self._find(Task, matches)
        allocs, pools = self._find(Alloc, matches), self._find(PoolRow, matches)
        errors = [*runs.errors, *tasks.errors, *allocs.errors, *pools.errors]
        return Snapshot(runs=runs, tasks=tasks, allocs=allocs, pools=pools, errors=errors, as_of=self._clock())

    def _allocs(self, *ids: Digest) -> Rows[Alloc]:
        allocs = self._find(Alloc, _is_one_of(*ids))
        pools = {pool.id: pool for pool in self._find(PoolRow, lambda _: True)}
        allocs[:] = [replace(alloc, pool=pools.get(alloc.pool_id)) for alloc in allocs]
        return allocs

    def _ended(self, query: TaskQuery) -> Rows[Task]:
        """Newest end first, and unless details are asked for with no more than the index has."""
        rows = self._find(Task, lambda task: task.end is not None and _is_of_exec(task, query))
        rows.sort(key=_end, reverse=True)
        if not query.with_details:
            key = {"img_cmd_id": query.img_cmd_id} if query.img_cmd_id else {"ident": query.ident}
            rows[:] = [Task(id=task.id, end=task.end, inspect=task.inspect, **key) for task in rows]
        return rows

    def _alive_in(self, since: datetime | None, until: datetime | None) -> Callable[[Row], bool]:
        first, last = plan.window_bounds(check_window(since, until), until, self._clock())
        return lambda row: row.keepalive is not None and first < row.keepalive < last

    def _check_open(self, op: str) -> None:
        if self._closed:
            raise Error(ErrorKind.PRECONDITION, op, (), "the TaskDB is closed")


def _end(task: Task) -> datetime:
    assert task.end is not None  # noqa: S101
    return task.end


def _lease(task: Task) -> datetime:
    return task.keepalive or EARLIEST


def _is_one_of(*ids: Digest) -> Callable[[Row], bool]:
    return lambda row: any(row.id.expands(id) for id in ids)


def _changed_since(time: datetime | None) -> Callable[[Row], bool]:
    since = EARLIEST if time is None else whole_seconds(time)

    def has_changed(row: Row) -> bool:
        times = (row.start, row.end, row.keepalive and row.keepalive - LEASE)
        return since == EARLIEST or any(at is not None and at >= since for at in times)

    return has_changed


def _started_by(time: datetime | None) -> Callable[[Row], bool]:
    last = LATEST if time is None else whole_seconds(time)
    return lambda row: row.start is None or row.start <= last


def _is_of_exec(task: Task, query: TaskQuery) -> bool:
    return task.img_cmd_id == query.img_cmd_id if query.img_cmd_id else task.ident == query.ident


def _is_part_of(pool: PoolRow, cluster: ClusterID) -> bool:
    return all(getattr(pool.cluster, name) == value for name, value in asdict(cluster).items() if value)
