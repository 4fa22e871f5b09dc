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
    assert trace_lines([]) == ["no spans"]
