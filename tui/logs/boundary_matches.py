"""Matches in long lines, which are searched piece by piece: a match across pieces is found where it begins."""

import re
from collections.abc import AsyncIterator, Callable

from tui.logs.line_text import plain
from tui.logs.lines import SLACK, LogLine, cut

REACH = 4 * 1024
"""Bytes searched on either side of a piece. Longer matches may be missed where a line is cut."""


def begins_in(
    pattern: re.Pattern[str], before: bytes, text: bytes, after: bytes, read: Callable[[bytes], str] = plain
) -> bool:
    """Return whether a match begins in `text`, whose neighbours in the same line are `before` and `after`.

    `read` returns bytes as they are matched.
    """
    earlier, whole = read(before), read(text)
    start, end = len(earlier), len(earlier) + len(whole)
    whole = f"{earlier}{whole}{read(after)}"
    # Where the line goes on, the last character is only there so that RE2 does not take its end for that of the line.
    is_cut = len(after) > REACH - SLACK
    found = pattern.search(whole, start, len(whole) - is_cut)
    return found is not None and (found.start() < end or not after)


def end_of(text: bytes) -> bytes:
    """Return the end of a piece, as much as the next piece is searched with."""
    return text[cut(text, len(text) - REACH) :] if len(text) > REACH else text


def beginning_of(text: bytes) -> bytes:
    """Return the start of a piece, as much as the piece before is searched with."""
    return text[: cut(text, REACH)]


async def with_neighbours(lines: AsyncIterator[LogLine]) -> AsyncIterator[tuple[bytes, LogLine, bytes]]:
    """Yield consecutive lines, each with its neighbours in the same line."""
    before, held = b"", None
    async for line in lines:
        if held is not None:
            yield before, held, beginning_of(line.text)
            before, held = end_of(held.text), None
        if line.goes_on:
            held = line
        else:
            yield before, line, b""
            before = b""
    if held is not None:
        yield before, held, b""
