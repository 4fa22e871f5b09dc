"""A shared recording: a file that many dashboards follow, rotated before it gets too large or too old."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from store import Digest, Task, TaskID
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.file_writer import DamagedError, RecordingWriter
from tui.watch.recording.frames import MAGIC, RecordingError
from tui.watch.recording.header import Header
from tui.watch.recording.packed_values import Mask
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.task_texts import TaskTexts

GROUP_READABLE = 0o640


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """The most bytes in a file and the longest time that it covers, and the number of old files to keep."""

    size: int = 256 << 20
    age: timedelta = timedelta(days=1)
    kept: int = 7


def make_rotation(size: int | None, age: timedelta | None, kept: int | None) -> Rotation:
    """Return a rotation; what is None has its default."""
    default = Rotation()
    return Rotation(size=size or default.size, age=age or default.age, kept=kept or default.kept)


class SharedWriter:
    """Writes a recording that the group of the file can read, and rotates it.

    The file at `path` always has a whole refresh: a new one takes its place when its first refresh, a keyframe, is
    written. The old one keeps its content under the name `PATH.PART`.
    """

    def __init__(self, path: Path, header: Header, rotation: Rotation, mask: Mask | None = None) -> None:
        """Create a recording at `path` or continue one; a damaged one is rotated away. `mask` removes secrets.

        Raises RecordingError.
        """
        self._mask = mask
        self.path = path
        self.refreshes = self.texts = 0
        self._rotation = rotation
        self._is_full = False
        header = msgspec.structs.replace(header, shared=True, part=_last_part(path) + 1)
        try:
            self._writer = RecordingWriter(path, header, mode=GROUP_READABLE, mask=mask)
        except DamagedError:
            # A recorder that a service manager restarts has to go on without the user.
            part = _read_part(path) or header.part
            _rename(path, part_path(path, part))
            header = msgspec.structs.replace(header, part=max(part, header.part) + 1)
            self._writer = RecordingWriter(path, header, mode=GROUP_READABLE, mask=mask)
        self.recorded: set[TaskID] = self._writer.recorded
        """The tasks whose texts the file had when it was opened."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._writer.end()

    @property
    def size(self) -> int:
        """The size of the file that is written, in bytes."""
        return self._writer.size

    @property
    def left_out(self) -> Mapping[Digest, str]:
        """The rows that the file that is written cannot hold, and why."""
        return self._writer.left_out

    @property
    def needs_keyframe(self) -> bool:
        """Whether the next refresh must be a keyframe."""
        return self._writer.needs_keyframe or self._is_full

    def add(self, refresh: Refresh) -> None:
        """Append a refresh; in a new file if the old one is full. Raises RecordingError if it cannot be written."""
        if self._is_full:
            self._rotate(refresh)
        else:
            self._writer.add(refresh)
        self.refreshes += 1
        began = self._writer.began
        age = timedelta() if began is None else refresh.time - began
        self._is_full = self._writer.size >= self._rotation.size or age >= self._rotation.age

    def add_texts(self, task: Task, texts: TaskTexts) -> None:
        """Append the texts of a failed task. Raises RecordingError if they cannot be written."""
        self._writer.add_texts(task, texts)
        self.texts += 1

    def _rotate(self, refresh: Refresh) -> None:
        old, part = self._writer, self._writer.header.part
        with suppress(FileNotFoundError):  # of a recorder that was killed while it rotated
            _new_path(self.path).unlink()
        header = msgspec.structs.replace(old.header, part=part + 1)
        new = RecordingWriter(_new_path(self.path), header, mode=GROUP_READABLE, mask=self._mask)
        try:
            new.add(refresh)
            _keep_as(self.path, part_path(self.path, part))
            old.end(is_continued=True)
            _rename(new.path, self.path)
        except BaseException:
            new.end()
            raise
        new.path = self.path
        self._writer = new
        self._delete_old(part - self._rotation.kept)

    def _delete_old(self, last: int) -> None:
        for part in rotated_parts(self.path):
            if part <= last and _is_recording(old := part_path(self.path, part)):
                with suppress(OSError):  # it is tried again at the next rotation
                    old.unlink()


def part_path(path: Path, part: int) -> Path:
    """Return the name of a part of the recording at `path` that was rotated away."""
    return path.with_name(f"{path.name}.{part}")


def rotated_parts(path: Path) -> list[int]:
    """Return the numbers of the parts of the recording at `path` that were rotated away and are still there."""
    return sorted(_parts(path))


def _parts(path: Path) -> Iterator[int]:
    pattern = re.compile(re.escape(path.name) + r"\.([1-9][0-9]{0,8})", re.ASCII)
    with suppress(OSError):
        for each in path.parent.iterdir():
            if match := pattern.fullmatch(each.name):
                yield int(match[1])


def _last_part(path: Path) -> int:
    return max(_parts(path), default=0)


def _read_part(path: Path) -> int:
    try:
        with closing(RecordingFile(path)) as file:
            return file.header.part
    except RecordingError:
        return 0


def _new_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _is_recording(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _rename(old: Path, new: Path) -> None:
    try:
        old.replace(new)
    except OSError as error:
        raise RecordingError(f"{new}: {error.strerror}") from error


def _keep_as(path: Path, name: Path) -> None:
    """Give a file another name, too, so that there is a file at `path` until the new one takes its place."""
    try:
        name.hardlink_to(path)
    except FileExistsError:  # of a recorder that was killed while it rotated
        if not name.samefile(path):
            raise RecordingError(f"{name} exists") from None
    except OSError:  # a file system without links
        _rename(path, name)
