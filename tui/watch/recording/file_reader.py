"""Reading of recording files. A file may be cut off, damaged or hostile: every whole refresh up to there is used."""

import io
import math
import os
import stat
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from store import Digest, TaskID
from tui.watch.model.delta import time_of
from tui.watch.recording.file_index import extend, scan
from tui.watch.recording.frames import FIRST_WITH_END, TEXTS, RecordingError, frames, unpacked
from tui.watch.recording.header import End, Header
from tui.watch.recording.object_count import ObjectBudget
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.refresh_format import RowNumbers, decode_slices
from tui.watch.recording.session_history import RefreshHistory
from tui.watch.recording.task_texts import TaskTexts, decode_texts

_NOWHERE = -1


class RecordingFile(RefreshHistory):
    """The refreshes in a recording file. `damage` is the reason why the rest of the file cannot be read."""

    def __init__(self, path: Path, most: float = math.inf) -> None:
        """Open the recording at `path`; index about `most` bytes of it, and the rest when it grows.

        Raises RecordingError if it is none, or has no whole refresh.
        """
        self.path = path
        self._file = _open(path)
        try:
            found = scan(self._file, path, most)
            if not found.offsets:
                why = (
                    f"{path} is damaged at byte {found.end}" if found.is_damaged else f"{path} has no complete refresh"
                )
                raise RecordingError(why)
        except BaseException as error:
            self._file.close()
            if isinstance(error, OSError) and not isinstance(error, RecordingError):
                raise RecordingError(f"{path}: {error.strerror}") from error
            raise
        self.name = path.name
        self._found = found
        self._note_growth()
        self._numbers, self._budget = RowNumbers(), ObjectBudget()
        self._next = 0

    def close(self) -> None:
        self._file.close()

    @property
    def header(self) -> Header:
        """The last header."""
        return self._found.header

    @property
    def end_mark(self) -> End | None:
        """The end mark; None if the file is being written, or its recorder was killed."""
        return self._found.ended

    @property
    def is_growing(self) -> bool:
        """Whether more is to be expected: no format before 3 tells."""
        if self._found.version < FIRST_WITH_END:
            return False
        end = self.end_mark
        return end is None or (self.header.shared and not end.is_continued)

    def grow(self, most: float = math.inf) -> bool:
        """Index what was appended, about `most` bytes; return whether there is more."""
        more = extend(self._found, self._file, most)
        self._note_growth()
        return more

    def is_at(self, path: Path) -> bool:
        """Return whether `path` is this file, or nothing. Raises OSError if `path` cannot be examined."""
        try:
            return os.path.samestat(path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return True

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
        *_, refresh = self.read_slices(place)
        assert refresh is not None  # noqa: S101 - the last one
        return refresh

    def read_slices(self, place: int) -> Iterator[Refresh | None]:
        """Yield None after each part of a large refresh, then the refresh. Raises RecordingError."""
        key = self.key(place)
        if place == key:
            self._numbers, self._budget = RowNumbers(), ObjectBudget()
        elif place != self._next:
            for before in range(key, place):
                for _ in self.read_slices(before):
                    yield None
        self._next = _NOWHERE  # unless it is read to its end
        try:
            yield from decode_slices(self.time(place), self._frames(place), self._numbers)
        except RecordingError as error:
            raise RecordingError(f"{self.path} is damaged at byte {self._found.offsets[place]}: {error}") from error
        except OSError as error:
            raise RecordingError(f"{self.path}: {error.strerror}") from error
        self._next = place + 1

    def _note_growth(self) -> None:
        found = self._found
        self.first, self.last = 0, len(found.offsets) - 1
        self.damage = (
            f"{self.path} is damaged at byte {found.end}: later refreshes cannot be shown" if found.is_damaged else ""
        )

    def _frames(self, place: int) -> Iterator[bytes]:
        offset = self._found.offsets[place]
        while True:
            frame = next(frames(self._file, offset), None)
            if frame is None:
                raise RecordingError("the file was truncated")
            data = unpacked(self._file, frame)
            self._budget.take(data, frame.stored)
            yield data
            if not frame.left:
                return
            offset = frame.end


def _open(path: Path) -> io.FileIO:
    try:
        # A FIFO would block until a writer opens it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # a NUL in the path
        raise RecordingError(f"{path}: {error}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RecordingError(f"{path} is not a recording of reflowtop")
    return io.FileIO(descriptor)
