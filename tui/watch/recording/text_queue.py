"""The failed tasks whose texts a recording still lacks, read one by one within the budget."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

from store import Digest, Error, Task, TaskID
from store.times import Clock
from tui.watch.model.rows import Row
from tui.watch.polling.backfill import SHARE, Sleep
from tui.watch.polling.budget import Budget
from tui.watch.recording.task_texts import TaskTexts

# The sizes of two objects and their contents: four requests of $0.40 per million, where a million RCU cost $0.125.
COST = 13.0  # RCU
# The share of the budget while refreshes and other reads need most of it.
_LEAST_SHARE = 0.1
# After a failure: throttling or a lost network concerns the other tasks, too.
_AGAIN = 30.0  # seconds

Read = Callable[[Task], Awaitable[TaskTexts]]
Write = Callable[[Task, TaskTexts], None]


class TextQueue:
    """Reads the texts of each failed task once, those that ended last first, and passes them to `write`.

    `read` raises Error if another attempt may succeed: the task then follows after all others. Tasks in `recorded` are
    not read again.
    """

    def __init__(
        self, budget: Budget, read: Read, write: Write, recorded: Iterable[TaskID], clock: Clock, sleep: Sleep
    ) -> None:
        self.error: Error | None = None
        """Why the last attempt failed, if it did."""
        self._budget = budget
        self._read = read
        self._write = write
        self._clock = clock
        self._sleep = sleep
        self._known = set(recorded)
        self._queued: dict[TaskID, Task] = {}  # that wait or are being read
        self._waiting: list[tuple[int, float, TaskID]] = []  # by failures, then the last one to end first
        self._more = asyncio.Event()

    def __len__(self) -> int:
        """Return the number of tasks whose texts are still to be read."""
        return len(self._queued)

    @property
    def known(self) -> int:
        """The number of tasks whose texts are not read again."""
        return len(self._known)

    def add(self, rows: Iterable[Row]) -> None:
        """Add the failed tasks among changed `rows`. A task that is still queued keeps its place, with the new row."""
        for row in rows:
            if isinstance(row, Task) and row.err is not None and row.end is not None and row.id not in self._known:
                self._known.add(row.id)
                is_queued = row.id in self._queued  # it was forgotten since
                self._queued[row.id] = row
                if not is_queued:
                    self._put(0, row)
        self._more.set()

    def forget(self, ids: Iterable[Digest]) -> None:
        """Forget tasks that the model has forgotten, to bound the memory of a recorder that runs for months."""
        self._known.difference_update(map(TaskID, ids))

    async def run(self) -> None:
        """Read until cancelled. Raises what `write` raises."""
        while True:
            while self._waiting:
                failures, _, id = heapq.heappop(self._waiting)
                task = self._queued[id]
                try:
                    self._write(task, await self._read(task))
                except Error as error:
                    self.error = error
                    self._put(failures + 1, task)
                else:
                    self.error = None
                    del self._queued[id]
                finally:
                    self._budget.spend(COST, self._clock())
                await self._sleep(_AGAIN if self.error else self.pause.total_seconds())
            self._more.clear()
            await self._more.wait()

    @property
    def pause(self) -> timedelta:
        """The time from one task to the next."""
        is_busy = self._budget.rate(self._clock()) > self._budget.limit * SHARE
        return self._budget.span(COST, _LEAST_SHARE if is_busy else SHARE)

    def _put(self, failures: int, task: Task) -> None:
        ended = 0.0 if task.end is None else task.end.timestamp()
        heapq.heappush(self._waiting, (failures, -ended, task.id))
