"""Search for the last run of the same name that succeeded, to compare a run with."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from store import Run, RunID, RunQuery, Task, TaskDB, TaskQuery
from tui.watch.findings.finding import count
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import run_name
from tui.watch.model.states import State
from tui.watch.polling import reads

# The newest ended tasks of an ident that are read: about 60 RCU.
_SAMPLE = 100
_MOST_IDENTS = 3
_MOST_RUNS = 10
_MOST_RCU = 500.0


class GoodRun(NamedTuple):
    """The run found, in a cluster of its own with all of its tasks; or None, and the reason. `consumed` is in RCU."""

    run: Run | None
    cluster: Cluster
    reason: str
    consumed: float


class _Search:
    """The cost of a search in RCU, the runs that were read, and why they were passed over."""

    def __init__(self) -> None:
        self.consumed = 0.0
        self.seen: dict[RunID, Run] = {}
        self.others: Counter[str] = Counter()


def is_same_program(one: Run, other: Run) -> bool:
    """Return whether two runs of a user run the same program: the same name, or without names, the same bundle."""
    if one.user != other.user:
        return False
    if run_name(one) or run_name(other):
        return run_name(one) == run_name(other)
    return bool(one.bundle) and one.bundle == other.bundle


async def find_last_good_run(
    db: TaskDB, cluster: Cluster, run: Run, now: datetime, notify: Callable[[str], None] = lambda _: None
) -> GoodRun:
    """Find the last run before `run` of the same program and user that succeeded, and read its tasks.

    Looks through the newest tasks of the idents of `run`, those with the fewest tasks first, because they reach back
    furthest; reads at most 10 candidates and stops after 500 RCU. Passes over a candidate whose tasks cannot all be
    read: one of the others may have failed. `notify` is called with what is being read. Raises Error if nothing can be
    read.
    """
    search = _Search()
    if not (run_name(run) or run.bundle):
        return _none(search, now, "the run has neither a label Name nor a bundle")
    counts = Counter(task.ident for task in cluster.tally(run.id).tasks.values() if task.ident)
    if not counts:
        return _none(search, now, "none of its tasks has an ident")
    idents = sorted(counts, key=lambda ident: (counts[ident], ident))[:_MOST_IDENTS]
    for ident in idents:
        notify(f"reading the last tasks of {ident}")
        tasks = await db.tasks(TaskQuery(ident=ident, limit=_SAMPLE, with_details=True))
        search.consumed += tasks.consumed
        for run_id in _newest_first(tasks, run):
            if run_id in search.seen:
                continue
            if len(search.seen) >= _MOST_RUNS or search.consumed > _MOST_RCU:
                runs = count(len(search.seen), "run")
                return _none(search, now, f"the search ended after {runs} and {search.consumed:.0f} RCU")
            notify(f"reading run {run_id.short}")
            if (found := await _check(db, search, run, run_id, now)) is not None:
                return found
    program = f"named {run_name(run)}" if run_name(run) else "with its bundle"
    return _none(search, now, f"no run {program} of its user succeeded in the last {_SAMPLE} tasks of {_list(idents)}")


def _list(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _newest_first(tasks: Iterable[Task], run: Run) -> Iterator[RunID]:
    """Yield the other runs of tasks, that of the task that ended last first."""
    ended = sorted(((task.end, task.id, task.run_id) for task in tasks if task.end is not None), reverse=True)
    yield from dict.fromkeys(run_id for _, _, run_id in ended if run_id and run_id != run.id)


async def _check(db: TaskDB, search: _Search, run: Run, run_id: RunID, now: datetime) -> GoodRun | None:
    """Return a candidate if it is comparable, and count why it is not otherwise."""
    rows = await db.runs(RunQuery(id=run_id))
    search.consumed += rows.consumed
    other = rows[0] if rows else Run(id=run_id)
    search.seen[run_id] = other
    if not is_same_program(run, other):
        search.others["of another program or user"] += 1
        return None
    if other.end is None:
        search.others["still running"] += 1
        return None
    if run.start is not None and other.start is not None and other.start > run.start:
        search.others["later"] += 1
        return None
    there = Cluster(now)
    there.add([other])
    outcome = await reads.read_history(db, there, run_id)
    search.consumed += outcome.consumed
    if not there.has_all_tasks(run_id):
        search.others["not read completely"] += 1
        return None
    if there.run_state(run_id) is not State.SUCCEEDED:
        search.others["failed"] += 1
        return None
    return GoodRun(other, there, "", search.consumed)


def _none(search: _Search, now: datetime, reason: str) -> GoodRun:
    passed_over = ", ".join(f"{count} {why}" for why, count in search.others.most_common())
    text = f"{reason}{f'; passed over: {passed_over}' if passed_over else ''}"
    return GoodRun(None, Cluster(now), text, search.consumed)
