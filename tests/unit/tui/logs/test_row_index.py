"""Rows of the log view: all lines, or matches with context."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.logs.log import Page
from tui.logs.line_store import LineStore
from tui.logs.row_index import AllLines, Find, MatchIndex


@pytest.fixture
def hundred() -> Iterator[LineStore]:
    blocks = LineStore()
    blocks.append(Page(b"".join(b"%d\n" % n for n in range(50, 100))))
    blocks.prepend(Page(b"".join(b"%d\n" % n for n in range(50)), tuple(range(50))))
    yield blocks
    blocks.close()


def with_text(blocks: LineStore, pattern: bytes) -> Find:
    return lambda span: [n for n, line in blocks.lines(span.start, span.stop) if re.search(pattern, line.text)]


@pytest.mark.parametrize("start", [-50, -7, 0, 13, 50])
@pytest.mark.parametrize("context", [0, 1, 3])
def test_matches_and_their_context(start: int, context: int, hundred: LineStore) -> None:
    matches = MatchIndex(hundred, with_text(hundred, b"7$"), start, context)
    while matches.scan():
        pass
    assert matches.is_done
    assert matches.count == 10
    numbers = [matches.number(row) for row in range(matches.first, matches.end)]
    wanted = [n for n in range(-50, 50) if (n + 50) % 10 == 7]
    near = sorted({n + d for n in wanted for d in range(-context, context + 1) if -50 <= n + d < 50})
    assert numbers == near
    for n in range(-50, 50):
        row = matches.row(n)
        later = [number for number in numbers if number >= n]
        assert matches.number(row) == later[0] if later else row == matches.end


def test_matches_grow_with_the_log(hundred: LineStore) -> None:
    matches = MatchIndex(hundred, with_text(hundred, b"7"), 0)
    while matches.scan():
        pass
    first, end = matches.first, matches.end
    hundred.append(Page(b"7\n"))
    hundred.prepend(Page(b"7\n8\n", (0, 0)))
    assert not matches.is_done
    while matches.scan():
        pass
    assert (matches.first, matches.end) == (first - 1, end + 1)
    assert hundred.line(matches.number(matches.first)).text == b"7"


@given(
    st.lists(st.tuples(st.booleans(), st.lists(st.booleans(), min_size=1, max_size=12), st.integers(0, 2)), max_size=8),
    st.integers(0, 4),
    st.integers(-20, 20),
)
def test_matches_in_a_log_that_grows_at_both_sides(
    grown: list[tuple[bool, list[bool], int]], context: int, start: int
) -> None:
    blocks = LineStore()
    matches = MatchIndex(blocks, with_text(blocks, b"x"), start, context)
    for at_the_end, wanted, scans in grown:
        page = Page(b"".join(b"x\n" if each else b"-\n" for each in wanted), (0,) * len(wanted))
        (blocks.append if at_the_end else blocks.prepend)(page)
        for _ in range(scans):
            matches.scan()
    while matches.scan():
        pass
    lines = range(blocks.first, blocks.end)
    hits = [number for number in lines if blocks.line(number).text == b"x"]
    near = [number for number in lines if any(abs(number - hit) <= context for hit in hits)]
    assert matches.is_done
    assert matches.count == len(hits)
    assert [matches.number(row) for row in range(matches.first, matches.end)] == near
    for number in lines:
        row = matches.row(number)
        later = [each for each in near if each >= number]
        assert matches.number(row) == later[0] if later else row == matches.end
    blocks.close()


def test_every_line_is_its_own_row(hundred: LineStore) -> None:
    every = AllLines(hundred)
    assert (every.first, every.end, every.number(-3), every.row(-99)) == (-50, 50, -3, -50)
