"""The tasks of one run, and what they add up to."""

from store import Digest, Task

_THIRD = 2  # attempts count from 0


class Tally:
    """The known tasks of a run with counts over them, kept up as tasks come in.

    A task is one attempt of a flow. A flow has failed when its latest attempt has: a failed attempt that was
    followed by another one is a retry.
    """

    __slots__ = ("_failing", "_followed", "_latest", "_open_allocs", "_retried", "done", "failed_attempts", "tasks")

    def __init__(self) -> None:
        self.tasks: dict[Digest, Task] = {}
        self.done = 0
        self.failed_attempts = 0
        self._latest: dict[Digest, Task] = {}
        self._failing: dict[Digest, Task] = {}
        self._followed: set[Digest] = set()  # flows of which there is a later attempt elsewhere
        self._retried: dict[Digest, Task] = {}
        self._open_allocs: dict[Digest, int] = {}

    @property
    def total(self) -> int:
        """How many tasks are known."""
        return len(self.tasks)

    @property
    def open_allocs(self) -> list[Digest]:
        """The ids of the allocs in which tasks have not ended."""
        return list(self._open_allocs)

    @property
    def failed_flows(self) -> int:
        """How many flows have failed."""
        return len(self._failing)

    def failures(self) -> list[Task]:
        """The latest attempt of every failed flow."""
        return list(self._failing.values())

    def retried(self) -> list[Task]:
        """The latest attempt of every flow that is on its third or a later one."""
        return list(self._retried.values())

    def is_latest(self, task: Task) -> bool:
        """Whether no later attempt of the same flow is known."""
        flow = task.flow_id or task.id
        latest = self._latest.get(flow)
        return flow not in self._followed and (latest is None or latest.id == task.id)

    def put(self, task: Task) -> None:
        """Count `task`, in place of what was known of it before."""
        old = self.tasks.get(task.id)
        self.tasks[task.id] = task
        self.done += _ended(task) - _ended(old)
        self.failed_attempts += _failed(task) - _failed(old)
        if old is not None and old.end is None:
            self._leave(old.alloc_id)
        if task.end is None and task.alloc_id:
            self._open_allocs[task.alloc_id] = self._open_allocs.get(task.alloc_id, 0) + 1
        flow = task.flow_id or task.id
        latest = self._latest.get(flow)
        if latest is None or latest.id == task.id or _order(task) > _order(latest):
            self._latest[flow] = task
            if _failed(task) and flow not in self._followed:
                self._failing[flow] = task
            else:
                self._failing.pop(flow, None)
            if task.attempt >= _THIRD:
                self._retried[flow] = task

    def follow(self, task: Task) -> None:
        """Note that a flow was attempted again by `task`, which is not to be among the tasks."""
        flow = task.flow_id or task.id
        latest = self._latest.get(flow)
        if latest is not None and _order(task) > _order(latest):
            self._followed.add(flow)
            self._failing.pop(flow, None)

    def _leave(self, alloc_id: Digest) -> None:
        users = self._open_allocs.pop(alloc_id, 0) - 1
        if users > 0:
            self._open_allocs[alloc_id] = users


def _ended(task: Task | None) -> bool:
    return task is not None and task.end is not None


def _failed(task: Task | None) -> bool:
    return task is not None and task.end is not None and task.err is not None


def _order(task: Task) -> tuple[int, float, Digest]:
    return task.attempt, task.start.timestamp() if task.start else 0.0, task.id


NO_TASKS = Tally()
"""That of a run without tasks. Not to be changed."""
