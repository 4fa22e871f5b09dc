"""The line store and selections of lines, compared with a simple implementation."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.logs.log import Page
from tests.support.stored_lines import stored_lines
from tui.logs.line_store import LineStore
from tui.logs.lines import LONGEST, LogLine

# Of all lengths that matter, and mostly short.
texts = st.lists(
    st.sampled_from([b"", b"a", b"bc", b"d" * (LONGEST - 1), b"e" * LONGEST, b"f" * (3 * LONGEST + 5)]), max_size=12
)


def cut(data: bytes, points: list[float]) -> list[bytes]:
    places = sorted({round(point * len(data)) for point in points} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


def joined(lines: list[LogLine]) -> bytes:
    return b"".join(line.text if line.goes_on else line.text + b"\n" for line in lines)


@given(texts, st.booleans(), st.lists(st.floats(0, 1), max_size=5), st.booleans())
def test_pages_of_any_cut_have_the_same_lines(
    lines: list[bytes], ended: bool, points: list[float], from_the_end: bool
) -> None:
    data = b"".join(line + b"\n" for line in lines)
    data = data if ended else data.removesuffix(b"\n")
    blocks = LineStore()
    parts = cut(data, points)
    for part in reversed(parts) if from_the_end else parts:
        (blocks.prepend if from_the_end else blocks.append)(Page(part))
    blocks.finish(head=True, tail=True)
    whole = stored_lines(blocks)
    assert joined(whole) == (data if data.endswith(b"\n") or not data else data + b"\n")
    assert all(len(line.text) <= LONGEST for line in whole)
    assert (blocks.first == 0) or from_the_end
    blocks.close()


@given(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=50), min_size=1, max_size=10), st.integers(0, 9))
def test_lines_with_times(pages: list[list[int]], middle: int) -> None:
    blocks = LineStore()
    ordered = iter(sorted(time for page in pages for time in page))
    made = [Page(b"".join(b"%d\n" % n for n in page), tuple(next(ordered) for _ in page)) for page in pages]
    middle = min(middle, len(made))
    for page in made[middle:]:
        blocks.append(page)
    for page in reversed(made[:middle]):
        blocks.prepend(page)
    blocks.finish(head=True, tail=True)
    assert [int(line.text) for line in stored_lines(blocks)] == [n for page in pages for n in page]
    times = [line.time for line in stored_lines(blocks)]
    assert times == [time for page in made for time in page.times]
    for time in (0, 50, 100):
        expected = next((n for n, at in enumerate(times) if at is not None and at >= time), len(times))
        assert blocks.at(time) - blocks.first == expected
    blocks.close()


def test_a_missing_line() -> None:
    blocks = LineStore()
    blocks.append(Page(b"a\nb\n"))
    for number in (-1, 2):
        with pytest.raises(IndexError):
            blocks.line(number)
    blocks.close()


def test_lines_are_found_by_number_in_a_large_log() -> None:
    blocks = LineStore()
    for start in range(0, 1_000_000, 50_000):
        blocks.append(Page(b"".join(b"line %d\n" % n for n in range(start, start + 50_000))))
    for number in random.Random(1).sample(range(1_000_000), 100):
        assert blocks.line(number).text == b"line %d" % number
    assert len(blocks._cache) <= 32
    blocks.close()
