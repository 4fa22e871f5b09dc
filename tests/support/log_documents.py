"""Line stores and documents for tests."""

from tui.logs.line_store import LineStore
from tui.logs.lines import LogLine


def found(blocks: LineStore) -> list[LogLine]:
    return [line for _, line in blocks.lines(blocks.first, blocks.end)]
