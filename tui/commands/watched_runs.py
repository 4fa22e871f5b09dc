"""Runs that a command follows until they reach a state: for `watch` and `wait`."""

import enum
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from store import Error, RunID, TaskDB
from store.times import Clock, format_time
from tui.commands.named_rows import find_run
from tui.commands.outages import OutageReporter
from tui.lists import runs as run_list
from tui.lists.watchlist import StateChange, Watchlist, counts
from tui.settings import Settings
from tui.terminal import narration
from tui.text import time_zone
from tui.text.json_text import json_text
from tui.text.masked_text import mask_line
from tui.text.safe_text import SafeText
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller


class Until(enum.StrEnum):
    """A state to wait for. Watching a run always stops when it ends."""

    ENDED = "ended"
    FAILED = "failed"
    STALE = "stale"


async def open_runs(db: TaskDB, settings: Settings, ids: Sequence[str], clock: Clock, sleep: Sleep) -> "WatchedRuns":
    """Find the runs whose ids begin with `ids`. Raises Error if one of them is not found."""
    runs = [await find_run(db, settings, text, clock()) for text in ids]
    poller = Poller(
        Cluster(clock()),
        settings.since.at,
        Budget(settings.read_budget, settings.price),
        interval=settings.interval,
        backfill=timedelta(),
        clock=clock,
        sleep=sleep,
    )
    poller.cluster.add(runs)
    return WatchedRuns(db, poller, [run.id for run in runs])


class WatchedRuns:
    """The watched runs, and whether the tasks of each have been read."""

    def __init__(self, db: TaskDB, poller: Poller, run_ids: Sequence[RunID]) -> None:
        self._db = db
        self._poller = poller
        self._cluster = poller.cluster
        self._watchlist = Watchlist()
        self._final: set[RunID] = set()  # ended runs whose tasks were read after the end
        self._noted: set[RunID] = set()  # lost runs
        self._outages = OutageReporter()
        for run_id in run_ids:
            self._watchlist.add(run_id)
            poller.open_run(run_id)  # keeps its rows in the cluster

    @property
    def states(self) -> list[State]:
        """The state of each run."""
        return list(self.by_run.values())

    @property
    def by_run(self) -> dict[RunID, State]:
        """The state of each run, by its id."""
        return {run_id: self._cluster.run_state(run_id) for run_id in self._watchlist}

    @property
    def known(self) -> dict[RunID, State]:
        """The state of each run whose tasks have been read, by its id."""
        return {run_id: state for run_id, state in self.by_run.items() if self._is_complete(run_id)}

    @property
    def delay(self) -> float:
        """The time until the next refresh is due, in seconds."""
        return self._poller.delay.total_seconds()

    @property
    def error(self) -> Error | None:
        """The error of the last read, if it failed."""
        errors = (self._poller.status.error, *(self._poller.history_errors.get(run_id) for run_id in self._watchlist))
        return next((error for error in errors if error is not None), None)

    def all_are(self, until: Collection[Until]) -> bool:
        """Return whether the tasks of every run have been read and its state is one of `until`, or ended."""
        return all(
            self._is_complete(run_id) and is_reached(self._cluster.run_state(run_id), until)
            for run_id in self._watchlist
        )

    async def poll(self) -> list[StateChange]:
        """Refresh once; return the changes of state since the previous call."""
        await self._poller.refresh(self._db)
        for run_id in self._watchlist:
            if not self._is_complete(run_id):
                await self._poller.read_history(self._db, run_id)
                if self._has_ended(run_id) and run_id not in self._poller.history_errors:
                    self._final.add(run_id)
        self._outages.report(self.error)
        return self._watchlist.news(self._cluster, self._is_complete)

    def note_lost(self, flag: str) -> None:
        """Print a note about each run that is lost, once, with the `flag` that stops there: it may never end."""
        for run_id, state in self.known.items():
            if state is State.LOST and run_id not in self._noted:
                self._noted.add(run_id)
                narration.note(f"run {run_id.short} is lost and may never end; {flag} stale stops there")

    def _is_complete(self, run_id: RunID) -> bool:
        """Return whether all tasks have been read; for a run that has ended, after its end.

        The indexes are eventually consistent: the end of a run can arrive before the ends of its tasks.
        """
        return run_id in self._final if self._has_ended(run_id) else self._cluster.has_all_tasks(run_id)

    def _has_ended(self, run_id: RunID) -> bool:
        run = self._cluster.run(run_id)
        return run is not None and run.end is not None


def is_reached(state: State, until: Collection[Until]) -> bool:
    """Return whether watching a run in `state` can stop: it is in one of the states `until`, or has ended."""
    return state.has_ended or is_in(state, until)


def is_in(state: State, wanted: Collection[Until]) -> bool:
    """Return whether `state` is one of those `wanted`: failing counts as failed, lost as stale."""
    return (
        (Until.ENDED in wanted and state.has_ended)
        or (Until.FAILED in wanted and state in (State.FAILING, State.FAILED))
        or (Until.STALE in wanted and state.is_expired)
    )


def change_line(news: StateChange, now: datetime) -> SafeText:
    """Return a change, observed at `now`, as a line of text: time, id, state, counts, user, name."""
    run = news.row.run
    parts = (
        time_zone.localize(now).isoformat(timespec="seconds").replace("+00:00", "Z"),
        run.id.short,
        f"{news.after:<9}",
        counts(news.row),
        run.user,
        run_list.name(run),
    )
    return mask_line("  ".join(filter(None, parts)))


def change_json(news: StateChange, now: datetime) -> SafeText:
    """Return a change, observed at `now`, as a JSON object in one line."""
    row = news.row
    return json_text(
        {
            "time": format_time(now),
            "id": str(row.run.id),
            "before": news.before,
            "state": row.state,
            "tasks_done": row.done,
            "tasks": row.total,
            "flows_failed": row.failed_flows,
            "user": row.run.user,
            "labels": row.run.labels,
        }
    )
