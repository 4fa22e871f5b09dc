"""A log, from the digest in a row to its text: an object of the repository, or the stream that the object names."""

import enum
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import msgspec

from store.aws.retry import RETRIES, Retries
from store.digest import Digest
from store.errors import Error, ErrorKind, FailureReason
from store.logs.log import Check, Log, forward
from store.logs.object_log import ObjectLog
from store.logs.stream_log import StreamLog
from store.model import Run, Task
from store.repository import Repository

GROUP = "reflow"
"""The log group of CloudWatch Logs that the engine writes to."""

_MOST_REFERENCE = 64 * 1024  # bytes


class Output(enum.StrEnum):
    """The outputs of an exec, standard output and standard error."""

    STDOUT = "stdout"
    STDERR = "stderr"


class _Reference(msgspec.Struct, rename={"type": "Type", "group": "LogGroupName", "stream": "LogStreamName"}):
    """The object that the engine stores in place of a text that is elsewhere."""

    type: str
    group: str = ""
    stream: str = ""


class Logs:
    """Opens the logs that rows name, in the repository or in CloudWatch Logs.

    Opening a log reads the small object that says where it is kept, and nothing of a large one. `repository` returns
    the repository, or raises the Error that says why there is none. `client` is an aiobotocore client for CloudWatch
    Logs, or None to open no streams; `region` is for their locations only, and `retries` is the policy of their reads.
    """

    def __init__(
        self, repository: Callable[[], Repository], client: Any = None, region: str = "", retries: Retries = RETRIES
    ) -> None:
        self._repository = repository
        self._client = client
        self._region = region
        self._retries = retries

    async def open(self, digest: Digest) -> Log:
        """Return the log of a digest.

        Raises Error NOT_EXIST if there is no such object, NOT_SUPPORTED if it names a place other than CloudWatch Logs,
        and what the repository raises.
        """
        repository = self._repository()
        size = await repository.stat(digest)
        log = ObjectLog(repository, digest, size)
        reference = _reference(await log.whole()) if size <= _MOST_REFERENCE else None
        if reference is None or log.check is Check.BAD:
            return log
        if reference.type.lower() != "cloudwatch" or not (reference.group and reference.stream):
            text = f"the log is kept in {reference.type!r} {reference.group} {reference.stream}".rstrip()
            raise Error(ErrorKind.NOT_SUPPORTED, "open log", (str(digest),), text)
        return self._stream(reference.group, reference.stream)

    async def open_output(self, task: Task, output: Output) -> Log:
        """Return the log of an output of `task`: by the digest in the row, else the stream that its URI names.

        Raises what `open` raises, Error NOT_EXIST with the reason NO_LOG for a task with neither, and INVALID for
        another output.
        """
        if output not in [*Output]:  # as a text, "stdout" is one of them
            raise Error(ErrorKind.INVALID, "open log", (f"{output!r:.100}",), "give Output.STDOUT or Output.STDERR")
        digest = task.stdout if output == Output.STDOUT else task.stderr
        if digest:
            return await self.open(digest)
        if (stream := stream_of(task.uri, output)) is None:
            text = "it has no log yet, and no exec to write one" if task.end is None else "it ended without a log"
            raise Error(ErrorKind.NOT_EXIST, "open log", (str(task.id),), text, FailureReason.NO_LOG)
        return self._stream(GROUP, stream)

    async def text(self, row: Run | Task, output: Output = Output.STDERR) -> str:
        """Return an output of a task, or the log of a run, as one text in memory, as far as it is written now.

        Replaces invalid UTF-8 with U+FFFD. Raises what `lines` raises.
        """
        async with aclosing(self._pages(row, output)) as pages:
            return b"".join([data async for data in pages]).decode("utf-8", "replace")

    async def lines(self, row: Run | Task, output: Output = Output.STDERR) -> AsyncGenerator[str, None]:
        """Yield the lines of an output of a task, or of the log of a run, as far as it is written now.

        Lines come without their newlines, and with U+FFFD for bytes that are not UTF-8. About 1 MiB is held in memory,
        or the longest line. Raises what `open_output` and `Log.read` raise, Error NOT_EXIST with the reason NO_LOG for
        a run without a log, and INTEGRITY after the last line if the content does not match its digest.
        """
        rest: list[bytes] = []  # the parts so far of a line that continues on the next page
        async with aclosing(self._pages(row, output)) as pages:
            async for data in pages:
                first, *others = data.split(b"\n")
                rest.append(first)
                for line in others:
                    yield b"".join(rest).decode("utf-8", "replace")
                    rest = [line]
        if last := b"".join(rest):
            yield last.decode("utf-8", "replace")

    async def _pages(self, row: Run | Task, output: Output) -> AsyncGenerator[bytes, None]:
        log = await self._open_row(row, output)
        async for page in forward(log):
            yield page.data
        if log.check is Check.BAD:
            raise Error(ErrorKind.INTEGRITY, "read log", (str(row.id),), "the content is not that of its digest")

    async def _open_row(self, row: Any, output: Output) -> Log:
        if isinstance(row, Task):
            return await self.open_output(row, output)
        if not isinstance(row, Run):
            why = f"of type {type(row).__name__}: give a run or a task, as queries return them"
            raise Error(ErrorKind.INVALID, "open log", (f"{row!r:.100}",), why)
        if not row.run_log:
            text = "the run has no log: it is written when the run ends"
            raise Error(ErrorKind.NOT_EXIST, "open log", (str(row.id),), text, FailureReason.NO_LOG)
        return await self.open(row.run_log)

    def _stream(self, group: str, stream: str) -> StreamLog:
        if self._client is None:
            text = f"the log is a stream of CloudWatch Logs ({group} {stream}), which is not at hand"
            raise Error(ErrorKind.NOT_SUPPORTED, "open log", (group, stream), text)
        return StreamLog(self._client, group, stream, self._retries, region=self._region)


def stream_of(uri: str, output: Output) -> str | None:
    """Return the stream that the exec at `uri`, `<host>/<alloc>/<exec>`, writes to; None if that is no exec's."""
    path = uri.partition("://")[2] or uri
    parts = path.strip("/").split("/")
    if len(parts) < 3 or not all(parts[-2:]):
        return None
    return f"{parts[-2]}/{parts[-1]}/{output}"


def _reference(data: bytes) -> _Reference | None:
    if not data.lstrip().startswith(b"{"):
        return None
    try:
        return msgspec.json.decode(data, type=_Reference)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
