"""Levels of log lines by number."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import LocalRepository
from store.logs import object_log as objects
from store.logs.log import END
from store.logs.open import Logs
from store.logs.runlog import Level, Levels
from tests.support.long_lines import (
    cuts,
    pages,
    short_pieces,  # noqa: F401
)
from tui.logs.document import Document
from tui.logs.levels import LineLevels, LineTone, detect_tone
from tui.logs.line_store import LineStore
from tui.logs.search import LogFilter, LogSearch

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


@pytest.mark.parametrize(
    ("line", "tone"),
    [
        ("ValueError: x", LineTone.ERROR),
        ("2026/11/01 [error] x", LineTone.ERROR),
        ("Traceback (most recent call last):", LineTone.ERROR),
        ("java.lang.NullPointerException at x", LineTone.ERROR),
        ("Killed", LineTone.ERROR),
        ("failed: 3 of 7", LineTone.ERROR),
        ("done with 0 errors", LineTone.NEUTRAL),
        ("no error", LineTone.NEUTRAL),
        ("errors: 0, warnings: 0", LineTone.NEUTRAL),
        ("failed=0", LineTone.NEUTRAL),
        ("terrors of the deep", LineTone.NEUTRAL),
        ("WARNING: deprecated", LineTone.WARNING),
        ("warned: an error", LineTone.ERROR),
    ],
)
def test_words_tell_what_a_line_reports(line: str, tone: LineTone) -> None:
    assert detect_tone(line) is tone
