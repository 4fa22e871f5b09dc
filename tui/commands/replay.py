"""`reflowtop --replay`: the dashboard on a recording, without any access to its table."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path

import msgspec

from store import Digest, Run, TaskDB
from store.times import format_time, utc_now
from tui.connect import open_db, tune_garbage_collector
from tui.logs.recorded_db import RecordedDB
from tui.query import time_expressions
from tui.query.time_expressions import Moment
from tui.settings import Settings
from tui.settings.origin import DEFAULT
from tui.settings.settings_error import SettingsError
from tui.settings.values import parse_table
from tui.terminal import signals
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.followed_recording import FollowedRecording
from tui.watch.recording.follower import Follower
from tui.watch.recording.frames import RecordingError
from tui.watch.recording.header import Header
from tui.watch.recording.replay import Replay
from tui.watch.recording.session_history import RefreshHistory


def run(settings: Settings, path: Path, load_table: Callable[[str], Settings]) -> int:
    """Show the recording at `path`, and follow it if it is being written; return the exit code.

    `load_table` returns the settings of the user for a table, with which the logs of a followed recording are read.
    Raises OSError if it is not a readable recording.
    """
    file = RecordingFile(path)
    if file.is_growing:
        with closing(FollowedRecording(file)) as followed:
            signals.limit_redraws_over_ssh(os.environ)
            from tui import app  # textual reads the environment when it is imported

            table = _check_table(path, followed.header)
            live_settings = apply_live_header(followed.header, load_table(table), followed.time(0))
            follower = Follower(followed)
            if settings.until is not None:
                follower.go_to(_time_in(followed, settings.until))
            return app.run(live_settings, lambda: open_followed(live_settings, followed, follower), follower)
    with closing(file) as history:
        signals.limit_redraws_over_ssh(os.environ)
        from tui import app

        recorded_settings = apply_header(history.header, settings, history.time(history.first))
        db = RecordedDB(source=history)
        replay = Replay(history, playing=settings.until is None)
        if settings.until is not None:
            replay.go_to(_time_in(history, settings.until))
        return app.run(recorded_settings, lambda: open_recorded(db), replay)


def _check_table(path: Path, header: Header) -> str:
    """Return the table of a recording. Raises RecordingError, which names the file, if no table can have that name."""
    try:
        return parse_table(header.table, utc_now())
    except ValueError as error:
        raise RecordingError(f"{path} is damaged, or no recording of a table: {error}") from error


def _time_in(history: RefreshHistory, until: Moment) -> datetime:
    """Return the time of `until` in a recording. Raises SettingsError if the recording starts later."""
    time, begin = until.at(history.time(history.last)), history.time(history.first)
    if time < begin:
        raise SettingsError(f"--until {until.text} is before the recording, which starts at {format_time(begin)}")
    return time


def apply_live_header(header: Header, settings: Settings, now: datetime) -> Settings:
    """Return `settings` as `apply_header` does, but with what the logs are read with."""
    return msgspec.structs.replace(
        apply_header(header, settings, now),
        region=header.region or settings.region,
        bucket=settings.bucket,
        profile=settings.profile,
        endpoint_url=settings.endpoint_url,
    )


def apply_header(header: Header, settings: Settings, now: datetime) -> Settings:
    """Return `settings` with the table, region and, unless it was given, the window of the recording."""
    since = settings.since
    if settings.source("since") is DEFAULT:
        try:
            since = time_expressions.parse(header.since, now)
        except ValueError:
            since = settings.since
    return msgspec.structs.replace(
        settings,
        table=header.table,
        region=header.region or None,
        bucket=None,
        profile=None,
        endpoint_url=None,
        since=since,
    )


@asynccontextmanager
async def open_recorded(db: TaskDB) -> AsyncIterator[TaskDB]:
    """Yield `db`; stands in for `open_db`."""
    tune_garbage_collector()
    yield db


@asynccontextmanager
async def open_followed(settings: Settings, history: FollowedRecording, follower: Follower) -> AsyncIterator[TaskDB]:
    """Yield a TaskDB with the logs of `settings`; without a bucket, with the recorded texts of failed tasks.

    The table is not read.
    """
    if settings.bucket is None:
        tune_garbage_collector()
        yield RecordedDB(source=history)
        return
    async with open_db(settings) as db:
        yield RecordedDB(db.repository, history, logs=db.logs, find_run=lambda id: _find_run(follower, id))


def _find_run(follower: Follower, id: Digest) -> Run | None:
    return next((run for run in follower.cluster.runs if run.id == id), None)
