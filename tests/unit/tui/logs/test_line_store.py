"""The line store and selections of lines, compared with a simple implementation."""

import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, LocalRepository
from store.logs import object_log as objects
from store.logs.log import END, HEAD, Cursor, Page
from store.logs.open import Logs
from tui.logs.document import Document, save
from tui.logs.line_store import LineStore
from tui.logs.lines import LONGEST, LogLine
from tui.logs.row_index import AllLines, Find, MatchIndex

# Of all lengths that matter, and mostly short.
texts = st.lists(
    st.sampled_from([b"", b"a", b"bc", b"d" * (LONGEST - 1), b"e" * LONGEST, b"f" * (3 * LONGEST + 5)]), max_size=12
)


def cut(data: bytes, points: list[float]) -> list[bytes]:
    places = sorted({round(point * len(data)) for point in points} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


def found(blocks: LineStore) -> list[LogLine]:
    return [line for _, line in blocks.lines(blocks.first, blocks.end)]


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
    whole = found(blocks)
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
    assert [int(line.text) for line in found(blocks)] == [n for page in pages for n in page]
    times = [line.time for line in found(blocks)]
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


# What is wanted.


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


# Documents.


@pytest.fixture
async def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Document:
    """A hundred lines in pages of 64 bytes."""
    monkeypatch.setattr(objects, "PAGE", 64)
    repository = LocalRepository(tmp_path)
    content = b"".join(b"line %d\n" % n for n in range(100))
    return Document(await Logs(lambda: repository).open(await repository.put(content)))


async def test_a_document_is_read_to_either_side(document: Document) -> None:
    await document.open(END)
    assert (document.has_head, document.has_end) == (False, True)
    assert document.blocks.line(-1).text == b"line 99"
    assert not await document.read_later()
    while await document.read_earlier():
        pass
    assert document.has_head
    assert [line.text for line in found(document.blocks)] == [b"line %d" % n for n in range(100)]
    await document.open(HEAD)
    assert document.has_head
    assert document.blocks.line(0).text == b"line 0"
    while await document.read_later():
        pass
    assert (document.blocks.first, document.blocks.end) == (0, 100)
    document.close()


async def test_a_document_from_the_middle(document: Document) -> None:
    await document.open(Cursor(forward=False, offset=400))
    assert not document.has_end
    document.close()


async def test_saving(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    assert await save(document.log, str(path)) == path.stat().st_size == document.log.size
    with pytest.raises(FileExistsError):
        await save(document.log, str(path))


async def test_a_failed_read_keeps_what_was_read(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    await document.open(END)

    async def fail(cursor: Cursor) -> Page:
        raise Error

    monkeypatch.setattr(document.log, "read", fail)
    first = document.blocks.first
    for attempt in (document.read_earlier, lambda: document.open(HEAD)):
        with pytest.raises(Error):
            await attempt()
    assert document.blocks.first == first
    document.close()
