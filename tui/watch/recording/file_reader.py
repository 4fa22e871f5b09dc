"""Reading of recording files. A file may be cut off, damaged or hostile: every whole refresh up to there is used."""

import dataclasses
import io
import os
import stat
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from store import Digest, TaskID
from tui.watch.model.delta import time_of
from tui.watch.recording.frames import (
    DELTA,
    FIRST_LINE,
    HEADER,
    KEY,
    MAGIC,
    MOST_IN_GROUP,
    MOST_IN_TEXTS,
    PART,
    READABLE,
    TEXTS,
    VERSION,
    Frame,
    RecordingError,
    beginning,
    frames,
    unpacked,
)
from tui.watch.recording.header import Header
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.refresh_format import RowNumbers, decode
from tui.watch.recording.session_history import RefreshHistory
from tui.watch.recording.task_texts import PREFIX, TaskTexts, decode_prefix, decode_texts

_EARLIEST, _LATEST = 0, 4_102_444_800_000_000  # 1970 and 2100: a time outside of these is invalid


class CutOffError(RecordingError):
    """A file ends before its header does."""


@dataclasses.dataclass(slots=True)
class Contents:
    """The offsets and times of the complete refreshes of a recording, by place.

    `keys` are the places of keyframes, `sessions` those before which there is a gap. `texts` are the offsets of the
    texts of tasks, and `inspected` the tasks by the digests of their inspects. Nothing after `end` is whole; there the
    file `is_damaged` unless it was just cut off.
    """

    header: Header
    version: int
    end: int
    offsets: "array[int]" = dataclasses.field(default_factory=lambda: array("Q"))
    times: "array[int]" = dataclasses.field(default_factory=lambda: array("q"))
    keys: "array[int]" = dataclasses.field(default_factory=lambda: array("Q"))
    sessions: "array[int]" = dataclasses.field(default_factory=lambda: array("Q"))
    texts: dict[TaskID, int] = dataclasses.field(default_factory=dict)
    inspected: dict[Digest, TaskID] = dataclasses.field(default_factory=dict)
    is_damaged: bool = False


def scan(file: io.FileIO, path: Path) -> Contents:
    """Index a recording. Raises RecordingError if it is none, or none that this version can read."""
    found = _begin(file, path)
    begun: Frame | None = None
    left = group = 0
    try:
        for frame in frames(file, found.end):
            if frame.kind == HEADER and begun is None:
                found.sessions.append(len(found.offsets))
                found.end = frame.end
                continue
            if frame.kind == TEXTS and begun is None and found.version > 1:
                _add_texts(found, file, frame)
                continue
            if begun is None:
                needs_key = len(found.offsets) == (found.sessions[-1] if found.sessions else 0)
                is_next = frame.kind == KEY or (frame.kind == DELTA and not needs_key)
                begun, left = frame, frame.left + 1
                group = 0 if frame.kind == KEY else group
            else:
                is_next = frame.kind == PART
            left, group = left - 1, group + frame.raw
            if not is_next or frame.left != left or group > MOST_IN_GROUP:
                raise RecordingError("unexpected frame")
            if left == 0:
                _add(found, begun)
                begun, found.end = None, frame.end
    except RecordingError:
        found.is_damaged = True
    return found


def _add(found: Contents, frame: Frame) -> None:
    if not _EARLIEST <= frame.time <= _LATEST:
        raise RecordingError("invalid time")
    if frame.kind == KEY:
        found.keys.append(len(found.offsets))
    found.offsets.append(frame.offset)
    found.times.append(max(frame.time, found.times[-1] if found.times else _EARLIEST))  # the clock was set


def _add_texts(found: Contents, file: io.FileIO, frame: Frame) -> None:
    if frame.raw > MOST_IN_TEXTS or frame.left:
        raise RecordingError("unexpected texts")
    task, inspect = decode_prefix(beginning(file, frame, PREFIX))
    found.texts[task] = frame.offset
    if inspect:
        found.inspected[inspect] = task
    found.end = frame.end


def _begin(file: io.FileIO, path: Path) -> Contents:
    """Read the header from the first frame."""
    file.seek(0)
    line = file.read(len(MAGIC) + 20)
    magic, newline, _ = line.partition(b"\n")
    version = magic.removeprefix(MAGIC)
    if not line:
        raise CutOffError(f"{path} is empty")
    if not newline and FIRST_LINE.startswith(line):
        raise RecordingError(f"{path} has no complete refresh")
    if not (newline and magic.startswith(MAGIC) and version.isdigit()):
        raise RecordingError(f"{path} is not a recording of reflowtop")
    if int(version) not in READABLE:
        by = "a newer" if int(version) > VERSION else "another"
        raise RecordingError(
            f"{path} is of {by} reflowtop: it has format {int(version)}, this one reads up to {VERSION}"
        )
    try:
        frame = next(frames(file, len(FIRST_LINE)), None)
        if frame is None:
            raise CutOffError(f"{path} has no complete refresh")
        if frame.kind != HEADER:
            raise RecordingError("no header")
        return Contents(msgspec.msgpack.decode(unpacked(file, frame), type=Header), int(version), frame.end)
    except CutOffError:
        raise
    except (RecordingError, msgspec.MsgspecError, RecursionError) as error:
        raise RecordingError(f"{path} is damaged at its beginning: {error}") from error


class RecordingFile(RefreshHistory):
    """The refreshes in a recording file. `damage` is the reason why the rest of the file cannot be read."""

    def __init__(self, path: Path) -> None:
        """Open the recording at `path`. Raises RecordingError if it is none, or has no whole refresh."""
        self.path = path
        self._file = _open(path)
        try:
            found = scan(self._file, path)
            if not found.offsets:
                why = (
                    f"{path} is damaged at byte {found.end}" if found.is_damaged else f"{path} has no complete refresh"
                )
                raise RecordingError(why)
        except BaseException:
            self._file.close()
            raise
        self.header = found.header
        self.name = path.name
        self.first, self.last = 0, len(found.offsets) - 1
        if found.is_damaged:
            self.damage = f"{path} is damaged at byte {found.end}: later refreshes cannot be shown"
        self._found = found
        self._numbers = RowNumbers()
        self._next = 0

    def close(self) -> None:
        self._file.close()

    def time(self, place: int) -> datetime:
        """Return when the refresh at `place` was taken."""
        return time_of(self._found.times[place])

    def key(self, place: int) -> int:
        """Return the last keyframe up to `place`."""
        return self._found.keys[bisect_right(self._found.keys, place) - 1]

    def starts_session(self, place: int) -> bool:
        """Return whether there is a gap in the recording before `place`."""
        sessions = self._found.sessions
        at = bisect_right(sessions, place) - 1
        return at >= 0 and sessions[at] == place

    @property
    def has_texts(self) -> bool:
        """Whether the recording was made to have texts of failed tasks."""
        return self.header.logs or bool(self._found.texts)

    def texts(self, task: TaskID) -> TaskTexts | None:
        """Return the recorded texts of a task, None without any. Raises RecordingError if they are damaged."""
        if (offset := self._found.texts.get(task)) is None:
            return None
        frame = next(frames(self._file, offset), None)
        if frame is None or frame.kind != TEXTS:
            raise RecordingError(f"{self.path}: the file was truncated")
        try:
            return decode_texts(unpacked(self._file, frame))
        except RecordingError as error:
            raise RecordingError(f"{self.path} is damaged at byte {offset}: {error}") from error

    def inspected(self, inspect: Digest) -> TaskID | None:
        """Return the task whose recorded inspect has this digest."""
        return self._found.inspected.get(inspect)

    def read(self, place: int) -> Refresh:
        """Return the refresh at `place`. Raises RecordingError if its frames are damaged or no longer there."""
        key = self.key(place)
        if place == key:
            self._numbers = RowNumbers()
        elif place != self._next:
            for before in range(key, place):
                self.read(before)
        try:
            refresh = decode(self.time(place), self._frames(place), self._numbers)
        except RecordingError as error:
            raise RecordingError(f"{self.path} is damaged at byte {self._found.offsets[place]}: {error}") from error
        self._next = place + 1
        return refresh

    def _frames(self, place: int) -> Iterator[bytes]:
        offset = self._found.offsets[place]
        while True:
            frame = next(frames(self._file, offset), None)
            if frame is None:
                raise RecordingError("the file was truncated")
            yield unpacked(self._file, frame)
            if not frame.left:
                return
            offset = frame.end


def _open(path: Path) -> io.FileIO:
    try:
        # A FIFO would block until a writer opens it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RecordingError(f"{path} is not a recording of reflowtop")
    return io.FileIO(descriptor)
