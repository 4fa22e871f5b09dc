"""How a recording is laid out: a line that says what it is, then frames, each with its length and its checksum.

A refresh is a frame `K` (it says everything) or `D` (what has changed) and the frames `P` that go on with it. `H` is
what was recorded, and how. What is in a frame is compressed; how much that was is in its head, so that no frame can
become more than a reader takes.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

VERSION = 1
MAGIC = b"reflowtop recording "
FIRST_LINE = MAGIC + b"%d\n" % VERSION

HEADER, KEY, DELTA, PART = b"H", b"K", b"D", b"P"
MOST_IN_FRAME = 16 << 20  # bytes, before and after
# Bytes of one refresh that says everything with all that go on from it: what a reader holds, in other words.
MOST_IN_GROUP = 1 << 30

# What it is, how many frames go on with it, the time in microseconds, the bytes stored, those before, their checksum;
# and a checksum of that, so that a frame whose length is wrong is told from one that was cut off.
_HEAD = struct.Struct("<cHqIIII")
_CHECKED = struct.Struct("<cHqIII")
_LEVEL = 6


class RecordingError(OSError):
    """A file cannot be used as a recording; the message is one line that names it."""


class Frame(NamedTuple):
    """Where a frame is, and what its head says."""

    kind: bytes
    left: int
    time: int
    offset: int
    stored: int
    raw: int

    @property
    def end(self) -> int:
        """Where the next frame begins."""
        return self.offset + _HEAD.size + self.stored


def packed(kind: bytes, left: int, time: int, data: bytes) -> bytes:
    """A frame with `data`, at most `MOST_IN_FRAME` bytes, that `left` others go on with."""
    stored = zlib.compress(data, _LEVEL)
    return _head(kind, left, time, len(stored), len(data), zlib.crc32(stored)) + stored


def _head(kind: bytes, left: int, time: int, stored: int, raw: int, checksum: int) -> bytes:
    checked = _CHECKED.pack(kind, left, time, stored, raw, checksum)
    return _HEAD.pack(kind, left, time, stored, raw, checksum, zlib.crc32(checked))


def frames(file: BinaryIO, offset: int) -> Iterator[Frame]:
    """The frames of `file` from `offset` on, up to its end. Raises RecordingError at one that is damaged."""
    file.seek(offset)
    while len(head := file.read(_HEAD.size)) == _HEAD.size:
        kind, left, time, stored, raw, checksum, _ = _HEAD.unpack(head)
        if head != _head(kind, left, time, stored, raw, checksum):
            raise RecordingError("a frame that does not begin as it was written")
        if max(stored, raw) > MOST_IN_FRAME or not raw:
            raise RecordingError("a frame of a length that cannot be")
        data = file.read(stored)
        if len(data) < stored:
            return
        if zlib.crc32(data) != checksum:
            raise RecordingError("a frame that is not what was written")
        yield Frame(kind, left, time, offset, stored, raw)
        offset += _HEAD.size + stored
        file.seek(offset)


def unpacked(file: BinaryIO, frame: Frame) -> bytes:
    """What is in a frame of `file`. Raises RecordingError if that is not what its head says."""
    file.seek(frame.offset + _HEAD.size)
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(file.read(frame.stored), frame.raw + 1)
    except zlib.error as error:
        raise RecordingError(str(error)) from error
    if len(data) != frame.raw or not unpacker.eof:
        raise RecordingError("what is in it is not as long as it says")
    return data
