"""`reflowtop settings`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.config_files import EVERYTHING
from tui import cli, exit_status
from tui.exit_status import ExitCode
from tui.settings.example import example_lines
from tui.settings.fields import BY_NAME

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def print_settings(capsys: Captured, *args: str) -> str:
    assert exit_status.run_command(cli.reflowtop, ("settings", *args)) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_settings_are_printed_with_their_origins(
    file: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REFLOWTOP_USER", "bob\x1b")
    file.write_text(EVERYTHING)
    out = print_settings(capsys, "--config", str(file), "--no-mouse")
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in out.splitlines()}
    assert out.splitlines()[0] == f"configuration file: {file}"
    assert lines["table"] == f"reflow-prod {file}:1"
    assert lines["user"] == "bob␛ REFLOWTOP_USER"
    assert lines["mouse"] == "no --no-mouse"
    assert lines["until"] == "- default"
    assert lines["keys.pause"] == f"P space {file}:22"
    assert lines["columns.runs"] == f"run state {file}:32"


def test_settings_are_printed_without_a_table(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME")
    found = json.loads(print_settings(capsys, "-o", "json"))
    assert found["file"]["found"] is False
    assert Path(found["file"]["path"]).is_relative_to(tmp_path)
    assert found["settings"]["table"] == {"value": None, "source": "default"}
    assert found["settings"]["interval"] == {"value": "5s", "source": "default"}
    assert list(found["settings"]) == list(BY_NAME)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('theme = "nrod"\n', "1: theme: unknown theme 'nrod'; did you mean nord?"),
        ('[keys]\npasue = "P"\n', "2: keys.pasue: no such command; did you mean pause?"),
        ('[columns]\n\nruns = ["stat"]\n', "3: columns.runs: no column 'stat'; did you mean state?"),
    ],
)
def test_themes_keys_and_columns_are_checked(file: Path, capsys: Captured, text: str, message: str) -> None:
    file.write_text(text)
    assert exit_status.run_command(cli.reflowtop, ("settings", "--config", str(file))) == ExitCode.USAGE
    captured = capsys.readouterr()
    assert captured.out.startswith(f"configuration file: {file}\n")
    assert captured.err == f"reflowtop: {file}:{message}\n"


def test_non_utf8_locale_prints_replacement_characters(file: Path) -> None:
    file.write_text('user = "✗"\n')
    environ = {**os.environ, "PYTHONIOENCODING": "latin-1", "REFLOWTOP_CONFIG": str(file)}
    done = subprocess.run([sys.executable, "-m", "tui", "settings"], env=environ, capture_output=True, check=True)
    assert re.search(rb"(?m)^user +\? ", done.stdout)
    assert done.stderr == b""


def test_example_file_as_json_is_refused(capsys: Captured) -> None:
    assert exit_status.run_command(cli.reflowtop, ["settings", "--example", "-o", "json"]) == 2
    assert capsys.readouterr() == (
        "",
        "reflowtop: --example prints TOML: omit -o json; see reflowtop settings --help\n",
    )


def test_example_file_is_printed(capsys: Captured) -> None:
    assert print_settings(capsys, "--example") == "".join(f"{line}\n" for line in example_lines())
