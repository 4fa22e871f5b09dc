"""Texts about logs: colours, sentences, addresses, times."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from store import Digest, Error, ErrorKind, FailureReason, LocalRepository, Log, Run, Task, parse_inspect, parse_trace
from store.aws.error_mapping import map_exception
from store.location import Location
from store.logs.log import Check
from store.logs.object_log import ObjectLog
from store.logs.stream_log import StreamLog
from tests.support.rows import NOW, ago, make_run, make_task
from tests.unit.store.logs.test_inspect import INSPECT
from tui.logs import (
    console_url as console,
)
from tui.logs import (
    inspect_text as inspects,
)
from tui.logs import (
    provenance as truth,
)
from tui.logs import (
    sgr,
)
from tui.logs import (
    timestamps as times,
)
from tui.logs.lines import LogLine
from tui.logs.tabs import trace_lines
from tui.logs.timestamps import TimestampStyle
from tui.widgets.log_line import GOES_ON, LineLayout, parts

PLAIN = Style.null()
RED = Style(color="color(1)")
RGB = Style(color="rgb(1,2,3)")


# Colours.


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("a\x1b[31mb\x1b[0mc", [("a", PLAIN), ("b", RED), ("c", PLAIN)]),
        (
            "\x1b[31;1mb\x1b[22mc\x1b[39md",
            [("b", RED + Style(bold=True)), ("c", RED), ("d", PLAIN)],
        ),
        ("\x1b[38;5;200ma", [("a", Style(color="color(200)"))]),
        ("\x1b[48;2;1;2;3ma", [("a", Style(bgcolor="rgb(1,2,3)"))]),
        ("\x1b[92;103ma", [("a", Style(color="color(10)", bgcolor="color(11)"))]),
        ("\x1b[38:2::1:2:3ma\x1b[48:5:7mb", [("a", RGB), ("b", RGB + Style(bgcolor="color(7)"))]),
        ("\x1b[38:2:1:2:3ma\x1b[39mb", [("a", RGB), ("b", PLAIN)]),
        ("\x1b[4:3;58;5;1ma\x1b[4:0mb", [("a", Style(underline=True)), ("b", PLAIN)]),
        ("\x1b[38;5;mx", [("x", Style(color="color(0)"))]),
        ("\x1b[?25lx\x1bP1;q\x1b\\\x1b_y", [("␛[?25lx␛P1;q␛\\␛_y", PLAIN)]),
        ("10%\r20%", [("10%␍20%", PLAIN)]),
        (f"\x1b[{'1;' * 40}mx", [(f"␛[{'1;' * 40}mx", PLAIN)]),
        ("\x1b[44;7ma\x1b[m", [("a", Style(bgcolor="color(4)", reverse=True))]),
        ("\x1b[38;5;999ma\x1b[38ma\x1b[38;9;1mb", [("a", PLAIN), ("a", PLAIN), ("b", PLAIN)]),
        ("\x1b[8mhidden\x1b[5mblinks", [("hidden", PLAIN), ("blinks", PLAIN)]),
        ("\x1b[31", [("␛[31", PLAIN)]),
        ("\x1b[2J\x1b]0;t\x07", [("␛[2J␛]0;t␇", PLAIN)]),
        ("a\tb\x1b[31m\tc", [("a       b", PLAIN), ("       c", RED)]),
        ("", []),
    ],
)
def test_colours_are_kept_and_nothing_else(line: str, pieces: list[tuple[str, Style]]) -> None:
    assert list(sgr.pieces(line, 100)) == pieces


@given(st.text(st.sampled_from("\x1b[]0123456789;:m\tab界\u202e\x9b\r\x07")), st.integers(1, 40))
def test_everything_drawn_is_printable(line: str, limit: int) -> None:
    text = "".join(text for text, _ in sgr.pieces(line, limit))
    assert text.isprintable()
    assert cell_len(text) <= limit


def test_matches_are_marked_across_colours() -> None:
    look = LineLayout(80, pattern=re.compile("bcd"))
    (strip,) = parts(LogLine(b"ab\x1b[31mcd\x1b[0me bcd"), look, PLAIN, PLAIN)
    marked = [segment.text for segment in strip if segment.style and segment.style.reverse]
    assert marked == ["b", "cd", "bcd"]
    assert strip.text == "abcde bcd"


@pytest.mark.parametrize("pattern", ["", "x*", "a"])
def test_hits_everywhere(pattern: str) -> None:
    (strip,) = parts(LogLine(b"a" * 30_000), LineLayout(40, pattern=re.compile(pattern)), PLAIN, PLAIN)
    assert strip.text == "a" * 40


@given(st.binary(max_size=300), st.integers(1, 50), st.integers(0, 80), st.booleans(), st.booleans())
def test_lines_fit(text: bytes, width: int, left: int, wrap: bool, goes_on: bool) -> None:
    look = LineLayout(width, left=left, wrap=wrap)
    strips = parts(LogLine(text.replace(b"\n", b""), goes_on=goes_on), look, PLAIN, PLAIN)
    assert strips
    assert all(strip.cell_length <= width for strip in strips)
    assert wrap or len(strips) == 1


def test_a_cut_line_shows_that_it_continues() -> None:
    (strip,) = parts(LogLine(b"abc", goes_on=True), LineLayout(80), PLAIN, PLAIN)
    assert strip.text == f"abc{GOES_ON}"


# Times.


@pytest.mark.parametrize(
    ("form", "text"),
    [(TimestampStyle.OFF, ""), (TimestampStyle.UTC, "12:03:41.250"), (TimestampStyle.RELATIVE, "+26:03:41.2")],
)
def test_times(form: TimestampStyle, text: str) -> None:
    time = round(NOW.timestamp() * 1000) + 250
    begin = round(datetime(2026, 10, 31, 10, tzinfo=UTC).timestamp() * 1000)
    shown = times.text(time, form, begin)
    assert shown.strip() == text
    assert len(shown) in (0, times.WIDTH)


def test_odd_times() -> None:
    assert times.text(None, TimestampStyle.UTC, 0).strip() == ""
    assert times.text(10**18, TimestampStyle.UTC, 0).strip() == "?"
    assert times.text(-1500, TimestampStyle.RELATIVE, 0).strip() == "-0:00:01.5"
    assert [form.next for form in TimestampStyle] == [
        TimestampStyle.UTC,
        TimestampStyle.LOCAL,
        TimestampStyle.RELATIVE,
        TimestampStyle.OFF,
    ]


# The truth.


def refused(code: str, message: str, operation: str, args: tuple[str, ...]) -> Error:
    status = 404 if code in ("404", "NoSuchKey") else 400
    reply: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return map_exception(ClientError(reply, "Op"), operation, args)


LIVE, ENDED = make_task(1, 1), make_task(1, 1, end=NOW)
LOST = make_task(1, 1, start=ago(hours=2), keepalive=ago(hours=1))


@pytest.mark.parametrize(
    ("error", "row", "text"),
    [
        (
            refused("ResourceNotFoundException", "no stream", "logs.GetLogEvents", ("g", "s")),
            LIVE,
            "nothing is written yet: g s",
        ),
        (
            refused("ResourceNotFoundException", "no stream", "logs.GetLogEvents", ("g", "s")),
            LOST,
            "nothing was written before the task was lost: g s",
        ),
        (
            refused("ResourceNotFoundException", "no stream", "logs.GetLogEvents", ("g", "s")),
            ENDED,
            "the stream is gone, deleted or beyond its retention: g s",
        ),
        (
            refused(
                "ResourceNotFoundException", "The specified log group does not exist", "logs.GetLogEvents", ("g", "s")
            ),
            LIVE,
            "there is no such log group: check the region and the account: g s",
        ),
        (
            refused("NoSuchKey", "x", "s3.GetObject", ("b", "k\x1b")),
            ENDED,
            "the object is missing, deleted or never uploaded: b k␛",
        ),
        (
            refused("404", "x", "s3.GetObject", ("b", "k")),
            ENDED,
            "the object is missing, deleted or never uploaded: b k",
        ),
        (
            refused("NoSuchBucket", "x", "s3.GetObject", ("b", "k")),
            ENDED,
            "there is no bucket b: check its name, the region and the account",
        ),
        (
            refused("SlowDown", "Please reduce your request rate.", "s3.GetObject", ("b", "k")),
            ENDED,
            "AWS throttles the reads of it (Please reduce your request rate): try again in a moment",
        ),
        (Error(ErrorKind.NOT_EXIST, "open log", ("t",), "no log yet", FailureReason.NO_LOG), LIVE, "no log yet"),
    ],
)
def test_reasons_for_a_missing_log(error: Error, row: Task, text: str) -> None:
    assert truth.explain_missing(error, row, NOW) == text


@pytest.mark.parametrize(
    ("error", "begin"),
    [
        (
            refused("AccessDenied", "Access Denied", "s3.GetObject", ("b", "k")),
            "denied, it takes s3:GetObject: s3.GetObject b k",
        ),
        (
            refused("AccessDenied", "User: amy is not authorized to perform: kms:Decrypt on", "s3.GetObject", ("b",)),
            "denied, it takes kms:Decrypt: s3.GetObject b",
        ),
        (
            refused("AccessDenied", "User: amy is not authorized to perform: s3:ListBucket", "s3.GetObject", ("b",)),
            "denied, it takes s3:ListBucket to be told that there is no such object: s3.GetObject b",
        ),
        (
            refused("AccessDeniedException", "no", "logs.GetLogEvents", ("g", "s")),
            "denied, it takes logs:GetLogEvents: ",
        ),
        (
            refused("ExpiredToken", "x", "s3.GetObject", ("b", "k")),
            "it could not be read. The credentials are not valid any more: log in again",
        ),
        (Error(ErrorKind.NOT_ALLOWED, "stat", (), "x"), "denied: stat"),
        (
            Error(ErrorKind.NET, "s3.GetObject", ("b", "k"), "gone"),
            "it could not be read. The service cannot be reached",
        ),
        (Error(ErrorKind.OTHER, "get", ("k",), "gone"), "it could not be read: get k"),
    ],
)
def test_why_it_cannot_be_read(error: Error, begin: str) -> None:
    assert truth.explain_missing(error, ENDED, NOW).startswith(begin)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (LIVE, "no inspect yet: it is written when the task ends"),
        (make_run(1), "no inspect yet: it is written when the run ends"),
        (ENDED, "no inspect: it ended without writing one"),
        (LOST, "no inspect: it is lost, last heard of with a lease until 2026-11-01 11:03:41 UTC"),
    ],
)
def test_reasons_for_an_unwritten_log(row: Run | Task, text: str) -> None:
    assert truth.not_written(row, "inspect", NOW) == text


def test_provenance_lines(tmp_path: Any) -> None:
    stream: Log = StreamLog(None, "g", "s\x1b")
    assert truth.describe(stream, LIVE, NOW) == "growing · CloudWatch g s␛"
    assert truth.describe(stream, ENDED, NOW) == "complete · CloudWatch g s␛"
    assert truth.describe(stream, LOST, NOW) == "may be cut off: the task is lost · CloudWatch g s␛"
    digest = Digest.compute(b"x")
    log = ObjectLog(LocalRepository(tmp_path), digest, 2048)
    assert truth.describe(log, LIVE, NOW) == f"complete · 2K · not checked yet · {tmp_path}/objects/{digest}"
    log.check = Check.BAD
    bad = f"2K · CORRUPT: this is not the content of its digest · {tmp_path}/objects/{digest}"
    assert truth.describe(log, LIVE, NOW) == bad


# Addresses.


@pytest.mark.parametrize(
    ("place", "url"),
    [
        (
            Location("s3", "logs", "objects/sha256:00", "us-west-2"),
            "https://us-west-2.console.aws.amazon.com/s3/object/logs?region=us-west-2&prefix=objects%2Fsha256%3A00",
        ),
        (
            Location("logs", "reflow", "a/e/stderr", "eu-west-1"),
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/reflow/log-events/a$252Fe$252Fstderr",
        ),
        (
            Location("s3", "logs", "k", "cn-north-1"),
            "https://cn-north-1.console.amazonaws.cn/s3/object/logs?region=cn-north-1&prefix=k",
        ),
        (
            Location("logs", "/aws/x y", "a[$LATEST]%", "us-gov-west-1"),
            "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1#logsV2:log-groups/log-group/$252Faws$252Fx$2520y/log-events/a$255B$2524LATEST$255D$2525",
        ),
        (Location("s3", "logs", "k", "us-iso-east-1"), None),
        (Location("s3", "logs", "k", "evil.com/"), None),
        (Location("s3", "logs", "k", "us-west-2\n"), None),
        (Location("s3", "logs", "k"), None),
        (Location("file", "/f", "k", "us-west-2"), None),
    ],
)
def test_where_the_console_shows_it(place: Location, url: str | None) -> None:
    assert console.url(place) == url


NAMES = st.text() | st.text(st.characters(codec=None))  # the latter with lone surrogates


@given(NAMES, NAMES, st.sampled_from(["s3", "logs"]))
def test_no_name_gets_out_of_its_place_in_an_address(container: str, name: str, service: Any) -> None:
    url = console.url(Location(service, container, name, "us-west-2"))
    assert url is not None
    assert re.fullmatch(r"[A-Za-z0-9:/?&=#%$._~-]+", url)
    assert url.startswith("https://us-west-2.console.aws.amazon.com/")
    assert url.count("?") == 1
    assert url.count("#") == (service == "logs")
    names = [name.encode("utf-8", "replace").decode() for name in (container, name)]
    if service == "s3":
        found = re.fullmatch(r"[^?]*/s3/object/([^/?]*)\?region=us-west-2&prefix=([^&]*)", url)
        assert found
        assert [unquote(part) for part in found.groups()] == names
    else:
        found = re.fullmatch(r"[^#]*#logsV2:log-groups/log-group/([^/]*)/log-events/([^/]*)", url)
        assert found
        assert [unquote(unquote(part.replace("$", "%"))) for part in found.groups()] == names


# Inspects and traces.


def test_an_inspect_in_words() -> None:
    text = "\n".join(inspects.text(parse_inspect(json.dumps(INSPECT).encode())))
    assert "image      samtools@sha256:0\n           given as samtools:1.9\n" in text
    assert "cpu        max 3.5 of 4, 88%; mean 2.25; 12 samples\n" in text
    assert "mem        max 9.3G of 16G, 58%; mean 4.7G; 0 samples\n" in text
    assert "docker     2026-11-01 12:00:00 UTC to 2026-11-01 12:01:00 UTC, 59s, exit code 137\n" in text
    assert "killed: out of memory" in text
    assert "exec error exec x: OOM error" in text


def test_an_inspect_of_nothing() -> None:
    assert "image      -" in list(inspects.text(parse_inspect(b"{}")))


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
