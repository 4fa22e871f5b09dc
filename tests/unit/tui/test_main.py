"""The entry point of the command line."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[3]


def run(*arguments: str, first: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": f"{first}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, "-P", "-m", "tui", *arguments], env=environ, capture_output=True, text=True, check=False
    )


def test_the_module_runs_the_command_line() -> None:
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("reflowtop ")


def test_another_package_named_store_is_reported(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "__init__.py").write_text("items = []\n")
    done = run("ps", first=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"reflowtop: {tmp_path}/store/__init__.py is not reflowtop's: another distribution has")
    assert "pip uninstall store" in line


def test_the_size_of_the_terminal_wins_over_exported_columns() -> None:
    terminal = Terminal("-m", "tui", "help", "filter", size=(80, 200), COLUMNS="40", LINES="10")
    try:
        assert terminal.exit_code() == 0
    finally:
        terminal.end()
    assert 70 < max(map(len, terminal.output.decode().splitlines())) <= 80
