"""The lines of a line store."""

from tui.logs.line_store import LineStore
from tui.logs.lines import LogLine


def stored_lines(blocks: LineStore) -> list[LogLine]:
    return [line for _, line in blocks.lines(blocks.first, blocks.end)]
