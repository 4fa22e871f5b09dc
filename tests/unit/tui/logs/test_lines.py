from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.logs.log import Page
from tests.support.long_lines import (
    LONGEST,
    cuts,
    joined,
    pages,
    short_pieces,  # noqa: F401
    texts,
)
from tui.logs.lines import SLACK, LogLine, Splitter, cut, lines, pieces

COLOUR = b"\x1b[38;2;10;20;30;48;5;200m"


def split(pages: Sequence[Page]) -> list[LogLine]:
    splitter = Splitter()
    return [*(line for page in pages for line in splitter.lines(page)), *splitter.finish()]


# Places to cut.


@pytest.mark.parametrize(
    ("text", "at", "place"),
    [
        (b"abcdef", 4, 4),
        (b"abcdef", 6, 6),
        (b"abcdef", 99, 6),
        ("aé".encode(), 2, 1),
        ("é".encode(), 1, 0),
        ("a😀b".encode(), 4, 1),
        ("a😀b".encode(), 5, 5),
        (b"ab\x1b[31mc", 3, 2),
        (b"ab\x1b[31mc", 6, 2),
        (b"ab\x1b[31mc", 7, 7),
        (b"ab\x1b[31;xy", 8, 8),  # no colour
        (b"a" + COLOUR + b"b", len(COLOUR), 1),
        (b"\x80" * 9, 6, 6),  # no UTF-8 at all
        (b"a\x1b" + b"0" * 70, 70, 70),
    ],
)
def test_a_cut_is_before_a_character_or_a_colour(text: bytes, at: int, place: int) -> None:
    assert cut(text, at) == place


parts = st.sampled_from(["a", "é", "€", "😀", "\x1b[31m", COLOUR.decode()])


@given(st.lists(parts, max_size=60), st.integers(0, 400))
def test_both_sides_of_a_cut_are_whole(parts: list[str], at: int) -> None:
    text = "".join(parts).encode()
    place = cut(text, at)
    assert min(at, len(text)) - SLACK < place <= at
    places = {len("".join(parts[:n]).encode()) for n in range(len(parts) + 1)}
    assert place in places


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_are_cut_close_to_the_place(data: bytes, at: int) -> None:
    assert min(at, len(data)) - SLACK < cut(data, at) <= at


# Pieces of lines.


@given(texts, st.booleans(), st.booleans())
def test_pieces_make_up_the_line(text: str, goes_on: bool, is_rest: bool) -> None:
    line = LogLine(text.encode(), 5, goes_on, is_rest)
    made = list(pieces(line))
    assert b"".join(piece.text for piece in made) == line.text
    assert all(len(piece.text) <= LONGEST for piece in made)
    assert all(len(piece.text) > LONGEST - SLACK for piece in made[:-1])
    assert [piece.goes_on for piece in made] == [True] * (len(made) - 1) + [goes_on]
    assert [piece.is_rest for piece in made] == [is_rest] + [True] * (len(made) - 1)
    assert {piece.time for piece in made} == {5}


def test_a_line_as_long_as_a_piece_is_one() -> None:
    assert list(pieces(LogLine(b"x" * LONGEST))) == [LogLine(b"x" * LONGEST)]
    assert [len(piece.text) for piece in pieces(LogLine(b"x" * (LONGEST + 1)))] == [LONGEST, 1]


# Lines of pages.


@given(st.lists(texts, max_size=4), st.booleans(), cuts)
def test_pages_of_any_cut_have_the_same_lines(written: list[str], is_ended: bool, points: list[float]) -> None:
    data = "\n".join(written).encode() + b"\n" * is_ended
    found = split(pages(data, points))
    assert joined(found) == (data if data.endswith(b"\n") or not data else data + b"\n")
    assert all(len(line.text) <= LONGEST for line in found)
    assert [line.is_rest for line in found] == [False, *(line.goes_on for line in found[:-1])][: len(found)]


def test_a_line_without_an_end_is_held_back() -> None:
    splitter = Splitter()
    assert list(splitter.lines(Page(b"one\ntw"))) == [LogLine(b"one")]
    assert list(splitter.lines(Page(b""))) == []
    assert list(splitter.lines(Page(b"o\n\n"))) == [LogLine(b"two"), LogLine(b"")]
    assert list(splitter.finish()) == []
    assert list(splitter.lines(Page(b"three"))) == []
    assert list(splitter.finish()) == [LogLine(b"three")]
    assert list(splitter.finish()) == []


def test_a_line_without_an_end_takes_bounded_memory() -> None:
    splitter = Splitter()
    sizes = [len(line.text) for _ in range(100) for line in splitter.lines(Page(b"x" * LONGEST))]
    assert sizes == [LONGEST] * 99
    (last,) = splitter.finish()
    assert (len(last.text), last.is_rest, last.goes_on) == (LONGEST, True, False)


def test_times_are_those_of_the_lines_of_a_page() -> None:
    splitter = Splitter()
    found = list(splitter.lines(Page(b"a\n" + b"b" * (LONGEST + 1) + b"\nc\n", (1, 2, 3))))
    assert [line.time for line in found] == [1, 2, 2, 3]


async def test_lines_of_pages_as_they_arrive() -> None:
    async def arriving() -> AsyncIterator[Page]:
        yield Page(b"a\nb")
        yield Page(b"c")

    assert [line.text async for line in lines(arriving())] == [b"a", b"bc"]
