"""The reads of list commands: the cluster now or in a past window, or only the named runs."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from store import Error, Run, RunID, TaskDB, TaskID
from tui.commands.failure_memory import open_memory
from tui.commands.named_rows import find_run
from tui.cost.costs import Costs
from tui.cost.prices import load_book
from tui.export.completion_cache import write_cache
from tui.lists import runs as run_list
from tui.lists.runs import RunRow
from tui.settings import Settings
from tui.settings.fields import BY_NAME
from tui.terminal import narration
from tui.text import formats
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.finding import Finding
from tui.watch.model.cluster import Cluster
from tui.watch.model.row_errors import concerning
from tui.watch.model.states import State
from tui.watch.polling import reads
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.bounded_backfill import BackfillOutcome, BoundedBackfill
from tui.watch.polling.budget import Budget
from tui.watch.polling.durations import IdentDurations
from tui.watch.polling.past import PastView

_MAX_CONCURRENT_READS = 8  # of the tasks of runs, and of the durations of idents


@dataclass(kw_only=True)
class ClusterRead:
    """The outcome of the reads of a command: the cluster, and the errors of the reads that failed.

    Ages are measured at `now`: the time of the command, or the end of the window of `past`. `named` holds the ids of
    the runs that the user named, or None for all runs. `ended` puts runs that have ended into scope. `backfill` is the
    outcome of the search before the window, None without one. `scope` names the runs whose tasks were read, such as
    `of this run`; it is empty if the tasks of all active runs were read. `last_lines` are the last lines of the logs
    that were read, by the id of the task.
    """

    cluster: Cluster
    settings: Settings
    now: datetime
    ended: bool = False
    past: PastView | None = None
    named: Collection[RunID] | None = None
    backfill: BackfillOutcome | None = None
    scope: str = ""
    errors: list[Error] = field(default_factory=list)
    last_lines: dict[TaskID, str] = field(default_factory=dict)
    durations: IdentDurations = field(init=False)

    def __post_init__(self) -> None:
        self.durations = IdentDurations(self.cluster)

    @cached_property
    def costs(self) -> Costs:
        """The costs of the rows read. Use it only after the last read."""
        costs = Costs(self.cluster, load_book(self.settings))
        costs.update()
        return costs

    def explanations(self, findings: Sequence[Finding]) -> Explanations:
        """Return the explanations of findings, with what is remembered about the failures of the table."""
        memory = open_memory(self.settings)
        return Explanations(
            self.cluster, findings, memory, self.scope, last_line=lambda task: self.last_lines.get(task.id, "")
        )

    def is_in_scope(self, run: Run) -> bool:
        """Return whether a run is one of those that the user asked for."""
        if self.named is not None and run.id not in self.named:
            return False
        if not self.is_selected(run):
            return False
        if self.past is not None:
            return self.past.was_running(run)
        return self.ended or run.end is None or self.named is not None or self._is_kept(run)

    def _is_kept(self, run: Run) -> bool:
        """Return whether a run failed so recently that it counts as active, as in the dashboard."""
        return _ended_recently(run, self.settings, self.now) and self.cluster.run_state(run.id) is State.FAILED

    def is_selected(self, run: Run) -> bool:
        """Return whether a run belongs to the chosen user."""
        user = self.settings.user
        return user is None or self.named is not None or run_list.is_of(run, user)

    def run_rows(self) -> list[RunRow]:
        """Return the runs in scope, the most urgent state first."""
        return [row for row in run_list.rows(self.cluster) if self.is_in_scope(row.run)]


async def read_now(
    db: TaskDB,
    settings: Settings,
    now: datetime,
    *,
    ended: bool = False,
    since: datetime | None = None,
    is_open_ended: bool = False,
    sleep: Sleep = asyncio.sleep,
) -> ClusterRead:
    """Read the rows alive at `since`, by default `settings.since`, or later, and all tasks of the runs in scope.

    Unless a flag names the window, or if it `is_open_ended`, also the rows that a dashboard finds by its backfill: runs
    that ended less than `settings.keep_failed` ago, and rows that were lost less than a day ago, within the read
    budget. Runs that failed are in scope for `settings.keep_failed`; `ended` puts all runs that have ended into scope.
    Raises Error if nothing could be read.
    """
    read = ClusterRead(cluster=Cluster(now), settings=settings, now=now, ended=ended)
    begin, kept_since = since or settings.since.at(now), now - settings.keep_failed
    backfill, tried = None, set[RunID]()
    async with narration.progress_of(f"reading {settings.table}"):
        outcome = await reads.refresh(db, read.cluster, begin)
        cost = outcome.consumed
        if is_open_ended or settings.source("since").text != BY_NAME["since"].flag:
            budget = Budget(settings.read_budget, settings.price)
            backfill = BoundedBackfill(read.cluster, budget, settings.keep_failed, clock=lambda: now, sleep=sleep)
            read.backfill = backfill.outcome
        outcome.include(await _read_wanted(db, read, backfill, tried))
        # Read tasks after each step: if the budget runs out, the steps before are complete.
        while backfill is not None and await backfill.step(db):
            read.cluster.forget(min(begin, kept_since))  # a step may find runs that ended before `kept_since`
            outcome.include(await _read_wanted(db, read, backfill, tried))
        if backfill is not None:
            outcome.errors += backfill.outcome.errors
    write_cache(settings, read.cluster, now, cost)  # after the histories: states depend on all tasks of a run
    read.errors = concerning(outcome.errors, read.cluster, read.is_selected)
    return read


async def read_past(
    db: TaskDB,
    settings: Settings,
    until: datetime,
    now: datetime,
    *,
    names: Sequence[str] = (),
    sleep: Sleep = asyncio.sleep,
) -> ClusterRead:
    """Read the runs and tasks that were running at some time from `settings.since` to `until`.

    `names` are id prefixes of the runs in scope; if it is empty, all runs are. Reads one day after the other, within
    the read budget, with a progress line if stderr is a terminal. Raises Error if the first day cannot be read, because
    the other days would fail too, and the errors of `find_run`.
    """
    named = {(await find_run(db, settings, name, now)).id for name in names} if names else None
    budget = Budget(settings.read_budget, settings.price)

    def notify() -> None:
        if past.errors and not past.parts_read:
            raise past.errors[0]
        _show_progress(past.progress.share)

    past = PastView(settings.since.at(now), until, budget, clock=lambda: now, sleep=sleep, notify=notify)
    _show_progress(past.progress.share)
    try:
        await past.read(db)
    finally:
        _show_progress(None)
    read = ClusterRead(cluster=past.cluster, settings=settings, now=until, past=past, named=named)
    read.errors = concerning(past.errors, past.cluster, read.is_selected)
    return read


async def read_runs(db: TaskDB, settings: Settings, names: Sequence[str], now: datetime) -> ClusterRead:
    """Read only the runs whose ids begin with `names`, ended or not, and their tasks.

    Raises the errors of `find_run`. Failed reads of tasks go to `errors` of the result.
    """
    cluster = Cluster(now)
    runs = [await find_run(db, settings, name, now) for name in names]
    async with narration.progress_of("reading the runs"):
        cluster.add(runs)
        outcome = await _read_histories(db, cluster, runs)
    named = {run.id for run in runs}
    scope = "of this run" if len(named) == 1 else "of these runs"
    return ClusterRead(cluster=cluster, settings=settings, now=now, named=named, scope=scope, errors=outcome.errors)


async def read_durations(db: TaskDB, read: ClusterRead, more: Collection[str] = ()) -> None:
    """Read the usual durations of the idents in `more`, and of those with a task that has run for over 5 minutes.

    Adds an error to `read.errors` if a read fails, because without durations no task is shown as slow.
    """
    limit = asyncio.Semaphore(_MAX_CONCURRENT_READS)

    async def read_one(ident: str) -> None:
        async with limit:
            if ident in read.durations.wanted(read.now, more):  # empty after a read that failed
                await read.durations.read(db, ident, read.now)
                if read.durations.error is not None:
                    read.errors.append(read.durations.error)

    async with narration.progress_of("reading usual durations"), asyncio.TaskGroup() as group:
        for ident in sorted(read.durations.wanted(read.now, more)):
            group.create_task(read_one(ident))


async def read_running_durations(db: TaskDB, read: ClusterRead) -> None:
    """Read the usual durations of the idents with a running task in scope; errors as in `read_durations`."""
    runs = [run.id for run in read.cluster.runs if read.is_in_scope(run)]
    tasks = (task for id in runs for task in read.cluster.tally(id).tasks.values())
    await read_durations(db, read, {task.ident for task in tasks if task.end is None})


def _ended_recently(run: Run, settings: Settings, now: datetime) -> bool:
    return run.end is not None and run.end >= now - settings.keep_failed


async def _read_wanted(
    db: TaskDB, read: ClusterRead, backfill: BoundedBackfill | None, tried: set[RunID]
) -> reads.ReadOutcome:
    """Read the tasks of the runs in scope, those of ended runs within the budget of `backfill`, each run once."""

    def is_wanted(run: Run) -> bool:
        # The state of a run is known only once all its tasks have been read.
        may_be_kept = read.is_selected(run) and _ended_recently(run, read.settings, read.now)
        return run.id not in tried and (read.is_in_scope(run) or may_be_kept)

    wanted = list(filter(is_wanted, read.cluster.runs))
    tried.update(run.id for run in wanted)
    outcome = await _read_histories(db, read.cluster, [run for run in wanted if run.end is None])
    outcome.include(await _read_histories(db, read.cluster, [run for run in wanted if run.end], backfill))
    return outcome


async def _read_histories(
    db: TaskDB, cluster: Cluster, runs: Iterable[Run], backfill: BoundedBackfill | None = None
) -> reads.ReadOutcome:
    """Read all tasks of runs. With `backfill`, stay within its budget."""
    limit = asyncio.Semaphore(_MAX_CONCURRENT_READS)
    outcome = reads.ReadOutcome()

    async def read(run: Run) -> None:
        async with limit:
            if backfill is not None and not await backfill.may_go_on():
                backfill.outcome.unread.append(run.id)
                return
            try:
                reading = await reads.read_history(db, cluster, run.id)
                outcome.include(reading)
                if backfill is not None:
                    backfill.spend(reading.consumed)
            except Error as error:
                outcome.errors.append(Error(error.kind, "read the tasks of run", (run.id.short,), error))

    async with asyncio.TaskGroup() as group:
        for run in list(runs):
            if not cluster.has_all_tasks(run.id):
                group.create_task(read(run))
    return outcome


def _show_progress(share: float | None) -> None:
    """Show the share that is read, from 0 to 1, in the progress line; None erases it."""
    if share is None:
        narration.erase()
    else:
        narration.show_progress(f"{formats.progress(share)} read")
