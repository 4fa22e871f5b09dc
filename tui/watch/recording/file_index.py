"""The index of a recording file: where its whole refreshes are. A reader extends it while the file grows."""

import dataclasses
import io
import math
import os
from array import array
from pathlib import Path
from typing import TypeVar

import msgspec

from store import Digest, TaskID
from tui.watch.recording.frames import (
    DELTA,
    EARLIEST,
    END,
    FIRST_LINE,
    FIRST_WITH_END,
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
    check_time,
    frames,
    unpacked,
)
from tui.watch.recording.header import End, Header
from tui.watch.recording.object_count import ObjectBudget
from tui.watch.recording.task_texts import PREFIX, decode_prefix
from tui.watch.recording.validity import check_numbers

T = TypeVar("T")


class CutOffError(RecordingError):
    """A file ends before its header does."""


@dataclasses.dataclass(slots=True)
class Contents:
    """The offsets and times of the complete refreshes of a recording, by place.

    `header` is the last one. `keys` are the places of keyframes, `sessions` those before which there is a gap. `texts`
    are the offsets of the texts of tasks, and `inspected` the tasks by the digests of their inspects. Nothing after
    `end` is whole; there the file `is_damaged` unless it was just cut off. `ended` is the end mark, if the file ends
    with one.
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
    group: int = 0
    """The bytes of the last keyframe and what continues it."""
    is_damaged: bool = False
    ended: End | None = None


def scan(file: io.FileIO, path: Path, most: float = math.inf) -> Contents:
    """Index a recording, as `extend` does. Raises RecordingError if it is none, or none that this version can read."""
    found = _begin(file, path)
    extend(found, file, most)
    return found


def extend(found: Contents, file: io.FileIO, most: float = math.inf) -> bool:
    """Index what follows in the file, up to a refresh after `most` bytes; return whether it stopped there."""
    begun: Frame | None = None
    left = group = 0
    start = found.end
    # A reader of a file that grows may have met a frame that was being written. A file that has become shorter was
    # truncated, or another one was copied over it.
    found.is_damaged = os.fstat(file.fileno()).st_size < found.end
    if found.is_damaged:
        return False
    try:
        for frame in frames(file, found.end):
            if begun is None and _add_mark(found, file, frame):
                continue
            if begun is None:
                needs_key = len(found.offsets) == (found.sessions[-1] if found.sessions else 0)
                is_next = frame.kind == KEY or (frame.kind == DELTA and not needs_key)
                begun, left = frame, frame.left + 1
                group = 0 if frame.kind == KEY else found.group
            else:
                is_next = frame.kind == PART
            left, group = left - 1, group + frame.raw
            if not is_next or frame.left != left or group > MOST_IN_GROUP:
                raise RecordingError("unexpected frame")
            if left == 0:
                _add(found, begun)
                begun, found.end, found.group = None, frame.end, group
                if found.end - start >= most:
                    return True
    except RecordingError:
        found.is_damaged = True
    return False


def _add_mark(found: Contents, file: io.FileIO, frame: Frame) -> bool:
    """Take a frame that is between refreshes; return whether it is one."""
    if frame.kind == HEADER:
        header = _decode(file, frame, Header)
        if header.place != found.header.place:
            raise RecordingError("a header of another table")
        found.header, found.ended = header, None
        found.sessions.append(len(found.offsets))
    elif found.ended is not None:
        raise RecordingError("a frame after the end")
    elif frame.kind == TEXTS and found.version > 1:
        _add_texts(found, file, frame)
    elif frame.kind == END and found.version >= FIRST_WITH_END:
        found.ended = _decode(file, frame, End)
    else:
        return False
    found.end = frame.end
    return True


def _add(found: Contents, frame: Frame) -> None:
    check_time(frame.time)
    if frame.kind == KEY:
        found.keys.append(len(found.offsets))
    found.offsets.append(frame.offset)
    found.times.append(max(frame.time, found.times[-1] if found.times else EARLIEST))  # the clock was set


def _add_texts(found: Contents, file: io.FileIO, frame: Frame) -> None:
    if frame.raw > MOST_IN_TEXTS or frame.left:
        raise RecordingError("unexpected texts")
    task, inspect = decode_prefix(beginning(file, frame, PREFIX))
    found.texts[task] = frame.offset
    if inspect:
        found.inspected[inspect] = task


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
        header = _decode(file, frame, Header)
        return Contents(header, int(version), frame.end)
    except CutOffError:
        raise
    except RecordingError as error:
        raise RecordingError(f"{path} is damaged at its beginning: {error}") from error


def _decode(file: io.FileIO, frame: Frame, kind: type[T]) -> T:
    """Return the content of a frame. Raises RecordingError if it is no `kind`."""
    try:
        data = unpacked(file, frame)
        ObjectBudget().take(data, frame.stored)
        value = msgspec.msgpack.decode(data, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RecordingError(" ".join(str(error).split())[:200]) from error
    check_numbers(value)
    return value
