"""Matches in lines that are looked at in pieces: one that goes from piece to piece is found where it begins."""

import re
from collections.abc import AsyncIterator
from typing import AnyStr

from tui.logs.lines import LogLine, cut

REACH = 4 * 1024
"""Bytes that are looked at on either side of a piece. Matches that are longer may be missed where they are cut."""


def begins_in(pattern: re.Pattern[AnyStr], before: AnyStr, text: AnyStr, after: AnyStr) -> bool:
    """Whether a match begins in `text`, which stands between the others in its line; empty ones are its ends."""
    end = len(before) + len(text)
    found = pattern.search(before + text + after, len(before))
    return found is not None and (found.start() < end or not after)


def end_of(text: bytes) -> bytes:
    """The last bytes of what comes before a piece, as many as are looked at."""
    return text[cut(text, len(text) - REACH) :] if len(text) > REACH else text


def beginning_of(text: bytes) -> bytes:
    """The first bytes of what follows a piece, as many as are looked at."""
    return text[: cut(text, REACH)]


async def with_neighbours(lines: AsyncIterator[LogLine]) -> AsyncIterator[tuple[bytes, LogLine, bytes]]:
    """Lines that follow each other, with what is in the same line right before and after each."""
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
