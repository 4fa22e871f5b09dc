"""`reflowtop wait`: block until some runs have reached a state, for scripts."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store import RunID, TaskDB
from store.times import Clock, utc_now
from tui.commands.watched_runs import Until, WatchedRuns, change_json, change_line, is_in, open_runs
from tui.connect import run_with_db
from tui.exit_status import ExitCode, find_exit_code, print_stderr
from tui.settings import Settings
from tui.terminal import narration, output
from tui.text import durations, formats
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.error_texts import explain


@dataclass(frozen=True, kw_only=True)
class WaitOptions:
    """The states to wait for, and the time-out; None for no time-out.

    With `exit_status`, the command fails if a run is failing, failed, stale or lost at the end.
    """

    states: Collection[Until] = (Until.ENDED,)
    timeout: timedelta | None = None
    exit_status: bool = False
    as_json: bool = False


def run(settings: Settings, ids: Sequence[str], options: WaitOptions) -> ExitCode:
    """Wait for the runs whose ids begin with `ids`. Raises Error if one of them is not found."""
    return run_with_db(settings, lambda db: wait(db, settings, ids, options))


async def wait(
    db: TaskDB,
    settings: Settings,
    ids: Sequence[str],
    options: WaitOptions,
    *,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> ExitCode:
    """Do what `run` does, on an open TaskDB.

    Prints a line when a run reaches one of the states, and ignores its later changes. Return OK when all runs have;
    FAILED as soon as one can no longer reach any, or at the time-out; SERVICE if a state is unknown at the time-out.
    """
    began = clock()
    waiting: _Waiting | None = None
    deadline = None if options.timeout is None else began + options.timeout

    def left() -> float | None:
        return None if deadline is None else max(0.0, (deadline - clock()).total_seconds())

    try:
        while True:
            # With a time-out of 0, read once without a limit.
            async with asyncio.timeout(left() if options.timeout else None):
                if waiting is None:
                    waiting = _Waiting(await open_runs(db, settings, ids, clock, sleep), options, began)
                await waiting.poll(clock)
            if (code := waiting.outcome()) is not None:
                return code
            if (rest := left()) != 0:
                await sleep(waiting.watched.delay if rest is None else min(waiting.watched.delay, rest))
            if left() == 0:
                return waiting.report_timeout()
    except TimeoutError:  # during a read
        if waiting is not None:
            return waiting.report_timeout()
        print_stderr(f"timed out{_after(options)}: the service has not answered which run has the id {', '.join(ids)}")
        return ExitCode.SERVICE
    finally:
        narration.erase()


class _Waiting:
    """The wait for `watched` runs: which of them have reached a state."""

    def __init__(self, watched: WatchedRuns, options: WaitOptions, began: datetime) -> None:
        self.watched = watched
        self._options = options
        self._began = began
        self._reached: set[RunID] = set()

    async def poll(self, clock: Clock) -> None:
        """Refresh, print a line for each run that has reached a state, and update the progress line."""
        for news in await self.watched.poll():
            run_id = news.row.run.id
            if run_id not in self._reached and is_in(news.after, self._options.states):
                self._reached.add(run_id)
                narration.erase()
                now = clock()
                output.print_line(change_json(news, now) if self._options.as_json else change_line(news, now))
        if Until.STALE not in self._options.states:
            self.watched.note_lost("--for")
        left = len(self.watched.by_run) - len(self._reached)
        narration.show_progress(f"waiting for {formats.count(left, 'run')}, {durations.age(clock() - self._began)}")

    def outcome(self) -> ExitCode | None:
        """Return the exit status, or None to keep waiting."""
        dead = [each for each, state in self.watched.known.items() if state.has_ended and each not in self._reached]
        for run_id in dead:
            state = self.watched.by_run[run_id]
            print_stderr(f"run {run_id.short} {state.facts.sentence} and can no longer be {self._wanted}")
        if dead:
            return ExitCode.FAILED
        if len(self._reached) < len(self.watched.by_run):
            return None
        failed = self._options.exit_status and any(state.needs_attention for state in self.watched.states)
        return ExitCode.FAILED if failed else ExitCode.OK

    def report_timeout(self) -> ExitCode:
        """Name the runs that have not reached a state on stderr; return the exit status."""
        error, is_unknown = self.watched.error, False
        for run_id, state in self.watched.by_run.items():
            if run_id in self._reached:
                continue
            is_known = error is None and run_id in self.watched.known
            is_unknown = is_unknown or not is_known
            what = state.facts.sentence if is_known else "is in an unknown state"
            why = "" if error is None else f". {explain(error)}"
            print_stderr(f"timed out{_after(self._options)}: run {run_id.short} {what}, not {self._wanted}{why}")
        if error is not None:
            return find_exit_code(error)
        return ExitCode.SERVICE if is_unknown else ExitCode.FAILED

    @property
    def _wanted(self) -> str:
        return " or ".join(sorted(self._options.states))


def _after(options: WaitOptions) -> str:
    return "" if options.timeout is None else f" after {durations.age(options.timeout)}"
