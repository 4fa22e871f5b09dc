"""The tasks of a cluster by alloc and pool, updated incrementally."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from store import Digest, RunID, Task
from tui.watch.model.cluster import Cluster
from tui.watch.model.tallies import Tally


@dataclass
class _ReadRun:
    """The indexed tasks of a run: their number, the number that ended, the open ones, their allocs and pools."""

    tally: Tally
    total: int = 0
    done: int = 0
    open: dict[Digest, None] = field(default_factory=dict)
    allocs: set[Digest] = field(default_factory=set)
    pools: set[Digest] = field(default_factory=set)


class TaskIndex:
    """Finds the tasks on a pool, and the pools of a run.

    An update skips runs without a new task or a new end: new tasks are the last ones of a tally, and a task ends only
    once. `changed` holds the pools whose tasks have changed; the caller clears it. `forgotten` maps a pool of the
    cluster to the last time at which a task of a forgotten run used it.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.changed: set[Digest] = set()
        self.forgotten: dict[Digest, datetime] = {}
        self._cluster = cluster
        self._runs: dict[RunID, _ReadRun] = {}
        self._in_alloc: defaultdict[Digest, dict[RunID, list[Digest]]] = defaultdict(dict)
        self._allocs_in: defaultdict[Digest, list[Digest]] = defaultdict(list)
        self._pool_of: dict[Digest, Digest] = {}
        self._unplaced: set[Digest] = set()

    def update(self, limit: float = math.inf) -> bool:
        """Index the new tasks and ends in the cluster; return whether all are indexed.

        Stops after the run with which `limit` new tasks are reached.
        """
        cluster, runs, left = self._cluster, self._runs, limit
        for run in cluster.runs:
            tally, read = cluster.tally(run.id), runs.get(run.id)
            if read is None or read.tally is not tally:  # forgotten, then read again
                if read is not None:
                    self._forget(run.id)
                read = runs[run.id] = _ReadRun(tally)
            if (read.total, read.done) != (tally.total, tally.done):
                if left <= 0:
                    return False
                left -= tally.total - read.total
                self._read(run.id, read)
        if len(runs) > len(cluster.runs):
            for id in runs.keys() - {run.id for run in cluster.runs}:
                self._forget(id)
            for pool_id in [id for id in self.forgotten if cluster.pool(id) is None]:
                del self.forgotten[pool_id]
        self._place_late()
        return True

    def tasks_in(self, pool_id: Digest) -> Iterator[tuple[Digest, list[Task]]]:
        """Yield the tasks in a pool, grouped by alloc and run: the id of the alloc, and the tasks."""
        for alloc_id in self._allocs_in.get(pool_id, ()):
            for run_id, ids in self._in_alloc[alloc_id].items():
                tasks = self._runs[run_id].tally.tasks
                yield alloc_id, [tasks[id] for id in ids]

    def pools_of(self, run_id: RunID) -> Collection[Digest]:
        """Return the ids of the pools that tasks of a run were on."""
        read = self._runs.get(run_id)
        return () if read is None else read.pools

    def unplaced(self, run_id: RunID) -> int:
        """Return the number of allocs with tasks of a run whose pool is unknown."""
        read = self._runs.get(run_id)
        return 0 if read is None or not self._unplaced else len(read.allocs & self._unplaced)

    def _read(self, run_id: RunID, read: _ReadRun) -> None:
        tally, tasks = read.tally, read.tally.tasks
        if tally.done != read.done:
            for id in [id for id in read.open if tasks[id].end is not None]:
                del read.open[id]
                self._note(tasks[id].alloc_id)
        for task in islice(reversed(tasks.values()), tally.total - read.total):
            if task.end is None:
                read.open[task.id] = None
            alloc_id = task.alloc_id
            self._in_alloc[alloc_id].setdefault(run_id, []).append(task.id)
            read.allocs.add(alloc_id)
            pool_id = self._pool_of.get(alloc_id) or self._place(alloc_id)
            if pool_id is None:
                self._unplaced.add(alloc_id)
            else:
                read.pools.add(pool_id)
                self.changed.add(pool_id)
        read.total, read.done = tally.total, tally.done

    def _note(self, alloc_id: Digest) -> None:
        pool_id = self._pool_of.get(alloc_id)
        if pool_id is not None:
            self.changed.add(pool_id)

    def _place(self, alloc_id: Digest) -> Digest | None:
        """Return the pool id of an alloc and index it; None while the alloc or its pool is unknown."""
        alloc = self._cluster.alloc(alloc_id)
        if alloc is None or not alloc.pool_id:
            return None
        self._pool_of[alloc_id] = alloc.pool_id
        self._allocs_in[alloc.pool_id].append(alloc_id)
        return alloc.pool_id

    def _place_late(self) -> None:
        """Place the allocs that were unknown when their tasks were read."""
        for alloc_id in list(self._unplaced):
            pool_id = self._place(alloc_id)
            if pool_id is None:
                continue
            self._unplaced.discard(alloc_id)
            self.changed.add(pool_id)
            for run_id in self._in_alloc[alloc_id]:
                self._runs[run_id].pools.add(pool_id)

    def _forget(self, run_id: RunID) -> None:
        read = self._runs.pop(run_id)
        ends = [task.end or task.keepalive for task in read.tally.tasks.values()]
        last = max((end for end in ends if end is not None), default=None)
        for pool_id in read.pools:
            self.changed.add(pool_id)
            if last is not None:
                self.forgotten[pool_id] = max(last, self.forgotten.get(pool_id, last))
        for alloc_id in read.allocs:
            self._in_alloc[alloc_id].pop(run_id, None)
            if not self._in_alloc[alloc_id]:
                del self._in_alloc[alloc_id]
                self._unplaced.discard(alloc_id)
                if alloc_id in self._pool_of:
                    self._allocs_in[self._pool_of.pop(alloc_id)].remove(alloc_id)
