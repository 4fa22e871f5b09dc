"""Reading and writing of traces."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind, Span, format_trace, parse_trace

TIME = datetime(2026, 11, 1, 12, tzinfo=UTC)

MICROSECONDS = TIME.timestamp() * 1e6


def test_a_trace() -> None:
    events: list[Any] = [
        {
            "ph": "X",
            "name": "b",
            "cat": "exec",
            "ts": MICROSECONDS + 1e6,
            "dur": 2e6,
            "pid": 1,
            "tid": 2,
            "args": {"k": 1},
        },
        {"ph": "B", "name": "a", "ts": MICROSECONDS, "pid": 3, "tid": 1, "args": None},
        {"ph": "E", "ts": MICROSECONDS + 5e6, "pid": 3, "tid": 1},
        {"ph": "E", "ts": 1, "pid": 9},
        {"ph": "B", "name": "never ended", "ts": 1},
        {"ph": "M", "name": "process_name"},
        {"ph": "X", "name": "malformed", "ts": "now"},
        {"ph": "X", "name": "beyond time", "ts": 1e300},
        {"ph": "X", "name": "until beyond time", "ts": 2.5e17, "dur": 2.5e17},
        None,
    ]
    for data in ({"traceEvents": events}, events):
        spans = parse_trace(json.dumps(data).encode())
        first, second = spans
        assert (spans.unreadable, spans.unended) == (4, 1)
        assert (first.name, first.start, first.duration, first.group) == ("a", TIME, timedelta(seconds=5), 3)
        assert (second.name, second.category, second.row, second.args) == ("b", "exec", 2, {"k": 1})
        assert (second.start, second.duration) == (TIME + timedelta(seconds=1), timedelta(seconds=2))


def test_names_that_are_not_utf_8_are_read_with_stand_ins() -> None:
    event = b'{"ph": "X", "name": "r\xe9sum\xe9", "ts": 1e15, "args": {"cmd": "\xff"}}'
    broken = b'{"ph": "X", "name": "\xe9", "ts": "\xe9"}'
    for data in (b"[%b, %b]" % (event, broken), b'{"traceEvents": [%b, %b]}' % (event, broken)):
        spans = parse_trace(data)
        assert [(span.name, span.args) for span in spans] == [("r\ufffdsum\ufffd", {"cmd": "\ufffd"})]
        assert spans.unreadable == 1


TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
SPANS = st.builds(
    Span,
    name=TEXTS,
    category=TEXTS,
    start=st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)),
    duration=st.timedeltas(timedelta(), timedelta(days=300)),
    group=st.integers(0, 9),
    row=st.integers(0, 9),
    args=st.dictionaries(TEXTS, VALUES, max_size=3),
)


@given(st.lists(SPANS, max_size=5))  # generating more took ten times as long as writing and reading them
def test_written_spans_are_read_back(spans: list[Span]) -> None:
    assert parse_trace(format_trace(spans)) == sorted(spans, key=lambda span: span.start)


def test_events_are_those_of_the_trace_viewer() -> None:
    span = Span(name="sort\ud800", category="exec", start=TIME, duration=timedelta(seconds=2), group=1, row=3)
    (event,) = json.loads(format_trace([span]))["traceEvents"]
    assert event == {
        "ph": "X",
        "name": "sort\ufffd",
        "cat": "exec",
        "ts": MICROSECONDS,
        "dur": 2_000_000,
        "pid": 1,
        "tid": 3,
        "args": {},
    }
    assert isinstance(event["ts"], int)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"start": datetime(2026, 11, 1)}, "no time zone"),
        ({"start": None}, "start"),
        ({"duration": timedelta(seconds=-1)}, "negative"),
        ({"duration": timedelta.max}, "out of range"),
        ({"row": 1 << 70}, "no JSON form"),
        ({"args": {"at": TIME}}, "no JSON form"),
        ({"args": {"cpu": float("inf")}}, "no JSON form"),
        ({"args": {1: 2}}, "args"),
    ],
)
def test_spans_that_would_not_be_read_back_are_invalid(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(Error, match=text) as raised:
        format_trace([Span(**{"name": "sort", "start": TIME, **fields})])
    assert raised.value.kind is ErrorKind.INVALID
