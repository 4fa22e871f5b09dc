"""Selections of log lines."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.location import Location
from store.logs.log import Cursor, Log, Page
from tests.support.long_lines import (
    NoLog,
    cuts,
    each,
    expected,
    joined,
    pages,
    patterns,
    short_pieces,  # noqa: F401
)
from tui.logs import lines
from tui.logs import selection as choose
from tui.logs.document import Document
from tui.logs.selection import LogSelection, SelectionReader


@given(
    st.lists(st.lists(st.text("ab", min_size=50, max_size=300), max_size=6).map("".join), max_size=4), patterns, cuts
)
async def test_grep_finds_the_same(written: list[str], searched: str, points: list[float]) -> None:
    data = "".join(f"{line}\n" for line in written).encode()
    pattern = re.compile(searched)
    parts = pages(data, points)
    pieces = [line async for line in lines.lines(each(parts))]
    wanted = LogSelection(grep=pattern)
    found = [line async for line in SelectionReader(Document(NoLog()).log, wanted).select(each(parts))]
    hits = expected(re.compile(searched), pieces)
    assert [line.text for line in found] == [line.text for line, hit in zip(pieces, hits, strict=True) if hit]
    # What is printed of a line that is not printed to its end has an end of its own.
    for number, (line, hit) in enumerate(zip(pieces, hits, strict=True)):
        if hit:
            assert found.pop(0).goes_on == (line.goes_on and hits[number + 1])


class Paged(Log):
    """A log of lines of some text, in pages of any sizes; with times, the page at its end is empty, and it grows."""

    place = Location("s3", "bucket", "key", "")

    def __init__(self, parts: Sequence[Page]) -> None:
        self._parts = parts

    async def read(self, cursor: Cursor) -> Page:
        count = len(self._parts)
        number = (cursor.offset or 0) if cursor.forward else (count if cursor.offset is None else cursor.offset) - 1
        page = self._parts[number] if number < count else Page(b"")
        before = Cursor(False, number) if number else None
        after = Cursor(True, number + 1) if page.times or number + 1 < count else None
        return page._replace(before=before, after=after or (Cursor(True, number) if self.timed else None))

    @property
    def timed(self) -> bool:  # type: ignore[override]
        return any(page.times for page in self._parts)


def timed(page: Page) -> Page:
    return page._replace(times=tuple(range(page.data.count(b"\n"))))


@given(
    st.lists(st.integers(0, 900).map(lambda size: b"x" * size), max_size=6),
    st.booleans(),
    cuts,
    st.integers(0, 8),
    st.sampled_from([LogSelection(), LogSelection(grep=re.compile("^|x"))]),
    st.integers(0, 2000),
)
async def test_the_last_lines_are_whole(
    written: list[bytes], has_end: bool, points: list[float], last: int, wanted: LogSelection, most: int
) -> None:
    data = b"\n".join(written) + b"\n" * has_end
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choose, "_MOST_KEPT", most)
        choice = SelectionReader(Paged(pages(data, points) or [Page(b"")]), replace(wanted, last=last))
        found = [line async for line in choice.so_far()]
    texts = data.removesuffix(b"\n").split(b"\n") if data else []
    assert joined(found) == b"".join(text + b"\n" for text in texts[max(0, len(texts) - last) :])


async def test_the_last_lines_keep_their_times() -> None:
    parts = [timed(Page(b"a\nb\nc\n")), timed(Page(b"d\n"))]
    choice = SelectionReader(Paged(parts), LogSelection(last=2))
    assert [(line.text, line.time) async for line in choice.so_far()] == [(b"c", 2), (b"d", 0)]
    assert choice.after == Cursor(True, 2)
