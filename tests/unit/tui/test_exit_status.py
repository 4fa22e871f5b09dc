"""Exit statuses, and the lines on stderr that explain them."""

import sys

import click
import pytest

from store import Error, ErrorKind, FailureReason
from tests.support.command_line import run, stderr_line
from tests.support.full_disk import FullDisk
from tests.support.servers import Server
from tui import exit_status
from tui.commands import ps as ps_command
from tui.exit_status import ExitCode
from tui.settings import SettingsError

pytestmark = pytest.mark.usefixtures("empty_home")

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (
            Error(ErrorKind.NOT_ALLOWED, "open session", (), "none; log in again", FailureReason.NO_CREDENTIALS),
            3,
            "No credentials (none)",
        ),
        (Error(ErrorKind.NET, "dynamodb.Query", ("t",), "refused"), 3, "cannot be reached (refused): check"),
        (Error(ErrorKind.TIMEOUT), 3, "does not answer in time (timeout)"),
        (Error(ErrorKind.INVALID, "open session", (), "no region"), 2, "no region"),
        (Error(ErrorKind.NOT_EXIST, "dynamodb.Query", ("t",), "no such table\x1b"), 1, "no such table␛"),
        (
            Error(ErrorKind.INVALID, "find", ("12",), "an id is 8 to 64 hex digits"),
            2,
            "12: an id is 8 to 64 hex digits",
        ),
        (
            Error(ErrorKind.NOT_EXIST, "find", ("4f2a91c0",), "no id begins with 4f2a91c0"),
            1,
            "no id begins with 4f2a91c0",
        ),
        (KeyboardInterrupt(), 130, None),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (KeyError("x"), 1, "KeyError: 'x'; this is a bug in reflowtop, the traceback is in "),
        (ExceptionGroup("g", [ExceptionGroup("h", [KeyError("x")])]), 1, "KeyError: 'x'; this is a bug"),
    ],
)
def test_errors_become_one_line_and_an_exit_status(
    failure: BaseException, code: int, message: str | None, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> ExitCode:
        raise failure

    monkeypatch.setattr(ps_command, "run", fail)
    assert run("ps", "--table", "reflow-prod") == code
    if message is None:
        assert capsys.readouterr() == ("", "\n")  # after the ^C of the terminal
    else:
        line = stderr_line(capsys)
        assert message in line
        assert "Errno" not in line


def test_debug_variable_lets_exceptions_propagate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ps_command, "run", lambda: None)
    monkeypatch.setenv("REFLOWTOP_DEBUG", "1")
    with pytest.raises(TypeError):
        run("ps", "--table", "reflow-prod")


def test_a_session_whose_notes_are_lost_ends_with_a_line_that_says_so(capsys: Captured) -> None:
    exit_status.report_lost(None)
    exit_status.report_lost(OSError(28, "No space left on device", "/home/amy/x.json"))
    exit_status.report_lost(OSError(28, "No space left on device"))  # of a write to an open file
    notes = "notes and acknowledgements of this session are not kept"
    assert capsys.readouterr().err.splitlines() == [
        f"reflowtop: {notes}: /home/amy/x.json: No space left on device",
        f"reflowtop: {notes}: No space left on device",
    ]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (click.UsageError("no such option --bad"), 2),
        (SettingsError("no such region"), 2),
        (Error(ErrorKind.NET, "dynamodb.Query", ("t",), "refused"), 3),
        (KeyError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_status_is_the_same_if_stderr_cannot_be_written(
    failure: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> ExitCode:
        if isinstance(failure, Error):
            failure.add_note("such as 4f2a91c0")
        raise failure

    monkeypatch.setattr(ps_command, "run", fail)
    monkeypatch.setattr(sys, "stderr", FullDisk())
    assert run("ps", "--table", "reflow-prod") == code


def test_at_most_20_partial_errors_are_printed(capsys: Captured) -> None:
    errors = [
        Error(ErrorKind.INVALID, "decode row", (str(n // 2),), reason=FailureReason.UNREADABLE) for n in range(100)
    ]
    assert exit_status.report_errors(errors) is ExitCode.FAILED
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "reflowtop: ... and 30 more"
    assert exit_status.report_errors([]) is ExitCode.OK


def test_missing_table_is_reported(ministack: Server, capsys: Captured) -> None:
    service = ("--endpoint-url", ministack.endpoint_url, "--region", "us-west-2")
    assert run("ps", "--table", "no-such-table", *service) == ExitCode.FAILED
    line = stderr_line(capsys)
    assert "no-such-table" in line
    assert "check its name, the region and the account" in line


@pytest.mark.parametrize(
    ("flags", "lacking", "code", "message"),
    [
        (["--profile", "nosuch"], (), 2, "The config profile (nosuch) could not be found"),
        ([], ("AWS_REGION", "AWS_DEFAULT_REGION"), 2, "specify a region"),
        ([], ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), 3, "No credentials found"),
    ],
)
def test_incomplete_aws_configuration_is_reported(
    flags: list[str],
    lacking: tuple[str, ...],
    code: int,
    message: str,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in lacking:
        monkeypatch.delenv(name, raising=False)
    assert run("ps", "--table", "reflow-prod", *flags) == code
    assert message in stderr_line(capsys)


def test_unreachable_endpoint_is_reported(capsys: Captured) -> None:
    assert run("ps", "--table", "reflow-prod", "--endpoint-url", "http://127.0.0.1:1", "--region", "us-west-2") == 3
    assert "The service cannot be reached" in stderr_line(capsys)


def test_errors_go_to_standard_output_if_standard_error_is_closed(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", None)
    exit_status.print_stderr("no such table")
    assert capsys.readouterr().out == "reflowtop: no such table\n"
