"""The TaskDB behind a recording: no rows, and the texts of failed tasks that were recorded."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Never, Protocol

from store import (
    Digest,
    Error,
    ErrorKind,
    FailureReason,
    Log,
    NopTaskDB,
    Output,
    Repository,
    Rows,
    Run,
    RunQuery,
    Task,
    TaskID,
)
from store.location import Location
from store.logs.log import Cursor, Page
from store.logs.open import Logs
from store.object_content import Content
from tui.watch.recording.task_texts import TaskTexts


class TextSource(Protocol):
    """A recording, as the source of the texts of failed tasks."""

    name: str

    @property
    def has_texts(self) -> bool:
        """Whether it was made to have texts of failed tasks."""

    def texts(self, task: TaskID) -> TaskTexts | None:
        """Return the texts of a task; raises OSError."""

    def inspected(self, inspect: Digest) -> TaskID | None:
        """Return the task whose inspect has this digest."""


class RecordedLog(Log):
    """The last lines of a log, or an inspect, from the recording called `recording`.

    `is_cut` is whether the log has more lines before them. They were read at the time `read`.
    """

    def __init__(self, data: bytes, recording: str, read: datetime, *, is_cut: bool = False) -> None:
        self.data = data
        self.size = len(data)
        self.recording = recording
        self.read_at = read
        self.is_cut = is_cut
        self.location = Location("file", "recording", recording)

    async def read(self, cursor: Cursor) -> Page:
        return Page(self.data)


class RecordedDB(NopTaskDB):
    """A TaskDB without rows, for the dashboard on the recording `source`.

    `repository` has all objects, if they were kept elsewhere, and `logs` opens what it can. Without it, `logs` and
    `open_inspect` have the texts of failed tasks in the recording. `find_run` returns a recorded run.
    """

    def __init__(
        self,
        repository: Repository | None = None,
        source: TextSource | None = None,
        *,
        logs: Logs | None = None,
        find_run: Callable[[Digest], Run | None] = lambda id: None,
    ) -> None:
        self._repository = repository
        self._source = source
        self._logs = logs
        self._find_run = find_run

    async def runs(self, query: object) -> Rows[Run]:
        """Return the recorded run with an id, if its logs can be read: only the log screen asks for a run.

        Raises Error NOT_EXIST if they cannot.
        """
        id = query.id if isinstance(query, RunQuery) and self._repository is not None else None
        run = None if id is None else self._find_run(id)
        if run is not None:
            return Rows([run])
        raise _missing("the recording has no run log, trace and graph: it has the stderr and inspect of failed tasks")

    @property
    def repository(self) -> Repository:
        """The objects that the recorded rows name: without a given repository, the inspects of failed tasks."""
        return self._repository or _RecordedInspects(self)

    @property
    def logs(self) -> Logs:
        """The logs that the recorded rows name: without a given repository, the stderr of failed tasks."""
        if self._repository is None:
            return _RecordedLogs(self)
        return super().logs if self._logs is None else _LiveLogs(self, self._logs)

    def open_inspect(self, task: Task) -> RecordedLog | None:
        """Return the recorded inspect of a task, None if all objects were kept.

        Raises Error NOT_EXIST if there is none.
        """
        if self._repository is not None:
            return None
        source, texts = self._texts(task.id, "inspect of this task")
        if texts.inspect is None:
            raise _not_recorded(texts.inspect_error)
        return RecordedLog(texts.inspect, source.name, texts.read)

    def open_stderr(self, task: Task) -> RecordedLog:
        """Return the recorded end of the stderr of a task. Raises Error NOT_EXIST if there is none."""
        source, texts = self._texts(task.id, "stderr of this task")
        if texts.stderr is None:
            raise _not_recorded(texts.stderr_error)
        return RecordedLog(texts.stderr, source.name, texts.read, is_cut=texts.is_cut)

    def inspect_data(self, digest: Digest) -> bytes:
        """Return the recorded inspect with a digest. Raises Error NOT_EXIST if there is none."""
        task = None if self._source is None else self._source.inspected(digest)
        _, texts = self._texts(task, "such object")
        if texts.inspect is None:
            raise _not_recorded(texts.inspect_error)
        return texts.inspect

    def _texts(self, task: TaskID | None, what: str) -> tuple[TextSource, TaskTexts]:
        source = self._source
        if source is None or not source.has_texts:
            raise _missing("the recording has no logs: it was made with --no-logs, or by an older reflowtop")
        try:
            texts = None if task is None else source.texts(task)
        except OSError as error:
            raise Error(ErrorKind.INTEGRITY, "read recording", (), error) from error
        if texts is None:
            raise _missing(f"the recording has no {what}: it has the stderr and inspect of failed tasks")
        return source, texts


class _RecordedLogs(Logs):
    def __init__(self, db: RecordedDB) -> None:
        super().__init__(lambda: db.repository)
        self._db = db

    async def open_output(self, task: Task, output: Output) -> Log:
        if output is not Output.STDERR:
            raise _missing("the recording has no stdout: it has the stderr and inspect of failed tasks")
        return self._db.open_stderr(task)


class _LiveLogs(Logs):
    """The logs of a bucket. A user who cannot read these still has the recorded stderr of failed tasks."""

    def __init__(self, db: RecordedDB, live: Logs) -> None:
        super().__init__(lambda: db.repository)
        self._db = db
        self._live = live

    async def open(self, digest: Digest) -> Log:
        return await self._live.open(digest)

    async def open_output(self, task: Task, output: Output) -> Log:
        try:
            return await self._live.open_output(task, output)
        except Error as error:
            if output is not Output.STDERR:
                raise
            try:
                return self._db.open_stderr(task)
            except Error:
                raise error from None


class _RecordedInspects:
    """The inspects in a recording, by the digests of the objects that they were. Redacted ones do not match these."""

    def __init__(self, db: RecordedDB) -> None:
        self._db = db

    async def stat(self, digest: Digest) -> int:
        return len(self._db.inspect_data(digest))

    async def get(self, digest: Digest) -> AsyncIterator[bytes]:
        yield self._db.inspect_data(digest)

    async def read(self, digest: Digest, offset: int, size: int) -> bytes:
        return self._db.inspect_data(digest)[offset : offset + size]

    async def put(self, data: Content) -> Digest:
        raise Error(ErrorKind.NOT_SUPPORTED, "put", (), "a recording is read-only")

    async def find(self, digits: str) -> list[Digest]:
        return []

    def location(self, digest: Digest) -> Never:
        raise _missing("the recording has no such object")


def _not_recorded(why: str) -> Error:
    # The reason names remedies of the recorder, such as --bucket, which the viewer of a recording cannot use.
    return _missing(f"not recorded: {why}")


def _missing(why: str) -> Error:
    return Error(ErrorKind.NOT_EXIST, "open log", (), why, FailureReason.NO_LOG)
