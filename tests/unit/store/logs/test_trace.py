"""Reading of traces."""

import json
from datetime import timedelta
from typing import Any

from store import parse_trace
from tests.support.engine_objects import TIME

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
        first, second = parse_trace(json.dumps(data).encode())
        assert (first.name, first.start, first.duration, first.group) == ("a", TIME, timedelta(seconds=5), 3)
        assert (second.name, second.category, second.row, second.args) == ("b", "exec", 2, {"k": 1})
        assert (second.start, second.duration) == (TIME + timedelta(seconds=1), timedelta(seconds=2))
