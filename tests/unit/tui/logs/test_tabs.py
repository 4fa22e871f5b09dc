"""Objects as tabs of the log screen."""

import json

from store import parse_trace
from tui.logs.tabs import trace_lines


def test_a_trace_in_lines() -> None:
    events = [
        {"ph": "X", "name": "a\x1b", "cat": "exec", "ts": 1e15, "dur": 60e6, "args": {"k": "v"}},
        {"ph": "X", "name": "b", "cat": "exec", "ts": 1e15 + 30e6, "dur": 30e6},
    ]
    first, _, one, other = trace_lines(parse_trace(json.dumps(events).encode()))
    assert first == "2 spans in 1m00s, from 2001-09-09 01:46:40 UTC"
    assert one == f"+      0s    1m00s {'█' * 24} exec         a␛  k=v"
    assert other.startswith(f"+     30s      30s {'·' * 12}{'█' * 12} exec")
    assert trace_lines(parse_trace(b"[]")) == ["no spans"]


def test_spans_that_are_left_out_are_counted() -> None:
    good, bad, begun = ({"ph": "X", "name": "a", "ts": 1e15}, {"ph": "X", "ts": "x"}, {"ph": "B", "name": "b"})
    first, *rest, _, _ = trace_lines(parse_trace(json.dumps([good, bad, bad, begun]).encode()))
    assert first.startswith("1 span in ")
    assert rest == ["2 spans could not be read", "1 span without an end"]
    assert trace_lines(parse_trace(json.dumps([bad]).encode())) == ["no spans", "1 span could not be read"]


def test_a_trace_in_latin_1_is_shown_with_stand_ins() -> None:
    *_, line = trace_lines(parse_trace(b'[{"ph": "X", "name": "r\xe9sum\xe9", "ts": 1e15}]'))
    assert line.rstrip().endswith("r\ufffdsum\ufffd")
