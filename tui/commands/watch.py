"""`reflowtop watch`: print a line for each change in the state of some runs, until they reach a given state."""

import asyncio
import enum
import json
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TextIO

import click

from store import RunID, TaskDB
from store.times import Clock, format_time, utc_now
from tui.connect import run_with_db
from tui.exit_status import ExitCode, print_stderr
from tui.lists import runs as run_list
from tui.lists.watchlist import StateChange, Watchlist, counts
from tui.query.id_prefix import find_run
from tui.settings import Settings
from tui.terminal import notify
from tui.text import time_zone
from tui.text.safe import safe
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.error_texts import describe_retry, explain
from tui.watch.polling.poller import Poller


class Until(enum.StrEnum):
    """A state to wait for. A run that has ended is not watched any longer, whatever the state."""

    ENDED = "ended"
    FAILED = "failed"
    STALE = "stale"


@dataclass(frozen=True, kw_only=True)
class WatchOptions:
    """The states to wait for, and how changes are reported.

    The command ends when every run is in one of the states `until` or has ended. With `exit_status`, it fails if a run
    is then failing, failed, stale or lost. `terminal` gets a notification when a run ends, fails or goes stale.
    """

    until: Collection[Until] = (Until.ENDED,)
    exit_status: bool = False
    as_json: bool = False
    terminal: TextIO | None = None


def run(settings: Settings, ids: Sequence[str], options: WatchOptions) -> ExitCode:
    """Watch the runs whose ids begin with `ids`. Raises Error if one of them is not found."""
    return run_with_db(settings, lambda db: watch(db, settings, ids, options))


def find_terminal() -> TextIO | None:
    """Return the stream of the terminal to send notifications to: stderr, else stdout, else None."""
    return next((stream for stream in (sys.stderr, sys.stdout) if stream is not None and stream.isatty()), None)


async def watch(
    db: TaskDB,
    settings: Settings,
    ids: Sequence[str],
    options: WatchOptions,
    *,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> ExitCode:
    """Do what `run` does, on an open TaskDB.

    Once all runs are found, reads that fail are reported on stderr and retried.
    """
    runs = [await find_run(db, text) for text in ids]
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
    watched = _WatchedRuns(db, poller, [run.id for run in runs])
    while True:
        for news in await watched.poll():
            _report(news, clock(), options)
        if watched.all_are(options.until):
            break
        await sleep(poller.delay.total_seconds())
    failed = options.exit_status and any(state.needs_attention for state in watched.states)
    return ExitCode.FAILED if failed else ExitCode.OK


class _WatchedRuns:
    """The watched runs, and whether the tasks of each have been read."""

    def __init__(self, db: TaskDB, poller: Poller, run_ids: Sequence[RunID]) -> None:
        self._db = db
        self._poller = poller
        self._cluster = poller.cluster
        self._watchlist = Watchlist()
        self._final: set[RunID] = set()  # their tasks were read after their end
        self._trouble = ""
        for run_id in run_ids:
            self._watchlist.add(run_id)
            poller.open_run(run_id)  # keeps its rows in the cluster

    @property
    def states(self) -> list[State]:
        """The state of each run."""
        return [self._cluster.run_state(run_id) for run_id in self._watchlist]

    def all_are(self, until: Collection[Until]) -> bool:
        """Return True if the tasks of every run are read and its state is one of `until`, or ended."""
        return all(
            self._is_complete(run_id) and _is_reached(self._cluster.run_state(run_id), until)
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
        self._report_trouble()
        return self._watchlist.news(self._cluster, self._is_complete)

    def _is_complete(self, run_id: RunID) -> bool:
        """Return True if all tasks were read, and after the end of the run once more.

        The indexes are eventually consistent: the end of a run can arrive before the ends of its tasks.
        """
        return run_id in self._final if self._has_ended(run_id) else self._cluster.has_all_tasks(run_id)

    def _has_ended(self, run_id: RunID) -> bool:
        run = self._cluster.run(run_id)
        return run is not None and run.end is not None

    def _report_trouble(self) -> None:
        """Report each new reason why reads fail, and the first success after it."""
        errors = (self._poller.status.error, *(self._poller.history_errors.get(run_id) for run_id in self._watchlist))
        error = next((error for error in errors if error is not None), None)
        trouble = "" if error is None else f"{explain(error)} {describe_retry(error)}"
        if trouble != self._trouble:
            print_stderr(trouble or "reads succeed again")
            self._trouble = trouble


def _is_reached(state: State, until: Collection[Until]) -> bool:
    return (
        state.has_ended
        or (Until.FAILED in until and state is State.FAILING)
        or (Until.STALE in until and state.is_expired)
    )


def _report(news: StateChange, now: datetime, options: WatchOptions) -> None:
    click.echo(_json(news, now) if options.as_json else _line(news, now))
    if options.terminal is not None and news.is_notable:
        options.terminal.write(notify.news(news.title, news.text, os.environ))
        options.terminal.flush()


def _line(news: StateChange, now: datetime) -> str:
    run = news.row.run
    parts = (
        time_zone.localize(now).isoformat(timespec="seconds").replace("+00:00", "Z"),
        run.id.short,
        f"{news.after:<9}",
        counts(news.row),
        run.user,
        run_list.name(run),
    )
    return safe("  ".join(filter(None, parts)))


def _json(news: StateChange, now: datetime) -> str:
    row = news.row
    return json.dumps(
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
