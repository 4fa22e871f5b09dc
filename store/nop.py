"""A TaskDB that keeps nothing."""
# ruff: noqa: D102 - documented in TaskDB

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from store.digest import Digest
from store.dynamo import encode, plan, schema, update
from store.dynamo.writes import Writes
from store.errors import Error, ErrorKind
from store.model import (
    Alloc,
    AllocQuery,
    Kind,
    PageHook,
    PoolQuery,
    PoolRow,
    Rows,
    Run,
    RunQuery,
    Snapshot,
    Task,
    TaskQuery,
)
from store.repository import Repository
from store.taskdb import MappingHandler, MappingHandlerFunc
from store.times import Clock, utc_now
from store.validate import check_active, check_ended, mapping_func, validate, whole_ids


class NopTaskDB(Writes):
    """A TaskDB for engines that run without a table: every write succeeds and is forgotten, every query finds nothing.

    It raises Error INVALID for the same arguments as other TaskDBs.
    """

    def __init__(self, labels: Mapping[str, str] | Iterable[str] | None = None, clock: Clock = utc_now) -> None:
        super().__init__(labels, clock)

    async def _put(self, op: str, item: encode.Item) -> None:
        """Forget the item."""

    async def _update(self, op: str, request: update.Request) -> None:
        """Forget the change."""

    async def runs(self, query: RunQuery) -> Rows[Run]:
        query = validate(query, RunQuery)
        return self._nothing(query.id, query.since, query.until)

    async def tasks(self, query: TaskQuery) -> Rows[Task]:
        query = validate(query, TaskQuery)
        return self._nothing(query.id or query.run_id or query.img_cmd_id or query.ident, query.since, query.until)

    async def allocs(self, query: AllocQuery) -> Rows[Alloc]:
        return self._nothing(validate(query, AllocQuery).ids)

    async def pools(self, query: PoolQuery) -> Rows[PoolRow]:
        query = validate(query, PoolQuery)
        return self._nothing(query.ids, query.since, query.until)

    async def scan(self, kind: Kind, handler: MappingHandler | MappingHandlerFunc) -> None:
        schema.row_types(kind)
        mapping_func(handler)

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
        plan.window_bounds(since, until, self._clock())
        return Snapshot(as_of=self._clock())

    async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        whole_ids("lookup", ids)
        return Snapshot(as_of=self._clock())

    async def ended_tasks(self, ident: str, since: datetime) -> Rows[Task]:
        check_ended(ident, since)
        return Rows()

    @property
    def repository(self) -> Repository:
        """Raises Error NOT_SUPPORTED."""
        raise Error(ErrorKind.NOT_SUPPORTED, "repository", (), "this TaskDB keeps nothing")

    async def close(self) -> None:
        pass

    def _nothing(self, key: object, since: datetime | None = None, until: datetime | None = None) -> Rows[Any]:
        if not key and since is not None:
            plan.window_bounds(since, until, self._clock())
        return Rows()
