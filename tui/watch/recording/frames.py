"""The layout of a recording: a line that identifies it, then frames, each with its length and checksum.

A refresh is a frame `K` (keyframe) or `D` (delta) and the frames `P` that continue it. `H` is the header. Between
refreshes `T` holds the texts of a failed task; format 1 had none. The content of a frame is compressed; its size is in
the head of the frame, so that a reader never inflates more than it takes.

`E` is the end mark, since format 3: the recorder writes it when it ends or goes on in another file. After it only an
`H` may follow, of a recorder that continues the file. A file without it at its end is being written, or its recorder
was killed: readers cannot tell, and follow both. There is no heartbeat, because each refresh, failed ones too, is a
frame and says in how many seconds the next one is due (`Status.every`). A recorder that goes on in another file puts
that in place of this one, which keeps its content under the name `FILE.PART`; `Header.part` counts these files. The
new file begins with a keyframe of the refresh that follows the last one of the old file, before it has its name.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

VERSION = 3
READABLE = (1, 2, VERSION)
FIRST_WITH_END = 3
MAGIC = b"reflowtop recording "
FIRST_LINE = MAGIC + b"%d\n" % VERSION

HEADER, KEY, DELTA, PART, TEXTS, END = b"H", b"K", b"D", b"P", b"T", b"E"
MOST_IN_FRAME = 16 << 20  # bytes, compressed and not
# Bytes of one keyframe with the frames that continue it: what a reader holds in memory, in other words.
MOST_IN_GROUP = 1 << 30
# Bytes of one refresh, not compressed. A keyframe is followed by deltas until these have as many bytes as it has, and
# the last delta is one refresh more: a recorder never writes a group that is too large to be read.
MOST_IN_REFRESH = MOST_IN_GROUP // 4
EARLIEST, LATEST = 0, 4_102_444_800_000_000  # microseconds: a refresh before 1970 or after 2099 is invalid
MOST_IN_TEXTS = 1 << 20  # bytes

# Kind, number of frames that continue it, time in microseconds, bytes stored, bytes inflated, checksum of the content;
# and a checksum of the head, which tells a wrong length from a file that was cut off.
_HEAD = struct.Struct("<cHqIIII")
_CHECKED = struct.Struct("<cHqIII")
_LEVEL = 6
_SLACK = 4096  # bytes of compressed content before which some of it can be inflated


class RecordingError(OSError):
    """A file cannot be used as a recording; the message is one line that names it."""


class Frame(NamedTuple):
    """The place and the head of a frame."""

    kind: bytes
    left: int
    time: int
    offset: int
    stored: int
    raw: int

    @property
    def end(self) -> int:
        """The offset of the next frame."""
        return self.offset + _HEAD.size + self.stored


def packed(kind: bytes, left: int, time: int, data: bytes, *, is_compressed: bool = True) -> bytes:
    """Return a frame with `data` that `left` more frames continue.

    Raises RecordingError if a reader would refuse it: `check_lengths` tells which.
    """
    stored = zlib.compress(data, _LEVEL if is_compressed else 0)
    check_lengths(len(stored), len(data))
    return _head(kind, left, time, len(stored), len(data), zlib.crc32(stored)) + stored


def _head(kind: bytes, left: int, time: int, stored: int, raw: int, checksum: int) -> bytes:
    checked = _CHECKED.pack(kind, left, time, stored, raw, checksum)
    return _HEAD.pack(kind, left, time, stored, raw, checksum, zlib.crc32(checked))


def check_lengths(stored: int, raw: int) -> None:
    """Raise RecordingError unless a frame may have so many bytes, compressed and not; for writers and readers."""
    if max(stored, raw) > MOST_IN_FRAME or not raw:
        raise RecordingError(f"invalid frame length: {max(stored, raw)} bytes, at most {MOST_IN_FRAME}")


def check_time(time: int) -> None:
    """Raise RecordingError unless a refresh may be of `time`, in microseconds since 1970; for writers and readers."""
    if not EARLIEST <= time <= LATEST:
        raise RecordingError("invalid time")


def stored_size(frame: bytes) -> int:
    """Return the bytes of the content of a frame that `packed` returned."""
    return len(frame) - _HEAD.size


def frames(file: BinaryIO, offset: int) -> Iterator[Frame]:
    """Yield the frames of `file` from `offset` to its end. Raises RecordingError at a damaged one."""
    file.seek(offset)
    while len(head := file.read(_HEAD.size)) == _HEAD.size:
        kind, left, time, stored, raw, checksum, _ = _HEAD.unpack(head)
        if head != _head(kind, left, time, stored, raw, checksum):
            raise RecordingError("invalid frame header")
        check_lengths(stored, raw)
        data = file.read(stored)
        if len(data) < stored:
            return
        if zlib.crc32(data) != checksum:
            raise RecordingError("frame checksum mismatch")
        yield Frame(kind, left, time, offset, stored, raw)
        offset += _HEAD.size + stored
        file.seek(offset)


def beginning(file: BinaryIO, frame: Frame, size: int) -> bytes:
    """Return the first `size` bytes of the content of a frame, or all of it. Raises RecordingError if it has none."""
    file.seek(frame.offset + _HEAD.size)
    try:
        return zlib.decompressobj().decompress(file.read(min(frame.stored, size + _SLACK)), size)
    except zlib.error as error:
        raise RecordingError(str(error)) from error


def unpacked(file: BinaryIO, frame: Frame) -> bytes:
    """Return the content of a frame of `file`. Raises RecordingError if it does not match its head."""
    file.seek(frame.offset + _HEAD.size)
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(file.read(frame.stored), frame.raw + 1)
    except zlib.error as error:
        raise RecordingError(str(error)) from error
    if len(data) != frame.raw or not unpacker.eof:
        raise RecordingError("compressed length mismatch")
    return data
