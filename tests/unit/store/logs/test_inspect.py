"""Reading of the engine's objects: inspects, traces, run logs."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind, ExecInspect, Resources, parse_inspect, parse_trace
from store.logs.inspect import Usage
from tests.support.engine_objects import TIME

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
