"""`reflowtop --replay`: the dashboard on a recording, without any access to AWS."""

import dataclasses
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path

from store import TaskDB
from tui.connect import tune_garbage_collector
from tui.logs.recorded_db import RecordedDB
from tui.query import time_expressions
from tui.settings import Settings
from tui.settings.origin import DEFAULT
from tui.terminal import signals
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.header import Header
from tui.watch.recording.replay import Replay


def run(settings: Settings, path: Path) -> int:
    """Show the recording at `path`; return the exit code. Raises OSError if it is not a readable recording."""
    with closing(RecordingFile(path)) as tape:
        signals.limit_redraws_over_ssh(os.environ)
        from tui import app  # textual reads the environment when it is imported

        recorded_settings = apply_header(tape.header, settings, tape.time(tape.first))
        db = RecordedDB(source=tape)
        return app.run(recorded_settings, lambda: open_recorded(db), Replay(tape, playing=True))


def apply_header(header: Header, settings: Settings, now: datetime) -> Settings:
    """Return `settings` with the table, region and, unless it was given, the window of the recording."""
    since = settings.since
    if settings.source("since") is DEFAULT:
        try:
            since = time_expressions.parse(header.since, now)
        except ValueError:
            since = settings.since
    return dataclasses.replace(
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
