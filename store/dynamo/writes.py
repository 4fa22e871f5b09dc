"""The writing half of a TaskDB whose rows are items: each write is one item put or one update of one."""
# ruff: noqa: D102 - documented in TaskDB

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from store.digest import Digest, RunID, StringDigest, TaskID
from store.dynamo import encode, update
from store.errors import Error, FailureReason
from store.model import Pool, Task
from store.resources import Resources
from store.taskdb import TaskDB
from store.times import Clock
from store.validate import label_list


class Writes(TaskDB):
    """Encodes what is written. Subclasses store it: on a table, or in memory."""

    def __init__(self, labels: Mapping[str, str] | Iterable[str] | None, clock: Clock) -> None:
        self._labels = label_list(labels)
        self._clock = clock

    @abstractmethod
    async def _put(self, op: str, item: encode.Item) -> None:
        """Store an item in place of any other with its ID."""

    @abstractmethod
    async def _update(self, op: str, request: update.Request) -> None:
        """Change an item; raises Error NOT_EXIST if there is none."""

    async def _renew(self, op: str, id: Digest, keepalive: datetime) -> None:
        """Set the lease of a row; raises Error NOT_EXIST if there is none."""
        await self._update(op, update.lease(op, id, keepalive))

    async def create_run(self, id: RunID, user: str, labels: Mapping[str, str] | Iterable[str] | None = None) -> None:
        own = [label for label in label_list(labels, "create_run") if label]
        names = {label.partition("=")[0] for label in own}
        others = [label for label in self._labels if label.partition("=")[0] not in names]
        await self._put("create_run", encode.run_item(id, user, label_list([*others, *own]), self._clock()))

    async def set_run_attrs(self, id: RunID, bundle: Digest, args: Sequence[str] = ()) -> None:
        await self._update("set_run_attrs", update.run_attrs(id, bundle, args))

    async def set_run_complete(
        self,
        id: RunID,
        run_log: Digest = Digest.ZERO,
        eval_graph: Digest = Digest.ZERO,
        trace: Digest = Digest.ZERO,
        end: datetime | None = None,
    ) -> None:
        request = update.run_complete(id, run_log, eval_graph, trace, self._clock() if end is None else end)
        await self._update("set_run_complete", request)

    async def keep_run_alive(self, id: RunID, keepalive: datetime) -> None:
        await self._renew("keep_run_alive", id, keepalive)

    async def create_task(self, task: Task) -> None:
        await self._put("create_task", encode.task_item(task, self._labels, self._clock()))

    async def set_task_result(self, id: TaskID, result: Digest) -> None:
        await self._update("set_task_result", update.task_result(id, result))

    async def set_task_uri(self, id: TaskID, uri: str) -> None:
        await self._update("set_task_uri", update.task_uri(id, uri))

    async def set_task_attrs(self, id: TaskID, stdout: Digest, stderr: Digest, inspect: Digest) -> None:
        await self._update("set_task_attrs", update.task_attrs(id, stdout, stderr, inspect))

    async def set_task_complete(
        self, id: TaskID, err: BaseException | None = None, end: datetime | None = None
    ) -> None:
        end = self._clock() if end is None else end
        try:
            await self._update("set_task_complete", update.task_complete(id, err, end))
        except Error as error:
            if err is None or error.reason is not FailureReason.ROW_TOO_LARGE:
                raise
            await self._update("set_task_complete", update.task_complete(id, err, end, short=True))

    async def keep_task_alive(self, id: TaskID, keepalive: datetime) -> None:
        await self._renew("keep_task_alive", id, keepalive)

    async def start_alloc(
        self, alloc_id: StringDigest, pool_id: Digest, resources: Resources, start: datetime | None = None
    ) -> None:
        now = self._clock()
        await self._put(
            "start_alloc", encode.alloc_item(alloc_id, pool_id, resources, now if start is None else start, now)
        )

    async def start_pool(self, pool: Pool) -> None:
        await self._put("start_pool", encode.pool_item(pool, self._clock()))

    async def set_resources(self, id: Digest, resources: Resources) -> None:
        await self._update("set_resources", update.resources(id, resources))

    async def keep_id_alive(self, id: Digest, keepalive: datetime) -> None:
        await self._renew("keep_id_alive", id, keepalive)

    async def set_end_time(self, id: Digest, end: datetime | None = None, *, unless_ended: bool = False) -> None:
        await self._update(
            "set_end_time", update.end_time(id, self._clock() if end is None else end, unless_ended=unless_ended)
        )
