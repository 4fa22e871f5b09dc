"""The dashboard on a recording: nothing is read but that file."""

import dataclasses
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path

from store import Error, NopTaskDB, Repository, TaskDB
from tui.connect import tune_garbage_collector
from tui.query import time_expressions as when
from tui.settings import Settings
from tui.settings.origin import DEFAULT
from tui.terminal import signals as terminal
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.header import Header
from tui.watch.recording.replay import Replay


class RecordedDB(NopTaskDB):
    """What there is beside a recording: its logs, where those were kept in `repository`."""

    def __init__(self, repository: Repository | None = None) -> None:
        self._repository = repository

    @property
    def repository(self) -> Repository:
        """The objects that rows name; raises Error where they were not kept."""
        if self._repository is None:
            raise Error(cause="a recording has no logs, they are where they were written")
        return self._repository


def run(settings: Settings, path: Path) -> int:
    """Show the recording at `path`; returns the exit code. Raises OSError when it cannot be shown."""
    with closing(RecordingFile(path)) as tape:
        terminal.spare_the_line(os.environ)
        from tui import app  # what draws looks at the environment when it is imported

        found = apply_header(tape.header, settings, tape.time(tape.first))
        return app.run(found, lambda: open_recorded(RecordedDB()), Replay(tape, playing=True))


def apply_header(header: Header, settings: Settings, now: datetime) -> Settings:
    """`settings`, but of what was recorded: the table, where it was, and the window unless that was asked for."""
    since = settings.since
    if settings.source("since") is DEFAULT:
        try:
            since = when.parse(header.since, now)
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
    """What a dashboard asks for in place of a table."""
    tune_garbage_collector()
    yield db
