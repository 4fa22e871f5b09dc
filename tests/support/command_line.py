"""The command line in this process, as `main` runs it."""

import pytest

from tui import cli, exit_status


def run(*args: str) -> int:
    """Return the exit status of `reflowtop` with these arguments."""
    return exit_status.run_command(cli.reflowtop, args)


def stderr_line(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the only line of all output, which is on stderr, without the name of the program."""
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("reflowtop: ")
    return line.removeprefix("reflowtop: ")
