"""`reflowtop doctor` as it is printed, and its exit status."""

import json
from pathlib import Path

import pytest

from store import Error, ErrorKind
from tui import cli, exit_status
from tui.commands.doctor import find_exit_code, format_result, make_record, merge_skips
from tui.doctor.check_result import CheckResult, failed, ok, problem, skipped, warning
from tui.exit_status import ExitCode

LONG = warning("left out", "open rows whose lease ended over a day ago and many others", "read the whole table")


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


def test_a_line_has_a_glyph_a_name_and_a_text() -> None:
    line = format_result(problem("table", "no\x1b such", "make one"), None, color=False, in_ascii=False)
    assert line == "✗ table                  no␛ such; make one"


def test_ascii_mode_has_ascii_glyphs() -> None:
    lines = [
        format_result(make("x", "…"), None, color=False, in_ascii=True) for make in (ok, warning, problem, skipped)
    ]
    assert [line[:3] for line in lines] == ["v x", "! x", "x x", "- x"]
    assert all(line.isascii() for line in lines)


def test_a_terminal_wraps_lines_under_their_text() -> None:
    lines = format_result(LONG, 60, color=False, in_ascii=False).split("\n")
    assert lines == [
        "▲ left out               open rows whose lease ended over a",
        "                         day ago and many others; read the",
        "                         whole table",
    ]
    assert max(map(len, lines)) <= 60


def test_names_that_are_too_long_stay_whole() -> None:
    arn = "arn:aws:dynamodb:us-west-2:123456789012:table/reflow-prod/index/RunID-index"
    lines = format_result(problem("x", "denied", f"allow dynamodb:Query on {arn}"), 60, color=False, in_ascii=False)
    assert lines.split("\n")[1].strip() == arn


def test_only_glyph_and_name_are_coloured() -> None:
    line = format_result(ok("x", "fine"), None, color=True, in_ascii=False)
    assert line == f"\x1b[32m✓ {'x':21}\x1b[0m  fine"


def test_checks_skipped_for_one_reason_share_a_line() -> None:
    merged = merge_skips([skipped("a", "no table"), skipped("b", "no table"), skipped("c", "no table")])
    assert (merged.name, merged.found) == ("a", "no table (and 2 more, to c)")
    assert merge_skips([skipped("a", "no table")]).found == "no table"


@pytest.mark.parametrize(
    ("results", "code", "status"),
    [
        ([ok("a", "")], ExitCode.OK, "ok"),
        ([ok("a", ""), LONG, skipped("b", "")], ExitCode.OK, "warning"),
        ([problem("a", ""), LONG], ExitCode.FAILED, "problem"),
        ([problem("a", ""), failed("b", Error(ErrorKind.NET))], ExitCode.SERVICE, "problem"),
    ],
)
def test_exit_status_is_that_of_the_worst_problem(results: list[CheckResult], code: ExitCode, status: str) -> None:
    assert find_exit_code(results) == code
    assert (make_record(results)["exit_code"], make_record(results)["status"]) == (code, status)


def run(*args: str) -> int:
    return exit_status.run_command(cli.reflowtop, ("doctor", *args))


def test_json_has_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--endpoint-url", "http://127.0.0.1:1", "--table", "reflow-prod", "-o", "json") == ExitCode.SERVICE
    captured = capsys.readouterr()
    record = json.loads(captured.out)
    assert (record["status"], record["exit_code"]) == ("problem", 3)
    checks = {each["name"]: each for each in record["checks"]}
    assert checks["connection"].keys() == {"name", "status", "found", "remedy", "data"}
    assert checks["connection"]["data"] == {"reason": "unreachable"}
    assert checks["endpoint"]["remedy"] is None
    assert captured.err == ""


def test_settings_that_cannot_be_read_are_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--since", "nope") == ExitCode.FAILED
    captured = capsys.readouterr()
    assert "✗ settings               --since: 'nope' is not a time" in captured.out
    assert captured.out.splitlines()[-1].startswith("1 problem (settings), ")
    assert captured.err == ""


def test_a_theme_that_does_not_exist_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--endpoint-url", "http://127.0.0.1:1", "--table", "reflow-prod", "--theme", "nrod") == ExitCode.SERVICE
    assert "unknown theme 'nrod'; did you mean nord?" in capsys.readouterr().out
