"""`reflowtop record`: write what the dashboard would read to a file."""

import asyncio
import shlex
import signal
import socket
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from store import Digest, Error, ErrorKind, Task, TaskDB
from store.times import Clock, utc_now
from tui.commands.failure_memory import open_memory
from tui.commands.outages import OutageReporter
from tui.commands.stop_signals import run_until, stop_on
from tui.commands.version import installed_version
from tui.connect import open_for_command
from tui.exit_status import ExitCode, print_stderr
from tui.logs.failed_task_texts import read_texts
from tui.settings import Settings
from tui.terminal import narration, output
from tui.text import durations, formats
from tui.text.addresses import host_of
from tui.text.redaction import redact_values
from tui.text.safe import safe
from tui.watch.findings.finding_memory import FindingMemory
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.header import Header
from tui.watch.recording.recorder import Recorder
from tui.watch.recording.rotation import Rotation, SharedWriter
from tui.watch.recording.task_texts import TaskTexts
from tui.watch.recording.text_queue import TextQueue

Writer = RecordingWriter | SharedWriter
_MOST_TOLD = 20
_LONGEST = 10_000  # cells of the last line, whose path is to be copied whole


def run(
    settings: Settings, path: Path, span: timedelta | None, *, logs: bool = True, rotation: Rotation | None = None
) -> ExitCode:
    """Record the table of `settings` to `path` for `span`, or until ctrl-C or SIGTERM, which count as success.

    `logs` adds the end of the stderr and the inspect of failed tasks, redacted. With `rotation` the recording is shared
    with other users.
    Raises OSError if the file cannot be written or is not a recording, and Error if nothing could be read at all.
    """

    async def open_and_record() -> ExitCode:
        stop = stop_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        with open_writer(path, make_header(settings, logs=logs), rotation) as writer:
            async with open_for_command(settings) as db:
                with ThreadPoolExecutor(1, thread_name_prefix="memory") as thread:
                    memory = open_memory(settings, thread.submit)
                    return await record(db, settings, writer, span, stop, logs=logs, memory=memory)

    return asyncio.run(open_and_record())


def open_writer(path: Path, header: Header, rotation: Rotation | None = None) -> Writer:
    """Create or continue a recording, a shared one with `rotation`. Raises RecordingError."""
    if rotation is None:
        return RecordingWriter(path, header, mask=redact_values)
    return SharedWriter(path, header, rotation, mask=redact_values)


def make_header(settings: Settings, *, logs: bool = True) -> Header:
    """Return the header of a recording: the table and the settings that decide what is recorded."""
    return Header(
        table=settings.table,
        region=settings.region or "",
        endpoint=host_of(settings.endpoint_url),
        since=settings.since.text,
        interval=settings.interval.total_seconds(),
        program=f"reflowtop {installed_version()}",
        logs=logs,
        host=socket.gethostname().partition(".")[0],
    )


async def record(
    db: TaskDB,
    settings: Settings,
    writer: Writer,
    span: timedelta | None,
    stop: asyncio.Event,
    *,
    logs: bool = True,
    memory: FindingMemory | None = None,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> ExitCode:
    """Poll `db` as the dashboard does and write each refresh, for `span` or until `stop` is set.

    Failures are added to `memory`, if it is given.

    `logs` adds the texts of failed tasks, which are read within the same budget.
    Raises OSError if the file can no longer be written, and Error if nothing could be read at all.
    """
    budget = Budget(settings.read_budget, settings.price)
    texts: TextQueue | None = None
    if logs:

        async def read(task: Task) -> TaskTexts:
            return await read_texts(db, task, clock())

        texts = TextQueue(budget, read, writer.add_texts, writer.recorded, clock, sleep)
    recording = _RefreshRecorder(writer, clock, texts, memory)
    poller = Poller(
        Cluster(clock()),
        settings.since.at,
        budget,
        interval=settings.interval,
        clock=clock,
        sleep=sleep,
        notify=recording.handle_changes,
    )
    recording.begin(poller)
    ends: list[Awaitable[object]] = [stop.wait()]
    if span is not None:
        ends.append(sleep(span.total_seconds()))
    await run_until(_read(db, poller, texts), *ends)
    recording.end()
    if poller.status.as_of is None:
        # The first refresh may still be under way: a service that hangs is tried for 30 seconds.
        raise poller.status.error or Error(ErrorKind.TIMEOUT, "record", (), "no reply while it was recorded")
    return ExitCode.OK


async def _read(db: TaskDB, poller: Poller, texts: TextQueue | None) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(poller.run(db))
        if texts is not None:
            group.create_task(texts.run())


class _RefreshRecorder:
    """Writes the refreshes of a poller to the file, adds failed tasks to `texts`, and reports progress on stderr."""

    def __init__(
        self, writer: Writer, clock: Clock, texts: TextQueue | None, memory: FindingMemory | None = None
    ) -> None:
        self._writer = writer
        self._memory = memory
        self._texts = texts
        self._clock = clock
        self._began = clock()
        self._told: set[Digest] = set()  # of rows that are left out
        self._outages = OutageReporter()
        self._poller: Poller | None = None
        self._recorder: Recorder | None = None

    def begin(self, poller: Poller) -> None:
        """Start recording the refreshes of `poller`."""
        self._poller, self._recorder = poller, Recorder(poller)

    def handle_changes(self, changes: Changes) -> None:
        """Write a refresh when the poller has completed one."""
        if self._recorder is None or (refresh := self._recorder.record(changes)) is None:
            return
        self._writer.add(self._recorder.keyframe() if self._writer.needs_keyframe else refresh)
        self._tell_left_out()
        if self._texts is not None:
            self._texts.forget(refresh.delta.removed)
            self._texts.add(refresh.delta.rows)
        if self._memory is not None and self._poller is not None and self._poller.status.error is None:
            self._memory.observe(self._poller.cluster, self._poller.findings)
        self._outages.report(None if self._poller is None else self._poller.status.error)
        narration.show_progress(f"{self._content(self._clock())}; ctrl-C stops recording")

    def _tell_left_out(self) -> None:
        """Report rows that the recording cannot hold, each once."""
        for id, fault in self._writer.left_out.items():
            if id not in self._told and len(self._told) < _MOST_TOLD:
                self._told.add(id)
                print_stderr(f"row {id.short or 'without an id'} is not recorded: {fault}")

    def end(self) -> None:
        """Write what was read since the last refresh, and print a summary."""
        rest = None if self._recorder is None else self._recorder.remainder()
        if rest is not None and not self._writer.needs_keyframe:
            self._writer.add(rest)
        if self._memory is not None and self._poller is not None:
            self._memory.flush(self._poller.cluster.as_of)
        narration.erase()
        view = ["reflowtop", "--replay", str(self._writer.path)]
        output.print_line(
            safe(f"{self._writer.path}: {self._content(self._clock())}; to view it: {shlex.join(view)}", _LONGEST)
        )

    def _content(self, now: datetime) -> str:
        writer = self._writer
        runs = 0 if self._poller is None else len(self._poller.cluster.runs)
        size = formats.size(writer.size)
        content = f"{_count_refreshes(writer.refreshes)} of {formats.count(runs, 'run')}"
        return f"{content} in {durations.age(now - self._began)}{self._count_texts()}, {size}"

    def _count_texts(self) -> str:
        """Return the number of failed tasks with logs, and of those whose logs were not read yet."""
        if self._texts is None or not (self._writer.texts or len(self._texts)):
            return ""
        missing = f" ({len(self._texts)} not read yet)" if len(self._texts) else ""
        return f", logs of {formats.count(self._writer.texts, 'failed task')}{missing}"


def _count_refreshes(refreshes: int) -> str:
    return f"{refreshes} refresh{'' if refreshes == 1 else 'es'}"
