"""A TaskDB that keeps nothing."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from store.digest import Digest
from store.errors import Error, ErrorKind
from store.model import Rows, Snapshot
from store.repository import Repository
from store.taskdb import TaskDB
from store.times import utc_now


class NopTaskDB(TaskDB):
    """For engines that run without a TaskDB: every write succeeds and is forgotten, every query finds nothing."""

    async def _succeed(self, *args: Any, **kwargs: Any) -> None: ...

    create_run = set_run_attrs = set_run_complete = keep_run_alive = _succeed
    create_task = set_task_result = set_task_uri = set_task_attrs = set_task_complete = keep_task_alive = _succeed
    start_alloc = start_pool = set_resources = keep_id_alive = set_end_time = _succeed
    scan = close = _succeed

    async def _find_nothing(self, query: object) -> Rows[Any]:
        return Rows()

    runs = tasks = allocs = pools = _find_nothing

    async def active(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        changed_since: datetime | None = None,
        started_by: datetime | None = None,
        open_only: bool = False,
        with_ended_runs: bool = False,
    ) -> Snapshot:
        """Return an empty snapshot."""
        return Snapshot(as_of=utc_now())

    async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        """Return an empty snapshot."""
        return Snapshot(as_of=utc_now())

    async def ended_tasks(self, ident: str, since: datetime) -> Rows[Any]:
        """Return no tasks."""
        return Rows()

    @property
    def repository(self) -> Repository:
        """Raises Error NOT_SUPPORTED."""
        raise Error(ErrorKind.NOT_SUPPORTED, "repository", (), "this TaskDB keeps nothing")
