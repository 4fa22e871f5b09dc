"""Check that a command in a forked process behaves like one in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

UNREACHABLE = ("--table", "reflow-prod", "--endpoint-url", "http://127.0.0.1:1", "--region", "us-west-2")


@pytest.mark.parametrize(
    "args",
    [
        ("--version",),
        ("settings", "--example"),
        ("help", "filters"),
        ("nonsense",),
        ("ps", *UNREACHABLE),
        ("settings", *UNREACHABLE),
    ],
    ids=lambda args: args[0],
)
def test_streams_and_exit_status_are_those_of_the_program(program: Path, args: tuple[str, ...], tmp_path: Path) -> None:
    env = {**os.environ, "HOME": str(tmp_path), "REFLOWTOP_SINCE": "2h"}
    forked, own = (
        subprocess.run([*command, *args], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
        for command in ([str(program)], [sys.executable, "-m", "tui"])
    )
    assert (forked.returncode, forked.stdout, forked.stderr) == (own.returncode, own.stdout, own.stderr)
    assert forked.stdout or forked.stderr


def test_a_signal_reaches_the_command(program: Path) -> None:
    command = [str(program), "watch", "--all", *UNREACHABLE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "The service cannot be reached" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 130


def test_a_closed_pipe_ends_the_command(program: Path) -> None:
    line = f"{program} settings --example | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
