"""`record`: what the dashboard would read, into a file, until it is told to stop."""

import asyncio
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from store import TaskDB
from store.times import Clock, utc_now
from tui import exit_status
from tui.connect import open_db
from tui.exit_status import ExitCode
from tui.settings import Settings
from tui.text import durations, formats
from tui.text.safe import safe
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.error_texts import describe_retry, explain
from tui.watch.polling.poller import Poller
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.header import Header
from tui.watch.recording.recorder import Recorder

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(settings: Settings, path: Path, span: timedelta | None) -> ExitCode:
    """`record` the table of `settings` to `path`, for `span` or until ctrl-C, which is no failure.

    Raises OSError when the file is no place to record to, and Error when nothing could be read at all.
    """

    async def open_and_record() -> ExitCode:
        with RecordingWriter(path, make_header(settings)) as writer:
            asked = asyncio.Event()
            for each in _SIGNALS:
                asyncio.get_running_loop().add_signal_handler(each, asked.set)
            async with open_db(settings) as db:
                return await record(db, settings, writer, span, asked)

    return asyncio.run(open_and_record())


def make_header(settings: Settings) -> Header:
    """What a recording says of itself: the table, and the settings that decide on what is in it."""
    import importlib.metadata

    try:
        version = importlib.metadata.version("reflowtop")
    except importlib.metadata.PackageNotFoundError:
        version = ""
    return Header(
        table=settings.table,
        region=settings.region or "",
        endpoint=urlsplit(settings.endpoint_url).netloc if settings.endpoint_url else "",
        since=settings.since.text,
        interval=settings.interval.total_seconds(),
        program=f"reflowtop {version}".rstrip(),
    )


async def record(
    db: TaskDB,
    settings: Settings,
    writer: RecordingWriter,
    span: timedelta | None,
    asked: asyncio.Event,
    *,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> ExitCode:
    """Record what `db` has, as the dashboard reads it, for `span` or until it is `asked` to end.

    Raises OSError when the file cannot be written any more, and Error when nothing could be read at all.
    """
    recording = _Recording(writer, clock)
    poller = Poller(
        Cluster(clock()),
        settings.since.at,
        Budget(settings.read_budget, settings.price),
        interval=settings.interval,
        clock=clock,
        sleep=sleep,
        notify=recording.notice,
    )
    recording.begin(poller)
    reading = asyncio.ensure_future(poller.run(db))
    ends: list[asyncio.Future[Any]] = [asyncio.ensure_future(asked.wait())]
    if span is not None:
        ends.append(asyncio.ensure_future(sleep(span.total_seconds())))
    try:
        await asyncio.wait([reading, *ends], return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            await reading
    finally:
        for task in (reading, *ends):
            task.cancel()
        await asyncio.wait([reading, *ends])
    recording.end()
    if poller.status.as_of is None and poller.status.error is not None:
        raise poller.status.error
    return ExitCode.OK


class _Recording:
    """Writes what a poller reads, and tells how that goes."""

    def __init__(self, writer: RecordingWriter, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._began = clock()
        self._trouble = ""
        self._poller: Poller | None = None
        self._recorder: Recorder | None = None
        self._say = _progress() if sys.stderr.isatty() else lambda line: None

    def begin(self, poller: Poller) -> None:
        """Begin to record what a poller reads."""
        self._poller, self._recorder = poller, Recorder(poller)

    def notice(self, changes: Changes) -> None:
        """Write a refresh when a sweep has ended."""
        if self._recorder is None or (refresh := self._recorder.notice(changes)) is None:
            return
        self._writer.add(self._recorder.everything() if self._writer.needs_everything else refresh)
        self._tell_trouble()
        self._say(f"{self._said(self._clock())}; ctrl-C ends it")

    def end(self) -> None:
        """Write what was read since, and tell what there is."""
        rest = None if self._recorder is None else self._recorder.rest()
        if rest is not None and not self._writer.needs_everything:
            self._writer.add(rest)
        self._say("")
        exit_status.print_stderr(f"{self._said(self._clock())}; reflowtop --replay {self._writer.path} shows it")

    def _said(self, now: datetime) -> str:
        writer = self._writer
        runs = 0 if self._poller is None else len(self._poller.cluster.runs)
        size = formats.size(writer.size)
        what = f"{_count(writer.refreshes)} of {formats.count(runs, 'run')}"
        return f"{writer.path}: {what} in {durations.age(now - self._began)}, {size}"

    def _tell_trouble(self) -> None:
        """Say why reads fail, once for each reason, and when they go well again."""
        error = None if self._poller is None else self._poller.status.error
        trouble = "" if error is None else f"{explain(error)} {describe_retry(error)}"
        if trouble != self._trouble:
            self._say("")
            exit_status.print_stderr(trouble or "reading again")
            self._trouble = trouble


def _count(refreshes: int) -> str:
    return f"{refreshes} refresh{'' if refreshes == 1 else 'es'}"


def _progress() -> Callable[[str], None]:
    """Shows a line on the terminal in place of the one before."""

    def say(line: str) -> None:
        click.echo(f"\r\x1b[K{safe(line)}", nl=False, err=True)

    return say
