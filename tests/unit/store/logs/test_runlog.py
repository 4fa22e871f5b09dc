"""Lines, times and levels of run logs."""

import io
import logging
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store import Error, ErrorKind, Level, RunLogFormatter, format_log_line
from store.logs.runlog import Head, Levels, head

TIME = datetime(2026, 11, 1, 12, tzinfo=UTC)


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


@given(
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),
    st.text(st.characters(codec="utf-8")) | st.lists(st.sampled_from(["a", "\n", "2026/11/01 12:00:00 "])).map("".join),
    st.sampled_from(Level),
)
@example(TIME, "a\n2026/11/01 12:00:00 [error] b\nc", Level.INFO)
def test_a_written_entry_is_read_back(time: datetime, text: str, level: Level) -> None:
    first, *others, end = format_log_line(time, text, level).split(b"\n")
    found = head(first)
    assert found is not None
    assert (found.time, found.level) == (time.replace(microsecond=0), level)
    assert [head(line) for line in others] == [None] * len(others)
    levels = Levels()
    assert {levels.classify(line) for line in (first, *others)} == {level}
    lines = [first[found.size :], *(line.removeprefix(b"\t") if head(line[1:]) else line for line in others)]
    assert b"\n".join(lines) == text.encode()
    assert end == b""


def test_the_form_of_an_entry() -> None:
    assert format_log_line(TIME, "-> sort") == b"2026/11/01 12:00:00 [info] -> sort\n"
    assert format_log_line(TIME, "a\ud800", Level.ERROR) == "2026/11/01 12:00:00 [error] a\ufffd\n".encode()
    with pytest.raises(Error, match="no time zone") as raised:
        format_log_line(datetime(2026, 11, 1), "a")
    assert raised.value.kind is ErrorKind.INVALID


def test_records_of_the_logging_module() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RunLogFormatter())
    try:
        raise KeyError("sample")
    except KeyError as error:
        trace = (KeyError, error, error.__traceback__)
    for level, text, exception in (
        (logging.DEBUG, "exec %s", None),
        (logging.WARNING, "slow: %s", None),
        (logging.CRITICAL, "lost %s", trace),
    ):
        record = logging.LogRecord("engine", level, __file__, 1, text, ("sort",), exception)
        record.created = TIME.timestamp() + 0.9
        handler.emit(record)
    lines = stream.getvalue().splitlines()
    assert lines[:4] == [
        "2026/11/01 12:00:00 [debug] exec sort",
        "2026/11/01 12:00:00 [info] slow: sort",
        "2026/11/01 12:00:00 [error] lost sort",
        "Traceback (most recent call last):",
    ]
    assert lines[-1] == "KeyError: 'sample'"
