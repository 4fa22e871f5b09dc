"""Frames of a recording."""

import zlib
from pathlib import Path

import msgspec
import pytest

from tests.support.recorded import HEADER
from tests.support.recording_files import Opened
from tui.watch.recording import frames
from tui.watch.recording.frames import FIRST_LINE, KEY, RecordingError, packed


def test_a_frame_does_not_become_more_than_its_head_says(path: Path, opened: Opened) -> None:
    bomb = zlib.compress(bytes(frames.MOST_IN_FRAME * 8), 9)
    head = frames._head(KEY, 0, 0, len(bomb), 100, zlib.crc32(bomb))
    path.write_bytes(FIRST_LINE + packed(b"H", 0, 0, msgspec.msgpack.encode(HEADER)) + head + bomb)
    with pytest.raises(RecordingError, match="compressed length mismatch"):
        opened(path).read(0)


def test_a_frame_that_says_it_is_huge_is_not_read(path: Path, opened: Opened) -> None:
    head = frames._head(KEY, 0, 0, 100, (1 << 32) - 1, zlib.crc32(bytes(100)))
    path.write_bytes(FIRST_LINE + packed(b"H", 0, 0, msgspec.msgpack.encode(HEADER)) + head + bytes(100))
    with pytest.raises(RecordingError, match="is damaged at byte"):
        opened(path)
