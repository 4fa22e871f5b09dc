"""A recording that is being written, with the parts that were rotated away: one history, which grows."""

import dataclasses
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from store import Digest, TaskID
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.frames import RecordingError
from tui.watch.recording.header import Header
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.rotation import part_path, rotated_parts
from tui.watch.recording.session_history import KEPT, RefreshHistory
from tui.watch.recording.task_texts import TaskTexts

# Open parts that the recorder has deleted still take space on the disk.
MOST_PARTS = 8
_SLICE = 4 << 20  # bytes indexed at once, about 20 ms


@dataclasses.dataclass(frozen=True, slots=True)
class _Part:
    """A file, the place of its first refresh, and the least time of its refreshes; the clock may have been set."""

    file: RecordingFile
    base: int
    since: datetime
    follows_gap: bool

    @property
    def last(self) -> int:
        return self.base + self.file.last


class FollowedRecording(RefreshHistory):
    """The refreshes of a recording that is being written, and at least the half hour before it was opened, if recorded.

    `grow` adds what was written since. When the recorder goes on in another file, that follows. `damage` is why no more
    can be read; it goes away when more can.
    """

    def __init__(self, file: RecordingFile) -> None:
        """Follow the open `file`, and close it on exit."""
        self.path: Path = file.path
        self.name = file.name
        self._place = file.header.place
        self._parts: list[_Part] = []
        self._was_damaged = False
        for each in [*_read_earlier(file), file]:
            self._append(each)
        self.damage = file.damage

    def close(self) -> None:
        for part in self._parts:
            part.file.close()

    @property
    def header(self) -> Header:
        """The last header."""
        return self._newest.header

    @property
    def has_ended(self) -> bool:
        """Whether the recorder has ended, rather than been killed, and was not started again."""
        mark = self._newest.end_mark
        return mark is not None and not mark.is_continued

    def grow(self) -> bool:
        """Add what was written since the last call, or a part of it; return whether there is more."""
        newest = self._newest
        try:
            is_same = newest.is_at(self.path)  # asked first: nothing is written to a file that is no longer there
            has_more = newest.grow(_SLICE) or (not is_same and self._open_next())
        except OSError as error:
            self.damage = str(error) if isinstance(error, RecordingError) else f"{self.path}: {error.strerror}"
            return False
        self.last = self._parts[-1].last
        # A frame that is being written may look damaged once.
        self.damage = self._newest.damage if self._was_damaged else ""
        self._was_damaged = bool(self._newest.damage)
        return has_more

    @property
    def _newest(self) -> RecordingFile:
        return self._parts[-1].file

    def _open_next(self) -> bool:
        """Open the file after the newest one; return whether there is one that can be read."""
        before = self._newest.header.part
        file = RecordingFile(self.path, _SLICE)
        if file.header.place != self._place:
            file.close()
            raise RecordingError(f"{self.path} is now a recording of {file.header.place}, not of {self._place}")
        for part in rotated_parts(self.path):
            if before < part < file.header.part and (earlier := self._open_part(part)) is not None:
                file.close()
                file = earlier
                break
        self._append(file, follows_gap=file.header.part != before + 1)
        if len(self._parts) > MOST_PARTS:
            self._parts.pop(0).file.close()
            self.first = self._parts[0].base
        return True

    def _open_part(self, part: int) -> RecordingFile | None:
        """Open a part that was rotated away; None if it cannot be read, or is another one."""
        try:
            file = RecordingFile(part_path(self.path, part), _SLICE)
        except RecordingError:
            return None
        if file.header.part == part and file.header.place == self._place:
            return file
        file.close()
        return None

    def _append(self, file: RecordingFile, *, follows_gap: bool = False) -> None:
        last = self._parts[-1] if self._parts else None
        base = 0 if last is None else last.last + 1
        since = file.time(0) if last is None else self.time(last.last)
        self._parts.append(_Part(file, base, since, follows_gap))
        self.first, self.last = self._parts[0].base, self._parts[-1].last

    def _part(self, place: int) -> _Part:
        return self._parts[max(bisect_right(self._parts, place, key=lambda part: part.base) - 1, 0)]

    def time(self, place: int) -> datetime:
        part = self._part(place)
        return max(part.file.time(place - part.base), part.since)

    def key(self, place: int) -> int:
        part = self._part(place)
        return part.base + part.file.key(place - part.base)

    def starts_session(self, place: int) -> bool:
        """Return whether there is a gap in the recording before `place`."""
        part = self._part(place)
        is_first = place == part.base
        return place == self.first or (part.follows_gap if is_first else part.file.starts_session(place - part.base))

    def read(self, place: int) -> Refresh:
        """Return the refresh at `place`. Raises RecordingError if it is damaged or no longer there."""
        part = self._part(place)
        return part.file.read(place - part.base)

    def read_slices(self, place: int) -> Iterator[Refresh | None]:
        """Yield None after each part of a large refresh, then the refresh. Raises RecordingError."""
        part = self._part(place)
        return part.file.read_slices(place - part.base)

    @property
    def has_texts(self) -> bool:
        """Whether the recording was made to have texts of failed tasks."""
        return any(part.file.has_texts for part in self._parts)

    def texts(self, task: TaskID) -> TaskTexts | None:
        """Return the texts of a task that were recorded last, None without any. Raises RecordingError."""
        found = (part.file.texts(task) for part in reversed(self._parts))
        return next((texts for texts in found if texts is not None), None)

    def inspected(self, inspect: Digest) -> TaskID | None:
        """Return the task whose recorded inspect has this digest."""
        found = (part.file.inspected(inspect) for part in reversed(self._parts))
        return next((task for task in found if task is not None), None)


def _read_earlier(file: RecordingFile) -> list[RecordingFile]:
    """Open the parts before `file` that the half hour before its end needs, the oldest first."""
    end = file.time(file.last)
    earlier: list[RecordingFile] = []
    oldest = file
    while end - oldest.time(0) < KEPT and len(earlier) < MOST_PARTS - 1:
        try:
            oldest = RecordingFile(part_path(file.path, oldest.header.part - 1))
        except RecordingError:
            break
        earlier.insert(0, oldest)
    return earlier
