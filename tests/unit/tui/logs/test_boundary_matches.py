"""Long lines in pieces, and lines that go on with others: what is found and which level it has, as on the whole."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.support.long_lines import (
    LONGEST,
    NoLog,
    cuts,
    expected,
    joined,
    pages,
    patterns,
    short_pieces,  # noqa: F401
    texts,
)
from tui.logs.document import Document
from tui.logs.line_text import plain
from tui.logs.search import LogSearch


@given(st.lists(texts, min_size=1, max_size=4), patterns, cuts, st.booleans(), st.floats(0, 1))
def test_pieces_match_as_whole_lines_do(
    written: list[str], searched: str, points: list[float], from_the_end: bool, start: float
) -> None:
    data = "".join(f"{line}\n" for line in written).encode()
    pattern = re.compile(searched)
    reading = LogSearch(Document(NoLog()))
    held = reading.document.blocks
    parts = pages(data, points)
    reached = round(start * len(parts))
    # What is looked at before all was read is found as well.
    for number, page in enumerate(reversed(parts) if from_the_end else parts):
        if number == reached:
            reading.search(pattern, (held.first + held.end) // 2)
        (held.prepend if from_the_end else held.append)(page)
        while reading.scan():
            pass
    held.finish(head=True, tail=True)
    if reading.pattern is None:
        reading.search(pattern, (held.first + held.end) // 2)
    while reading.scan():
        pass
    assert reading.is_done
    pieces = [line for _, line in held.lines(held.first, held.end)]
    assert joined(pieces) == data
    assert all(len(piece.text) <= LONGEST for piece in pieces)
    assert [piece.goes_on for piece in pieces[:-1]] == [piece.is_rest for piece in pieces[1:]]
    assert plain(joined(pieces)) == "".join(plain(piece.text) + "\n" * (not piece.goes_on) for piece in pieces)
    matches = reading.hits
    assert matches is not None
    found = {matches.number(row) for row in range(matches.first, matches.end)}
    assert [number in found for number in range(held.first, held.end)] == expected(pattern, pieces)
    held.close()
