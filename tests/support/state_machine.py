"""Random writes, clock moves and queries, compared with a dict of rows and the rules written down once more.

Nothing here knows of items, indexes or dates.
"""

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from msgspec.structs import asdict, replace

from store import (
    Alloc,
    AllocQuery,
    ClusterID,
    Digest,
    Error,
    ErrorKind,
    Kind,
    Pool,
    PoolQuery,
    PoolRow,
    Resources,
    Run,
    RunID,
    RunQuery,
    StringDigest,
    Task,
    TaskDB,
    TaskID,
    TaskQuery,
)
from store.dynamo.decode import Row
from store.lease import LEASE
from store.times import Clock
from tests.support.random_rows import (
    ALLOCS,
    AMOUNTS,
    ARGS,
    CLUSTERS,
    ERRORS,
    EXECS,
    IDENTS,
    IDS,
    LOGS,
    POOLS,
    RUNS,
    STARTS,
    TASKS,
    USERS,
    bounds,
    earlier,
    offsets,
    one_of,
    prefixes,
    spans,
    tasks,
)

T = TypeVar("T")
Query = TypeVar("Query", RunQuery, TaskQuery, PoolQuery)
Expected = set[Digest]


class Machine(RuleBasedStateMachine):
    wait_for: Callable[[Coroutine[Any, Any, Any]], Any]

    def __init__(self) -> None:
        super().__init__()
        self.time = STARTS[0]
        self.rows: dict[Digest, Row] = {}
        self.db = self.make_db(lambda: self.time)

    @abstractmethod
    def make_db(self, clock: Clock) -> TaskDB:
        """Return an empty TaskDB on `clock`."""

    @initialize(start=one_of(STARTS))
    def begin(self, start: datetime) -> None:
        self.time = start

    @rule(span=spans)
    def time_passes(self, span: timedelta) -> None:
        self.time += span

    @rule(before=spans)
    def midnight_comes_near(self, before: timedelta) -> None:
        midnight = self.time.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self.time = max(self.time, midnight - before)

    # Writes.

    def create(self, writing: Coroutine[Any, Any, None], row: Row) -> None:
        self.wait_for(writing)
        self.rows[row.id] = replace(row, start=cut(self.time))

    def update(self, id: Digest, writing: Coroutine[Any, Any, None], **changes: Any) -> None:
        if id in self.rows:
            self.wait_for(writing)
            self.rows[id] = replace(self.rows[id], **changes)
        else:
            with pytest.raises(Error) as raised:
                self.wait_for(writing)
            assert raised.value.kind is ErrorKind.NOT_EXIST

    @rule(id=one_of(RUNS), user=one_of(USERS), lease=bounds)
    def create_run(self, id: RunID, user: str, lease: timedelta | None) -> None:
        self.create(self.db.create_run(id, user), Run(id=id, user=user))
        if lease is not None:
            self.keep_alive(id, lease)

    @rule(id=one_of(RUNS), bundle=one_of(LOGS), args=one_of(ARGS))
    def set_run_attrs(self, id: RunID, bundle: Digest, args: tuple[str, ...]) -> None:
        changes = {"bundle": bundle, "args": args} if args else {"bundle": bundle}
        self.update(id, self.db.set_run_attrs(id, bundle, args), **changes)

    @rule(id=one_of(RUNS), run_log=one_of(LOGS), trace=one_of(LOGS), offset=offsets)
    def set_run_complete(self, id: RunID, run_log: Digest, trace: Digest, offset: timedelta) -> None:
        end = self.time + offset
        logs = {name: log for name, log in (("run_log", run_log), ("trace", trace)) if log}
        self.update(id, self.db.set_run_complete(id, run_log, trace=trace, end=end), end=cut(end), **logs)

    @rule(task=tasks)
    def create_task(self, task: Task) -> None:
        self.create(self.db.create_task(task), replace(task, keepalive=cut(self.time)))

    @rule(batch=st.lists(tasks, min_size=2), err=one_of(ERRORS))
    def run_tasks(self, batch: list[Task], err: Error | None) -> None:
        for task in batch:
            self.create_task(task)
            self.time += timedelta(seconds=1)
            self.set_task_complete(task.id, err, timedelta(0))

    @rule(id=one_of(TASKS), result_id=one_of(LOGS))
    def set_task_result(self, id: TaskID, result_id: Digest) -> None:
        self.update(id, self.db.set_task_result(id, result_id), result_id=result_id)

    @rule(id=one_of(TASKS), uri=one_of(["", "host:9001"]))
    def set_task_uri(self, id: TaskID, uri: str) -> None:
        self.update(id, self.db.set_task_uri(id, uri), uri=uri)

    @rule(id=one_of(TASKS), stdout=one_of(LOGS), stderr=one_of(LOGS), inspect=one_of(LOGS))
    def set_task_attrs(self, id: TaskID, **logs: Digest) -> None:
        self.update(id, self.db.set_task_attrs(id, **logs), **logs)

    @rule(id=one_of(TASKS), err=one_of(ERRORS), offset=offsets)
    def set_task_complete(self, id: TaskID, err: Error | None, offset: timedelta) -> None:
        end = self.time + offset
        self.update(id, self.db.set_task_complete(id, err, end), err=err, end=cut(end))

    @rule(pool_id=one_of(POOLS), cluster=one_of(CLUSTERS), resources=one_of(AMOUNTS), uri=one_of(["", "host"]))
    def start_pool(self, **fields: Any) -> None:
        pool = PoolRow(id=fields["pool_id"].digest, keepalive=cut(self.time), **fields)
        self.create(self.db.start_pool(Pool(**fields)), pool)

    @rule(name=one_of(ALLOCS), pool=one_of(POOLS), resources=one_of(AMOUNTS))
    def start_alloc(self, name: StringDigest, pool: StringDigest, resources: Resources) -> None:
        alloc = Alloc(id=name.digest, alloc_id=str(name), pool_id=pool.digest, resources=resources)
        self.create(self.db.start_alloc(name, pool.digest, resources), replace(alloc, keepalive=cut(self.time)))

    @rule(id=one_of(IDS), offset=offsets)
    def keep_alive(self, id: Digest, offset: timedelta) -> None:
        lease = self.time + offset
        if isinstance(id, RunID):
            writing = self.db.keep_run_alive(id, lease)
        elif isinstance(id, TaskID):
            writing = self.db.keep_task_alive(id, lease)
        else:
            writing = self.db.keep_id_alive(id, lease)
        self.update(id, writing, keepalive=cut(lease))

    @rule(id=one_of(IDS))
    def set_end_time(self, id: Digest) -> None:
        self.update(id, self.db.set_end_time(id), end=cut(self.time))

    @rule(id=one_of([id for id in IDS if id not in RUNS]), resources=one_of(AMOUNTS))
    def set_resources(self, id: Digest, resources: Resources) -> None:
        self.update(id, self.db.set_resources(id, resources), resources=resources)

    # Queries.

    def which(self, cls: type[T], matches: Callable[[T], bool] = lambda row: True) -> Expected:
        return {id for id, row in self.rows.items() if isinstance(row, cls) and matches(row)}

    def abbreviated(self, cls: type[Row], id: Digest, digits: int) -> Expected:
        return self.which(cls, lambda row: row.id.hex[:digits] == id.hex[:digits])

    def of_user(self, user: str) -> Expected:
        return self.which(Run, lambda run: user in ("", run.user))

    def of_cluster(self, cluster: ClusterID) -> Expected:
        asked = {(name, value) for name, value in asdict(cluster).items() if value}
        return self.which(PoolRow, lambda pool: asked <= set(asdict(pool.cluster).items()))

    def alive(self, cls: type[Row], query: RunQuery | TaskQuery | PoolQuery) -> Expected:
        since, until = cut(query.since or self.time), cut(query.until or datetime.max.replace(tzinfo=UTC))
        return self.which(cls, lambda row: row.keepalive is not None and since < row.keepalive < until)

    def window(self, query: Query, since: timedelta, until: timedelta | None) -> Query:
        if until is None:
            return replace(query, since=self.time + since)
        since, until = sorted([since, until])
        return replace(query, since=self.time + since, until=self.time + until)

    def check(self, found: Any, expected: Expected, limit: int = 0) -> None:
        """Check that these rows were found as they should be; with a limit, so many of them."""
        assert not getattr(found, "errors", None)
        ids = [row.id for row in found]
        assert len(ids) == len(set(ids))
        assert set(ids) <= expected
        assert len(ids) == (min(limit, len(expected)) if limit else len(expected))
        for row in found:
            alone = {name: None for name in ("alloc", "pool") if hasattr(row, name)}
            assert replace(row, **alone) == self.rows[row.id]

    @rule(id=one_of(RUNS), digits=prefixes)
    def runs_by_id(self, id: RunID, digits: int) -> None:
        query = RunQuery(id=RunID.parse(id.hex[:digits]))
        self.check(self.wait_for(self.db.runs(query)), self.abbreviated(Run, id, digits))

    @rule(since=earlier | offsets, until=bounds)
    def runs_of_a_window(self, since: timedelta, until: timedelta | None) -> None:
        for user in ["", *USERS]:
            query = self.window(RunQuery(user=user), since, until)
            self.check(self.wait_for(self.db.runs(query)), self.alive(Run, query) & self.of_user(user))

    @rule(id=one_of(TASKS), digits=prefixes)
    def tasks_by_id(self, id: TaskID, digits: int) -> None:
        query = TaskQuery(id=TaskID.parse(id.hex[:digits]))
        self.check(self.wait_for(self.db.tasks(query)), self.abbreviated(Task, id, digits))

    @rule(run_id=one_of(RUNS), digits=prefixes, limit=st.integers(0, 3))
    def tasks_of_a_run(self, run_id: RunID, digits: int, limit: int) -> None:
        query = TaskQuery(run_id=RunID.parse(run_id.hex[:digits]), limit=limit, with_alloc=True)
        tasks = self.wait_for(self.db.tasks(query))
        runs = {run_id} if digits == 64 else self.abbreviated(Run, run_id, digits)
        self.check(tasks, self.which(Task, lambda task: task.run_id in runs), limit)
        for task in tasks:
            self.check([task.alloc] if task.alloc else [], {task.alloc_id} & self.which(Alloc))

    @rule(since=earlier | offsets, until=bounds, limit=st.integers(0, 3))
    def tasks_of_a_window(self, since: timedelta, until: timedelta | None, limit: int) -> None:
        query = self.window(TaskQuery(limit=limit), since, until)
        self.check(self.wait_for(self.db.tasks(query)), self.alive(Task, query), limit)

    @rule(limit=st.integers(0, 3))
    def tasks_of_an_exec(self, limit: int) -> None:
        for name, value in (("img_cmd_id", EXECS[0]), ("img_cmd_id", EXECS[1]), ("ident", IDENTS[1])):
            query = replace(TaskQuery(limit=limit, with_details=True), **{name: value})
            tasks = self.wait_for(self.db.tasks(query))
            ended = {id: row.end for id, row in self.rows.items() if getattr(row, name, None) == value and row.end}
            self.check(tasks, set(ended), limit)
            assert [task.end for task in tasks] == sorted(ended.values(), reverse=True)[: limit or None]

    @rule(names=st.lists(one_of([*ALLOCS, StringDigest("unknown")]), min_size=1))
    def allocs(self, names: list[StringDigest]) -> None:
        ids = [name.digest for name in names]
        allocs = self.wait_for(self.db.allocs(AllocQuery(ids=ids)))
        self.check(allocs, self.which(Alloc) & set(ids))
        for alloc in allocs:
            self.check([alloc.pool] if alloc.pool else [], {alloc.pool_id} & self.which(PoolRow))

    @rule(since=earlier | offsets, until=bounds)
    def pools_of_a_window(self, since: timedelta, until: timedelta | None) -> None:
        for cluster in [ClusterID(), ClusterID("batch"), ClusterID("", "amy"), *CLUSTERS]:
            query = self.window(PoolQuery(cluster=cluster), since, until)
            self.check(self.wait_for(self.db.pools(query)), self.alive(PoolRow, query) & self.of_cluster(cluster))

    @rule(since=earlier | offsets, until=bounds)
    def snapshot(self, since: timedelta, until: timedelta | None) -> None:
        query = self.window(RunQuery(), since, until)
        assert query.since
        active = self.wait_for(self.db.active(query.since, query.until))
        assert not active.errors
        assert active.as_of == self.time
        self.check(active.runs, self.alive(Run, query))
        self.check(active.tasks, self.alive(Task, query))
        self.check(active.allocs, self.alive(Alloc, query))
        self.check(active.pools, self.alive(PoolRow, query))

    @rule(since=earlier | offsets, until=bounds, changed=earlier | offsets, started=bounds)
    def changes(self, since: timedelta, until: timedelta | None, changed: timedelta, started: timedelta | None) -> None:
        query = self.window(RunQuery(), since, until)
        assert query.since
        changed_since, started_by = self.time + changed, None if started is None else self.time + started
        found = self.wait_for(
            self.db.active(query.since, query.until, changed_since=changed_since, started_by=started_by)
        )
        ids = {row.id for rows in (found.runs, found.tasks, found.allocs, found.pools) for row in rows}
        asked: set[Digest] = set()
        for cls in (Run, Task, Alloc, PoolRow):
            asked |= self.alive(cls, query)
        asked = {id for id in asked if not started_by or before(self.rows[id].start, started_by + timedelta(seconds=1))}
        assert ids <= asked
        for row in (self.rows[id] for id in asked - ids):
            assert before(row.start, changed_since)
            assert before(row.end, changed_since)
            assert before(row.keepalive, changed_since + LEASE)

    @rule(ids=st.lists(one_of([*IDS, Digest.compute(b"unknown")])), consistent=st.booleans())
    def lookup(self, ids: list[Digest], consistent: bool) -> None:
        found = self.wait_for(self.db.lookup(ids, consistent=consistent))
        for cls, rows in ((Run, found.runs), (Task, found.tasks), (Alloc, found.allocs), (PoolRow, found.pools)):
            self.check(rows, self.which(cls) & set(ids))

    @rule()
    def scan(self) -> None:
        found = []
        self.wait_for(self.db.scan(Kind.RUN_ID, lambda *association: found.append(association[:2])))
        assert sorted(found) == sorted((id, row.run_id) for id, row in self.rows.items() if isinstance(row, Task))


def before(time: datetime | None, bound: datetime) -> bool:
    return time is None or time < cut(bound)


def cut(time: datetime) -> datetime:
    return time.replace(microsecond=0)
