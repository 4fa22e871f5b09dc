"""The tasks of one run, and the counts over them."""

from store import Digest, Task

_THIRD = 2  # attempts are zero-based


class Tally:
    """The known tasks of a run with counts over them, updated as tasks come in.

    A task is one attempt of a flow. A flow is failed if its latest attempt is; a failed attempt with a later attempt is
    retried (domain fact 8).
    """

    __slots__ = ("_failed", "_failing", "_latest", "_often_retried", "_open_allocs", "done", "tasks")

    def __init__(self) -> None:
        self.tasks: dict[Digest, Task] = {}
        self.done = 0
        self._failed: dict[Digest, Task] = {}
        self._latest: dict[Digest, Task] = {}
        self._failing: dict[Digest, Task] = {}
        self._often_retried: dict[Digest, Task] = {}
        self._open_allocs: dict[Digest, int] = {}

    @property
    def total(self) -> int:
        """The number of known tasks."""
        return len(self.tasks)

    @property
    def running(self) -> int:
        """The number of known tasks without an end."""
        return len(self.tasks) - self.done

    @property
    def open_allocs(self) -> list[Digest]:
        """The ids of the allocs with open tasks."""
        return list(self._open_allocs)

    @property
    def failed_flows(self) -> int:
        """The number of failed flows."""
        return len(self._failing)

    @property
    def failed_attempts(self) -> int:
        """The number of failed tasks."""
        return len(self._failed)

    def failures(self) -> list[Task]:
        """Return the latest attempt of every failed flow."""
        return list(self._failing.values())

    def often_retried(self) -> list[Task]:
        """Return the latest attempt of every flow that is on its third attempt or later."""
        return list(self._often_retried.values())

    def retried_failures(self) -> list[Task]:
        """Return the failed attempts with a later attempt."""
        return [task for task in self._failed.values() if not self.is_latest(task)]

    def latest(self, task: Task) -> Task:
        """Return the latest known attempt of the flow of a task."""
        return self._latest.get(task.flow_id or task.id, task)

    def is_latest(self, task: Task) -> bool:
        """Return whether no later attempt of the same flow is known."""
        return self.latest(task).id == task.id

    def put(self, task: Task) -> None:
        """Count `task`, in place of its earlier version."""
        old = self.tasks.get(task.id)
        self.tasks[task.id] = task
        self.done += _ended(task) - _ended(old)
        if _failed(task):
            self._failed[task.id] = task
        else:
            self._failed.pop(task.id, None)
        if old is not None and old.end is None:
            self._leave(old.alloc_id)
        if task.end is None and task.alloc_id:
            self._open_allocs[task.alloc_id] = self._open_allocs.get(task.alloc_id, 0) + 1
        flow = task.flow_id or task.id
        latest = self._latest.get(flow)
        if latest is None or latest.id == task.id or attempt_order(task) > attempt_order(latest):
            self._latest[flow] = task
            if _failed(task):
                self._failing[flow] = task
            else:
                self._failing.pop(flow, None)
            if task.attempt >= _THIRD:
                self._often_retried[flow] = task

    def _leave(self, alloc_id: Digest) -> None:
        users = self._open_allocs.pop(alloc_id, 0) - 1
        if users > 0:
            self._open_allocs[alloc_id] = users


def _ended(task: Task | None) -> bool:
    return task is not None and task.end is not None


def _failed(task: Task | None) -> bool:
    return task is not None and task.end is not None and task.err is not None


def attempt_order(task: Task) -> tuple[int, float, Digest]:
    """Return the key by which attempts of a flow are sorted, the latest last.

    Nothing in the table makes numbers unique: of equal ones, the later start is the later attempt, then the higher id.
    """
    return task.attempt, task.start.timestamp() if task.start else 0.0, task.id


NO_TASKS = Tally()
"""The shared empty tally of a run without tasks. Do not modify."""
