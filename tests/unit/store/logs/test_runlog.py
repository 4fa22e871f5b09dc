"""Lines, times and levels of run logs."""

import pytest

from store.logs.runlog import Head, Level, Levels, head
from tests.support.engine_objects import TIME


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"2026/11/01 12:00:00 [error] x", Head(TIME, Level.ERROR, 28)),
        (b"2026/11/01 12:00:00 [debug] ", Head(TIME, Level.DEBUG, 28)),
        (b"2026/11/01 12:00:00 x", Head(TIME, Level.INFO, 20)),
        (b"2026/11/01 12:00:00 [huh] x", Head(TIME, Level.INFO, 26)),
        (b"2026/11/01 12:00:00 []", Head(TIME, Level.INFO, 20)),
        (b"2026/13/01 12:00:00 [info] x", None),
        (b" 2026/11/01 12:00:00 [info] x", None),
        (b"", None),
    ],
)
def test_heads_of_lines(line: bytes, found: Head | None) -> None:
    assert head(line) == found


def test_continuation_lines_inherit_the_level() -> None:
    lines = [b"?", b"2026/11/01 12:00:00 [error] x", b"\ty", b"2026/11/01 12:00:00 [debug] z", b"z"]
    levels = Levels()
    assert [levels.classify(line) for line in lines] == [Level.INFO, Level.ERROR, Level.ERROR, Level.DEBUG, Level.DEBUG]


def test_levels_by_name() -> None:
    assert [Level.named(name) for name in ("Error", " debug", "", "fatal")] == [1, 3, 2, 2]
