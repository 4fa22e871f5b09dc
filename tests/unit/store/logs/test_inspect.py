"""Reading of the engine's objects: inspects, traces, run logs."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind, ExecInspect, Resources, parse_inspect, parse_trace
from store.logs.inspect import Usage
from store.logs.runlog import Head, Level, Levels, head

TIME = datetime(2026, 11, 1, 12, tzinfo=UTC)
INSPECT: dict[str, Any] = {
    "Created": "2026-11-01T11:59:00.5Z",
    "Config": {
        "Type": "exec",
        "Ident": "samtools.sort",
        "URL": "",
        "Image": "samtools@sha256:0",
        "OriginalImage": "samtools:1.9",
        "Cmd": "samtools sort %s",
        "Args": [{"Out": False, "Fileset": {}, "Index": 0}],
        "Resources": {"cpu": 4, "mem": 17179869184},
        "NeedAWSCreds": False,
    },
    "State": "complete",
    "Status": "exec complete",
    "Profile": {
        "cpu": {
            "Max": 3.5,
            "Mean": 2.25,
            "Var": 0.5,
            "N": 12,
            "First": "2026-11-01T12:00:00Z",
            "Last": "0001-01-01T00:00:00Z",
        },
        "mem": {"Max": 1e10, "Mean": 5e9},
        "disk": {},
    },
    "Gauges": {"tmp": 1},
    "Commands": ["samtools sort"],
    "Docker": {
        "Id": "f00",
        "State": {
            "ExitCode": 137,
            "OOMKilled": True,
            "StartedAt": "2026-11-01T12:00:00.123456789Z",
            "FinishedAt": "2026-11-01T12:01:00Z",
        },
    },
    "ExecError": {"Op": "exec", "Arg": ["x"], "Kind": "OOM", "Error": ""},
}


def test_an_inspect() -> None:
    found = parse_inspect(json.dumps(INSPECT).encode())
    assert (found.ident, found.image, found.command) == ("samtools.sort", "samtools@sha256:0", "samtools sort %s")
    assert (found.state, found.status, found.commands) == ("complete", "exec complete", ("samtools sort",))
    assert found.resources == Resources({"cpu": 4, "mem": 16 << 30})
    assert found.profile["cpu"] == Usage(max=3.5, mean=2.25, var=0.5, n=12, first=TIME)
    assert found.profile["mem"] == Usage(max=1e10, mean=5e9)
    assert found.profile["disk"] == Usage()
    assert (found.exit_code, found.oom_killed, found.gauges) == (137, True, {"tmp": 1.0})
    assert found.runtime == timedelta(seconds=59, microseconds=876544)
    assert found.exec_error == Error(ErrorKind.OOM, "exec", ("x",))
    assert found.error is None


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"Config": None, "Profile": None, "Docker": {"State": None}, "Commands": None},
        {"Config": [], "Profile": {"cpu": 1}, "Docker": {"State": {"ExitCode": "1", "StartedAt": "soon"}}},
        {"Created": 1, "Gauges": {"a": True, "b": "x"}, "State": 1, "Commands": [1]},
    ],
)
def test_missing_fields_of_an_inspect_object(value: dict[str, Any]) -> None:
    found = parse_inspect(json.dumps(value).encode())
    assert (found.runtime, found.exit_code, found.gauges, found.commands) == (None, None, {}, ())


def test_numbers_too_large_for_a_float() -> None:
    huge = b"1" + b"0" * 400
    found = parse_inspect(b'{"Profile": {"cpu": {"Max": %s, "Mean": 2}}, "Gauges": {"a": %s}}' % (huge, huge))
    assert found.profile["cpu"].mean == 2
    assert found.gauges == {}


def test_an_error_of_another_form() -> None:
    found = parse_inspect(b'{"Error": {"Kind": 3}}')
    assert found.error is not None
    assert "Kind" in str(found.error)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"null", b"[" * 100_000, b"\xff"])
def test_invalid_inspects_and_traces(data: bytes) -> None:
    for parse in (parse_inspect, parse_trace) if data != b"[]" else (parse_inspect,):
        with pytest.raises(Error) as raised:
            parse(data)
        assert raised.value.kind is ErrorKind.INVALID


@given(
    st.binary()
    | st.recursive(
        st.none() | st.floats() | st.text(),
        lambda inner: st.dictionaries(st.sampled_from([*INSPECT, *INSPECT["Config"], "State"]), inner),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_bytes_are_an_inspect_or_invalid(data: bytes) -> None:
    try:
        found = parse_inspect(data)
    except Error:
        return
    assert isinstance(found, ExecInspect)


# Traces.

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


# Logs of runs.


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
