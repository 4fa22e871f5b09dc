"""`reflowtop watch`: print a line for each change in the state of some runs, until they reach a given state."""

import asyncio
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from store import TaskDB
from store.times import Clock, utc_now
from tui.commands.watched_runs import Until, change_json, change_line, open_runs
from tui.connect import run_with_db
from tui.exit_status import ExitCode
from tui.lists.watchlist import StateChange
from tui.settings import Settings
from tui.terminal import notify, output
from tui.watch.polling.backfill import Sleep


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
    watched = await open_runs(db, settings, ids, clock, sleep)
    while True:
        for news in await watched.poll():
            _report(news, clock(), options)
        if watched.all_are(options.until):
            break
        if Until.STALE not in options.until:
            watched.note_lost("--until")
        await sleep(watched.delay)
    failed = options.exit_status and any(state.needs_attention for state in watched.states)
    return ExitCode.FAILED if failed else ExitCode.OK


def _report(news: StateChange, now: datetime, options: WatchOptions) -> None:
    output.print_line(change_json(news, now) if options.as_json else change_line(news, now))
    if options.terminal is not None and news.is_notable:
        output.write_sequence(options.terminal, notify.news(news.title, news.text, os.environ))
