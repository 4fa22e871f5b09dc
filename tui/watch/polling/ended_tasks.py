"""Tasks that ended: narrow reads find them in the index of the ends of each ident, and look them up."""

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from store import Digest, Error, FailureReason, TaskDB
from store.time_slices import in_slices
from tui.watch.model.cluster import Cluster
from tui.watch.polling import reads
from tui.watch.polling.read_plan import IdentEnds
from tui.watch.polling.reads import ReadOutcome

_REFUSALS = {FailureReason.NO_INDEX, FailureReason.INDEX_NOT_READY, FailureReason.DENIED}
# An index that was being made, or a permission that was missing, may be there a little later.
RETRY_EVERY = timedelta(minutes=5)
# Ended tasks are remembered as such for so long, and at most so many: at 40 a second, all of them. Queries find a task
# for two minutes after its end.
_KNOWN_FOR = timedelta(minutes=10)
_MOST_KNOWN = 24_000


class EndsRefusedError(Exception):
    """The table has no index of the ends of tasks, or refuses it: ends can only be found among all live rows.

    `consumed` are the RCU of the reads that were made with the refused one.
    """

    def __init__(self, consumed: float) -> None:
        super().__init__()
        self.consumed = consumed


class EndedTasks:
    """Finds the open tasks of a cluster that ended.

    `refused` is why the index cannot be used; None while it can. `retry_at` is when the service is asked again, by its
    clock.
    """

    def __init__(self) -> None:
        self.refused: Error | None = None
        self.retry_at: datetime | None = None
        self._found: dict[Digest, None] = {}  # in the index, to be looked up
        self._known: dict[Digest, datetime] = {}  # found in it lately, and known to have ended; since when

    def forget(self) -> None:
        """Forget the tasks that were to be looked up: other reads bring them."""
        self._found.clear()

    def check(self, now: datetime, consumed: float) -> None:
        """Raise EndsRefusedError if the last `find` was refused, and have the index tried again some minutes later.

        `consumed` are the RCU of the reads that were made with it.
        """
        if self.refused is not None:
            self.retry_at = now + RETRY_EVERY
            raise EndsRefusedError(consumed)

    async def retry(self, db: TaskDB, cluster: Cluster, now: datetime) -> float:
        """Try the index again if it was refused some minutes ago; return the cost in RCU."""
        ident = next(filter(None, cluster.open.tasks_of), "")
        if self.refused is None or (self.retry_at is not None and (now < self.retry_at or not ident)):
            return 0.0
        is_due, self.retry_at = self.retry_at is not None, now + RETRY_EVERY
        if not is_due:
            return 0.0
        try:
            found = await db.ended_tasks(ident, now)
        except Error as error:
            if error.reason in _REFUSALS:
                self.refused = error
            return 0.0
        self.refused = self.retry_at = None
        return found.consumed

    async def find(self, db: TaskDB, ends: Iterable[IdentEnds], reading: ReadOutcome) -> list[Digest]:
        """Return the ids of the tasks that the index names; a part that fails is among the errors of `reading`."""
        own = ReadOutcome()
        found = await asyncio.gather(*(reads.attempt(db.ended_tasks(*each), own) for each in ends))
        self.refused = next((error for error in own.gaps if error.reason in _REFUSALS), None)
        reading.include(own)
        tasks: list[Digest] = []
        for rows in found:
            if rows is not None:
                reading.errors += rows.errors
                reading.consumed += rows.consumed
                tasks += [task.id for task in rows]
        return tasks

    async def look_up(
        self, db: TaskDB, cluster: Cluster, reading: ReadOutcome, found: Sequence[Digest], most: int
    ) -> None:
        """Look up at most `most` of the tasks that ended. The next refresh looks up the others."""
        open_rows = cluster.open.rows
        self._forget_known(cluster.as_of)
        async for part in in_slices(found):  # each id that is new asks all runs
            for id in part:
                if id in open_rows or not self._has_ended(cluster, id):
                    self._found[id] = None
        for id in [id for id in self._found if id not in open_rows and self._has_ended(cluster, id)]:
            del self._found[id]
        ids = list(self._found)[:most]
        before = len(reading.gaps)
        rows = await reads.fetch(db, reading, ids, consistent=False)
        await reads.merge_rows(cluster, rows, reading.changes, cluster.full_as_of)
        if len(reading.gaps) == before:
            # One that has no end yet was read from a copy that is behind the index.
            behind = {row.id for row in rows if row.end is None}
            for id in ids:
                if id not in behind:
                    del self._found[id]

    def _has_ended(self, cluster: Cluster, id: Digest) -> bool:
        """Return whether a task that is not open is known, without asking all runs each time it is found."""
        if id not in self._known and cluster.knows_task(id):
            self._known[id] = cluster.as_of
        return id in self._known

    def _forget_known(self, now: datetime) -> None:
        oldest, more = now - _KNOWN_FOR, len(self._known) - _MOST_KNOWN
        by_age = enumerate(self._known.items())
        for id in [
            id for _, (id, _) in itertools.takewhile(lambda each: each[0] < more or each[1][1] < oldest, by_age)
        ]:
            del self._known[id]
