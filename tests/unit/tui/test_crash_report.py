"""Crash reports."""

import itertools
import os
import stat
from pathlib import Path

import pytest

from tests.support.command_line import run, stderr_line
from tui import crash_report
from tui.commands import ps as ps_command
from tui.exit_status import ExitCode

pytestmark = pytest.mark.usefixtures("empty_home")

Captured = pytest.CaptureFixture[str]


def test_report_has_the_traceback_without_values(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> ExitCode:
        secret = "value"
        raise KeyError(len(secret) * "x\x1b")

    monkeypatch.setattr(ps_command, "run", fail)
    assert run("ps", "--table", "reflow-prod") == 1
    (report,) = tmp_path.rglob("crash-*")
    assert stderr_line(capsys).endswith(f"the traceback is in {report}")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text()
    assert 'raise KeyError(len(secret) * "x' in text
    assert "value" not in text.replace('secret = "value"', "")


def test_unwritable_report_names_the_debug_variable(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> ExitCode:
        raise KeyError("x")

    monkeypatch.setenv("HOME", os.devnull)
    monkeypatch.setattr(ps_command, "run", fail)
    assert run("ps", "--table", "reflow-prod") == 1
    assert stderr_line(capsys).endswith("this is a bug in reflowtop, set REFLOWTOP_DEBUG=1 for a traceback")


def test_secrets_are_masked_and_no_link_is_followed(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> ExitCode:
        raise KeyError("DB_PASS=hunter2x")

    monkeypatch.setattr(ps_command, "run", fail)
    monkeypatch.setattr("sys.argv", ["reflowtop", "ps", "--endpoint-url", "http://amy:hunter2x@h/"])
    assert run("ps", "--table", "reflow-prod") == 1
    assert "DB_PASS=[redacted]" in stderr_line(capsys)
    (report,) = tmp_path.rglob("crash-*")
    text = report.read_text()
    assert "hunter2x" not in text.replace('raise KeyError("DB_PASS=hunter2x")', "")
    assert "reflowtop ps --endpoint-url http://amy:[redacted]@h/" in text
    target = tmp_path / "target"
    target.write_text("mine")
    report.unlink()
    monkeypatch.setattr("time.strftime", lambda *_: "now")
    monkeypatch.setattr(crash_report, "_numbers", itertools.repeat(1))
    report.with_name(f"crash-now-{os.getpid()}-1.txt").symlink_to(target)
    assert run("ps", "--table", "reflow-prod") == 1
    assert target.read_text() == "mine"


def test_two_failures_within_a_second_have_a_report_each(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("time.strftime", lambda *_: "now")
    paths = {crash_report.write_crash_report(KeyError(text), "reflowtop") for text in ("one", "two")}
    assert len(paths) == len([*tmp_path.rglob("crash-now-*")]) == 2
