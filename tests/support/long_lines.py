"""Long log lines in pieces."""

import itertools
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

import pytest
from hypothesis import strategies as st

from store.logs import object_log as objects
from store.logs.log import Page
from tui.logs import boundary_matches, line_store, lines
from tui.logs.line_text import plain
from tui.logs.lines import LogLine
from tui.logs.search import LogSearch

LONGEST, REACH = 400, 160


@pytest.fixture(autouse=True, scope="module")
def short_pieces() -> Iterator[None]:
    """Cut lines into short pieces and blocks, in every test of a module that imports this fixture."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (lines, line_store):
            patch.setattr(module, "LONGEST", LONGEST)
        for module in (boundary_matches, line_store):
            patch.setattr(module, "REACH", REACH)
        patch.setattr(line_store, "_BLOCK", 1000)
        patch.setattr(line_store, "_MOST_LINES", 5)
        yield


# Colours and characters of several bytes may stand at any cut. Matches are no longer than `REACH`.
texts = st.tuples(
    st.lists(st.text("ab€😀\t", min_size=1, max_size=100), max_size=6),
    st.lists(st.sampled_from(["\x1b[31m", "\x1b[38;2;10;20;30;48;5;200m", "\x1b[", "\x1b"]), max_size=3),
).flatmap(lambda parts: st.permutations([*parts[0], *parts[1]]).map("".join))


patterns = st.sampled_from(
    ["ab", "a.b", "^a", "b$", r"\bab", "(?<=a)b{2,5}", "a(?!b)", "€😀", "^", "$", "[ab]{6}", "x*"]
)


cuts = st.lists(st.floats(0, 1), max_size=5)


def pages(data: bytes, points: Iterable[float]) -> list[Page]:
    places = sorted({round(point * len(data)) for point in points} | {0, len(data)})
    return [Page(data[start:end]) for start, end in itertools.pairwise(places)]


async def each(pages: Sequence[Page]) -> AsyncIterator[Page]:
    for page in pages:
        yield page


def joined(pieces: Iterable[LogLine]) -> bytes:
    return b"".join(piece.text if piece.goes_on else piece.text + b"\n" for piece in pieces)


def expected(pattern: re.Pattern[str], pieces: Sequence[LogLine]) -> list[bool]:
    """For each piece, whether a match in the whole line begins in it."""
    result = []
    start = 0
    whole: list[str] = []
    for number, piece in enumerate(pieces):
        if not piece.is_rest:
            start, whole = 0, [plain(piece.text)]
            for rest in itertools.takewhile(lambda each: each.is_rest, pieces[number + 1 :]):
                whole.append(plain(rest.text))
        end = start + len(plain(piece.text))
        found = pattern.search("".join(whole), start)
        result.append(found is not None and (found.start() < end or not piece.goes_on))
        start = end
    return result


class NoLog(objects.ObjectLog):
    """Nothing is read of it."""

    def __init__(self) -> None:
        pass


async def hits(reading: LogSearch, number: int, *, forward: bool) -> AsyncIterator[int]:
    while (found := await reading.next_hit(number, forward=forward)) is not None:
        yield found
        number = found
