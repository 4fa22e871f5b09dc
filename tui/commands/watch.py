"""`watch`: what becomes of some runs, a line for each change, until it is what one waits for."""

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
from tui import exit_status
from tui.connect import open_db
from tui.exit_status import ExitCode
from tui.lists import runs as run_list
from tui.lists.watchlist import StateChange, Watchlist, counts
from tui.query.id_prefix import find_run
from tui.settings import Settings
from tui.terminal import notify
from tui.text.safe import safe
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.error_texts import describe_retry, explain
from tui.watch.polling.poller import Poller


class Until(enum.StrEnum):
    """What a run is watched until. One that has ended is never watched any longer."""

    ENDED = "ended"
    FAILED = "failed"
    STALE = "stale"


@dataclass(frozen=True, kw_only=True)
class WatchOptions:
    """What is waited for, all of `until` alike, and how it is told.

    With `exit_status` a run that is failing, failed or silent in the end makes the command fail. `terminal` is told
    of what ends, fails or goes silent, if it is there.
    """

    until: Collection[Until] = (Until.ENDED,)
    exit_status: bool = False
    as_json: bool = False
    terminal: TextIO | None = None


def run(settings: Settings, ids: Sequence[str], options: WatchOptions) -> ExitCode:
    """`watch` on the table of `settings`, now. Raises Error when a run is not found, or nothing could be read."""

    async def open_and_watch() -> ExitCode:
        async with open_db(settings) as db:
            return await watch(db, settings, ids, options)

    return asyncio.run(open_and_watch())


def find_terminal() -> TextIO | None:
    """The terminal to tell news to, None if there is none."""
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
    """Print what becomes of the runs whose ids begin with `ids` until that is what `options` wait for.

    Raises Error when one of them is not found. Once they are, reads that fail are told of and tried again.
    """
    runs = [await find_run(db, text) for text in ids]
    poller = Poller(
        Cluster(clock()),
        settings.since.at,
        Budget(settings.read_budget, settings.price),
        interval=settings.interval,
        look_back=timedelta(),
        clock=clock,
        sleep=sleep,
    )
    poller.cluster.add(runs)
    watched = _Watched(db, poller, [run.id for run in runs])
    while True:
        for news in await watched.look():
            _tell(news, clock(), options)
        if watched.all_are(options.until):
            break
        await sleep(poller.delay.total_seconds())
    failed = options.exit_status and any(state.needs_attention for state in watched.states)
    return ExitCode.FAILED if failed else ExitCode.OK


class _Watched:
    """The runs, and how well each is known."""

    def __init__(self, db: TaskDB, poller: Poller, run_ids: Sequence[RunID]) -> None:
        self._db = db
        self._poller = poller
        self._cluster = poller.cluster
        self._marked = Watchlist()
        self._final: set[RunID] = set()  # read whole after their end
        self._trouble = ""
        for run_id in run_ids:
            self._marked.add(run_id)
            poller.open_run(run_id)  # it is not forgotten

    @property
    def states(self) -> list[State]:
        """The state of each."""
        return [self._cluster.run_state(run_id) for run_id in self._marked]

    def all_are(self, until: Collection[Until]) -> bool:
        """Whether each is known to be what is waited for, or has ended."""
        return all(
            self._is_known(run_id) and _has_come(self._cluster.run_state(run_id), until) for run_id in self._marked
        )

    async def look(self) -> list[StateChange]:
        """Read once; returns what has become of the runs since the last look."""
        await self._poller.refresh(self._db)
        for run_id in self._marked:
            if not self._is_known(run_id):
                await self._poller.read_history(self._db, run_id)
                if self._has_ended(run_id) and run_id not in self._poller.history_errors:
                    self._final.add(run_id)
        self._tell_trouble()
        return self._marked.news(self._cluster, self._is_known)

    def _is_known(self, run_id: RunID) -> bool:
        """Whether all its tasks were read; after its end once more, for an index may bring the run before its tasks."""
        return run_id in self._final if self._has_ended(run_id) else self._cluster.is_whole(run_id)

    def _has_ended(self, run_id: RunID) -> bool:
        run = self._cluster.run(run_id)
        return run is not None and run.end is not None

    def _tell_trouble(self) -> None:
        """Say why reads fail, once for each reason, and when they go well again."""
        errors = (self._poller.status.error, *(self._poller.history_errors.get(run_id) for run_id in self._marked))
        error = next((error for error in errors if error is not None), None)
        trouble = "" if error is None else f"{explain(error)} {describe_retry(error)}"
        if trouble != self._trouble:
            exit_status.print_stderr(trouble or "reading again")
            self._trouble = trouble


def _has_come(state: State, until: Collection[Until]) -> bool:
    return (
        state.has_ended
        or (Until.FAILED in until and state is State.FAILING)
        or (Until.STALE in until and state.is_expired)
    )


def _tell(news: StateChange, now: datetime, options: WatchOptions) -> None:
    click.echo(_json(news, now) if options.as_json else _line(news, now))
    if options.terminal is not None and news.is_final_or_bad:
        options.terminal.write(notify.news(news.title, news.text, os.environ))
        options.terminal.flush()


def _line(news: StateChange, now: datetime) -> str:
    run = news.row.run
    words = (format_time(now), run.id.short, f"{news.after:<9}", counts(news.row), run.user, run_list.name(run))
    return safe("  ".join(filter(None, words)))


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
