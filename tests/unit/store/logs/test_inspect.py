"""Reading and writing of inspects, and reading of malformed objects of the engine."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind, ExecInspect, Resources, Usage, format_inspect, parse_inspect, parse_trace

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


# Writing.

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8"))
TIMES = st.none() | st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))
USAGES = st.builds(Usage, max=FLOATS, mean=FLOATS, var=FLOATS, n=st.integers(0, 1 << 50), first=TIMES, last=TIMES)
ERRORS = st.none() | st.builds(
    Error, st.sampled_from(ErrorKind), TEXTS, st.lists(TEXTS, max_size=4), TEXTS.filter(bool)
)
INSPECTS = st.builds(
    ExecInspect,
    created=TIMES,
    type=st.sampled_from(["exec", "intern", "extern"]),
    ident=TEXTS,
    url=TEXTS,
    image=TEXTS,
    original_image=TEXTS,
    command=TEXTS,
    resources=st.builds(Resources, st.dictionaries(TEXTS, FLOATS, max_size=4)),
    state=TEXTS,
    status=TEXTS,
    error=ERRORS,
    exec_error=ERRORS,
    profile=st.dictionaries(TEXTS, USAGES, max_size=4),
    gauges=st.dictionaries(TEXTS, FLOATS, max_size=4),
    commands=st.lists(TEXTS, max_size=4).map(tuple),
    started=TIMES,
    finished=TIMES,
    exit_code=st.none() | st.integers(-(1 << 31), 1 << 31),
    oom_killed=st.booleans(),
)


@given(INSPECTS)
def test_a_written_inspect_is_read_back(inspect: ExecInspect) -> None:
    assert parse_inspect(format_inspect(inspect)) == inspect


def test_the_keys_are_those_of_the_engine() -> None:
    written = json.loads(format_inspect(parse_inspect(json.dumps(INSPECT).encode())))
    assert written["Created"] == "2026-11-01T11:59:00.5Z"
    assert written["Config"] == {**INSPECT["Config"], "Args": None, "NeedDockerAccess": False}
    assert written["Profile"]["cpu"] == INSPECT["Profile"]["cpu"]
    state = {
        "Status": "exited",
        "Running": False,
        **INSPECT["Docker"]["State"],
        "StartedAt": "2026-11-01T12:00:00.123456Z",
    }
    assert written["Docker"] == {"State": state, "Mounts": None, "Config": None, "NetworkSettings": None}
    assert written["ExecError"] == INSPECT["ExecError"]
    assert "Error" not in written
    assert written.keys() - INSPECT.keys() == set()
    assert "State" not in json.loads(format_inspect(ExecInspect()))["Docker"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"created": datetime(2026, 11, 1)}, "no time zone"),
        ({"finished": datetime.max.replace(tzinfo=UTC)}, "calendar"),
        ({"exit_code": 1.5}, "exit_code"),
        ({"exit_code": True}, "exit_code"),
        ({"exit_code": 1 << 70}, "no JSON form"),
        ({"ident": None}, "ident"),
        ({"resources": {"cpu": 1}}, "resources"),
        ({"resources": Resources({"cpu": float("inf")})}, "inf has no JSON form"),
        ({"gauges": {"tmp": float("nan")}}, "nan has no JSON form"),
        ({"profile": {"cpu": 3}}, "profile"),
        ({"profile": {"cpu": Usage(n=1.5)}}, r"\$\.n"),  # type: ignore[arg-type]
        ({"exec_error": "killed"}, "exec_error"),
        ({"commands": "sort"}, "commands"),
    ],
)
def test_values_that_would_not_be_read_back_are_invalid(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(Error, match=text) as raised:
        format_inspect(ExecInspect(**fields))
    assert raised.value.kind is ErrorKind.INVALID


def test_an_error_and_a_text_that_cannot_be_stored_as_they_are() -> None:
    inspect = ExecInspect(command="a\ud800", exec_error=Error(ErrorKind.EVAL, cause=KeyError("sample")))
    found = parse_inspect(format_inspect(inspect))
    assert found.command == "a\ufffd"
    assert str(found.exec_error) == "evaluation error: KeyError: 'sample'"


def test_usage_of_samples() -> None:
    later = TIME + timedelta(seconds=5)
    usage = Usage.measured([(TIME, 12 << 30), (later, 4 << 30)])
    assert usage == Usage(max=12 * 2**30, mean=8 * 2**30, var=2.0**64, n=2, first=TIME, last=later)
    assert parse_inspect(format_inspect(ExecInspect(profile={"mem": usage}))).profile == {"mem": usage}
    assert Usage.measured([]) == Usage()


def test_an_exit_code_that_is_no_number_is_missing() -> None:
    assert parse_inspect(b'{"Docker":{"State":{"ExitCode":true}}}').exit_code is None
    assert parse_inspect(b'{"Docker":{"State":{"ExitCode":1}}}').exit_code == 1
