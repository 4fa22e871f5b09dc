"""Writing of recording files, so that a crash loses at most the refresh that was being written."""

import errno
import fcntl
import io
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from store import Digest, Task, TaskID
from tui.watch.model.delta import micros, time_of
from tui.watch.recording.file_index import CutOffError, scan
from tui.watch.recording.frames import (
    DELTA,
    END,
    FIRST_LINE,
    HEADER,
    KEY,
    PART,
    TEXTS,
    VERSION,
    RecordingError,
    check_time,
    packed,
    stored_size,
)
from tui.watch.recording.header import End, Header, recordable
from tui.watch.recording.object_count import ObjectBudget
from tui.watch.recording.packed_values import Mask
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.refresh_format import RowNumbers, encode
from tui.watch.recording.task_texts import TaskTexts, encode_texts

# To go to a time a reader reads a keyframe and the deltas after it: at most so many bytes of deltas.
_LEAST_BETWEEN = 64 << 10  # bytes
# Bounds the memory of a recorder that runs for months on a table with unrecordable rows.
_MOST_LEFT_OUT = 1_000


OWNER_ONLY = 0o600


class DamagedError(RecordingError):
    """A file is a recording that nothing can be appended to."""


class RecordingWriter:
    """Appends refreshes to a file, which is whole after each of them."""

    def __init__(self, path: Path, header: Header, *, mode: int = OWNER_ONLY, mask: Mask | None = None) -> None:
        """Create a recording at `path`, or continue one; with the permissions `mode`. `mask` removes secrets.

        Raises DamagedError if there is a damaged recording, and RecordingError if there is anything but a recording of
        the same table, or if it is being written.
        """
        self.path = path
        self.header = header = recordable(header)
        self.began: datetime | None = None
        """The time of the first refresh in the file."""
        self.refreshes = self.texts = 0
        self.left_out: dict[Digest, str] = {}
        """The first rows that a recording could not hold, and why."""
        self._mask = mask
        self.recorded: set[TaskID] = set()
        """The tasks whose texts the file had when it was opened."""
        self._file = _open(path, mode)
        try:
            self.size = self._begin(header)
        except BaseException:
            self._file.close()
            raise
        self._numbers = RowNumbers()
        self._budget = ObjectBudget()
        self._key_bytes = self._since_key = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()

    def end(self, *, is_continued: bool = False) -> None:
        """Write the end mark and close the file. The file is whole without the mark, so a full disk is no error."""
        if self._file.closed:
            return
        with suppress(OSError):
            self._append(packed(END, 0, 0, msgspec.msgpack.encode(End(is_continued=is_continued))))
        self._file.close()

    @property
    def needs_keyframe(self) -> bool:
        """Whether the next refresh must be a keyframe."""
        return self._since_key >= max(self._key_bytes, _LEAST_BETWEEN) or not self.refreshes

    def add(self, refresh: Refresh) -> None:
        """Append a refresh. Raises OSError if it cannot be written; the file then ends before it."""
        is_key = self.needs_keyframe
        if is_key:
            self._numbers = RowNumbers()
        datas = list(encode(refresh, self._numbers, self._mask))
        if len(self.left_out) < _MOST_LEFT_OUT:
            self.left_out |= self._numbers.left_out
        raw, time = sum(map(len, datas)), micros(refresh.time)
        try:
            check_time(time)
        except RecordingError:
            raise RecordingError(f"{self.path}: the clock says {refresh.time:%Y-%m-%d}: set it") from None
        if is_key:
            self._budget = ObjectBudget()
        self._append(b"".join(self._frames(KEY if is_key else DELTA, time, datas)))
        self.refreshes += 1
        self.began = self.began or refresh.time
        if is_key:
            self._key_bytes, self._since_key = raw, 0
        else:
            self._since_key += raw

    def add_texts(self, task: Task, texts: TaskTexts) -> None:
        """Append the texts of a failed task; they replace earlier ones. Raises OSError if they cannot be written."""
        self._append(packed(TEXTS, 0, micros(texts.read), encode_texts(task.id, task.inspect, texts)))
        self.texts += 1

    def _frames(self, kind: bytes, time: int, datas: Sequence[bytes]) -> Iterator[bytes]:
        for place, data in enumerate(datas):
            which, left = PART if place else kind, len(datas) - 1 - place
            frame = packed(which, left, time, data)
            try:
                self._budget.take(data, stored_size(frame))
            except RecordingError:  # such as a row with 100,000 empty arguments
                frame = packed(which, left, time, data, is_compressed=False)
                self._budget.take(data, stored_size(frame))
            yield frame

    def _begin(self, header: Header) -> int:
        self.size = 0
        try:
            found = scan(self._file, self.path)
        except CutOffError:  # new, or empty
            self._file.truncate(0)
            self._append(FIRST_LINE + packed(HEADER, 0, 0, msgspec.msgpack.encode(header)))
            return self.size
        if found.is_damaged:
            raise DamagedError(f"{self.path} is damaged at byte {found.end}: record to another file")
        if found.header.place != header.place:
            raise RecordingError(f"{self.path} is a recording of {found.header.place}, not of {header.place}")
        if found.version != VERSION:  # the first line has the same length in every format
            self._file.seek(0)
            self._file.write(FIRST_LINE)
        self.recorded = set(found.texts)
        self.began = time_of(found.times[0]) if found.times else None
        self.size = found.end
        self._file.truncate(self.size)  # a part of a refresh is dropped
        if found.header.part:
            self.header = header = msgspec.structs.replace(header, part=found.header.part)
        self._append(packed(HEADER, 0, 0, msgspec.msgpack.encode(header)))
        return self.size

    def _append(self, data: bytes) -> None:
        self._file.seek(self.size)
        try:
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._file.truncate(self.size)
            raise RecordingError(f"{self.path}: {error.strerror}") from error
        self.size += len(data)


def _open(path: Path, mode: int) -> io.FileIO:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO would block until a reader opens it
    flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, mode & OWNER_ONLY)
    except FileNotFoundError as error:
        raise RecordingError(f"{path}: there is no folder {path.parent}; create it or name another file") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise RecordingError(f"{path} is a symbolic link; name the file that it leads to") from error
        if error.errno == errno.EISDIR:
            raise RecordingError(f"{path} is a folder; name a file in it") from error
        raise RecordingError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # a NUL in the path
        raise RecordingError(f"{path}: {error}") from error
    file = io.FileIO(descriptor, "r+")
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise RecordingError(f"{path} is not a file")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(descriptor), path.stat()):
            raise BlockingIOError  # its recorder has put another file in its place
        if mode != OWNER_ONLY or not found.st_size:
            os.fchmod(descriptor, mode)  # whatever the umask is, or an empty file had
    except BlockingIOError:
        file.close()
        raise RecordingError(f"{path} is being recorded to by another reflowtop") from None
    except RecordingError:
        file.close()
        raise
    except OSError as error:
        file.close()
        raise RecordingError(f"{path}: {error.strerror}") from error
    return file
