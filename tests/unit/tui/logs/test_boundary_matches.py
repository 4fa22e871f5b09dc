"""Long lines in pieces, and lines that go on with others: what is found and which level it has, as on the whole."""

import itertools
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import LocalRepository
from store.location import Location
from store.logs import object_log as objects
from store.logs.log import END, HEAD, Cursor, Log, Page
from store.logs.open import Logs
from store.logs.runlog import Level, Levels
from tui.logs import boundary_matches as across
from tui.logs import line_store as blocks
from tui.logs import lines
from tui.logs import selection as choose
from tui.logs.document import Document
from tui.logs.levels import LineLevels
from tui.logs.line_store import LineStore
from tui.logs.lines import LogLine
from tui.logs.search import LogFilter, LogSearch, compiled, plain
from tui.logs.selection import LogSelection, SelectionReader

LONGEST, REACH = 400, 160

# Colours and characters of several bytes may stand at any cut. Matches are no longer than `REACH`.
texts = st.tuples(
    st.lists(st.text("ab€😀\t", min_size=1, max_size=100), max_size=6),
    st.lists(st.sampled_from(["\x1b[31m", "\x1b[38;2;10;20;30;48;5;200m", "\x1b[", "\x1b"]), max_size=3),
).flatmap(lambda parts: st.permutations([*parts[0], *parts[1]]).map("".join))
patterns = st.sampled_from(
    ["ab", "a.b", "^a", "b$", r"\bab", "(?<=a)b{2,5}", "a(?!b)", "€😀", "^", "$", "[ab]{6}", "x*"]
)
cuts = st.lists(st.floats(0, 1), max_size=5)


@pytest.fixture(autouse=True, scope="module")
def short() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (lines, blocks):
            patch.setattr(module, "LONGEST", LONGEST)
        for module in (across, blocks):
            patch.setattr(module, "REACH", REACH)
        patch.setattr(blocks, "_BLOCK", 1000)
        patch.setattr(blocks, "_MOST_LINES", 5)
        yield


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


@given(
    st.lists(st.lists(st.text("ab", min_size=50, max_size=300), max_size=6).map("".join), max_size=4), patterns, cuts
)
async def test_grep_finds_the_same(written: list[str], searched: str, points: list[float]) -> None:
    data = "".join(f"{line}\n" for line in written).encode()
    pattern = re.compile(searched.encode())
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
    st.sampled_from([LogSelection(), LogSelection(grep=re.compile(b"^|x"))]),
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


class NoLog(objects.ObjectLog):
    """Nothing is read of it."""

    def __init__(self) -> None:
        pass


async def test_a_match_across_two_pieces_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "PAGE", 600)
    repository = LocalRepository(tmp_path)
    data = b"x" * 398 + b"needle" + b"y" * 1600 + b"needle\nend\n"
    log = await Logs(lambda: repository).open(await repository.put(data))
    for cursor in (HEAD, END):
        document = Document(log)
        await document.open(cursor)
        reading = LogSearch(document)
        reading.search(re.compile("needle"), document.blocks.first)
        begin = document.blocks.first
        later = [number async for number in hits(reading, begin - 1, forward=True)]
        found = [number async for number in hits(reading, begin, forward=False)] + later
        assert len(found) == 2
        for number in found:
            assert b"needle" in b"".join(line.text for _, line in document.blocks.lines(number, number + 2))
        document.close()


async def hits(reading: LogSearch, number: int, *, forward: bool) -> AsyncIterator[int]:
    while (found := await reading.next_hit(number, forward=forward)) is not None:
        yield found
        number = found


# Levels.

heads = st.sampled_from([b"error", b"info", b"debug"]).map(lambda name: b"2026/11/01 12:00:00 [%s] x" % name)
run_logs = st.lists(st.tuples(heads, st.integers(0, 30)), max_size=8)


def run_log(described: list[tuple[bytes, int]], before: int = 0) -> list[bytes]:
    lines = [b"\tbefore"] * before
    for begun, more in described:
        lines += [begun, *[b"\tmore"] * more]
    return lines


@given(run_logs, st.integers(0, 12), cuts, st.booleans())
def test_continuation_lines_inherit_the_level(
    described: list[tuple[bytes, int]], before: int, points: list[float], from_the_end: bool
) -> None:
    texts = run_log(described, before)
    held = LineStore()
    levels = LineLevels(held)
    whole = Levels()
    by_line = [whole.classify(text) if number >= before else None for number, text in enumerate(texts)]
    parts = pages(b"".join(text + b"\n" for text in texts), points)
    for page in reversed(parts) if from_the_end else parts:
        (held.prepend if from_the_end else held.append)(page)
        offset = len(texts) if from_the_end else 0
        known = range(levels.first_known, held.end)
        for number in range(held.first, held.end):
            assert levels.level(number) == (by_line[number + offset] if number in known else None)
    held.finish(head=True, tail=True)
    offset = -held.first
    assert [levels.level(number) for number in range(held.first, held.end)] == by_line
    assert levels.first_known + offset == min(before, len(texts)) or not described
    held.close()


@pytest.mark.parametrize("context", [0, 2])
async def test_a_level_set_many_lines_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: int) -> None:
    monkeypatch.setattr(objects, "PAGE", 300)
    texts = run_log([(b"2026/11/01 12:00:00 [error] x", 300), (b"2026/11/01 12:00:01 [info] y", 20)])
    repository = LocalRepository(tmp_path)
    log = await Logs(lambda: repository).open(await repository.put(b"".join(text + b"\n" for text in texts)))
    document = Document(log)
    await document.open(END)
    reading = LogSearch(document)
    reading.choose(LogFilter(level=Level.ERROR, context=context), document.blocks.first)
    await reading.work()
    while await document.read_earlier():
        await reading.work()
    await reading.work()
    assert reading.is_done
    assert reading.rows.end - reading.rows.first == 301 + context
    document.close()


@pytest.mark.parametrize("text", ["(", "a{99999999999999999999}", 5000 * "(" + 5000 * ")"])
def test_an_invalid_expression_is_searched_literally(text: str) -> None:
    assert compiled(text).search(f"... {text} ...")
