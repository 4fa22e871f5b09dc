"""An on-call walk in a tmux pane: from the first screen to the error and its log, and back to the shell."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.terminal import PATIENCE, ROOT

DASHBOARD = r"""
import asyncio, sys
from contextlib import asynccontextmanager
from store import LocalRepository
from tests.support.dashboard import cluster
from tests.support.rows import NOW, OOM, ago, make_task
from tests.support.scripted_db import ScriptedDB
from tui.app import ReflowTop
from tui.settings import Settings

class DB(ScriptedDB):
    repository = LocalRepository(sys.argv[1])

stderr = asyncio.run(DB.repository.put(b"sorting\n" * 100 + b"ERROR: no space left\n" + b"leaving\n" * 100))
db = DB(*cluster().rows.values())
db.put(make_task(1, 1, end=ago(seconds=20), err=OOM, stderr=stderr))

@asynccontextmanager
async def open_db():
    yield db

app = ReflowTop(Settings(table="reflow-prod"), open_db, clock=lambda: NOW)
app.run()
sys.exit(app.return_code)
"""

TELL = "; echo left with $?"


class Pane:
    """A shell in a pane of 80 by 24 of a tmux server of its own."""

    def __init__(self, name: str, folder: Path) -> None:
        self._tmux = ("tmux", "-L", name, "-f", "/dev/null")
        environ = {name: value for name, value in os.environ.items() if name not in ("TMUX", "COLUMNS", "LINES")}
        shell = "exec env PS1='$ ' bash --norc --noprofile -i"
        subprocess.run(
            [*self._tmux, "new-session", "-d", "-x", "80", "-y", "24", "-c", str(folder), shell],
            check=True,
            env={**environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)},
        )

    @property
    def text(self) -> str:
        """The text in the pane."""
        return self._do("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys, by their names in tmux."""
        self._do("send-keys", *keys)

    def type(self, line: str) -> None:
        """Type a line, and enter."""
        self._do("send-keys", "-l", line)
        self.press("Enter")

    def wait_for(self, text: str) -> str:
        """Wait until `text` is in the pane; returns all that is."""
        deadline = time.monotonic() + PATIENCE
        while text not in (shown := self.text):
            assert time.monotonic() < deadline, f"{text!r} is not in\n{shown}"
            time.sleep(0.02)
        return shown

    def end(self) -> None:
        """End the server and what runs in it."""
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def _do(self, *command: str) -> str:
        return subprocess.run([*self._tmux, *command], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def pane(tmp_path: Path) -> Iterator[Pane]:
    if shutil.which("tmux") is None or shutil.which("bash") is None:
        pytest.skip("there is no tmux")
    (tmp_path / "dashboard.py").write_text(DASHBOARD)
    # Not the name of the test before: its server may still be ending, and takes a new session with it.
    pane = Pane(f"reflowtop-test-{os.getpid()}-{tmp_path.name}", tmp_path)
    try:
        pane.wait_for("$")
        pane.type(shlex.join([sys.executable, "dashboard.py", str(tmp_path)]) + TELL)
        yield pane
    finally:
        pane.end()


@pytest.mark.slow
def test_from_the_first_page_to_the_error_and_its_log(pane: Pane) -> None:
    pane.wait_for("▲ failing")
    pane.wait_for("▸ 01010101")  # what fails is under the cursor
    pane.wait_for("1 × OOM error")
    pane.press("Enter")
    pane.wait_for("›  run 01010101")
    pane.press("Enter")
    pane.wait_for("exec samtools  OOM error")
    pane.wait_for("host      i-0abc.example.com")
    pane.press("l")
    pane.wait_for("leaving")
    pane.press("e")
    pane.wait_for("▸ ERROR: no space left")
    pane.wait_for("1 of 1")
    for crumb in ("task 00000000", "run 01010101 align", "user all"):
        pane.press("Escape")
        pane.wait_for(crumb)
    pane.press("q")
    assert "▲ failing" not in pane.wait_for("left with 0")


def test_back_to_the_shell_and_on_again(pane: Pane) -> None:
    pane.wait_for("▲ failing")
    pane.press("C-z")
    assert "▲ failing" not in pane.wait_for("Stopped")
    pane.wait_for("left with 147")
    pane.type(f"fg{TELL}")
    pane.wait_for("▲ failing")
    pane.press("Enter")
    pane.wait_for("›  run 01010101")
    pane.press("C-c")
    pane.wait_for("left with 130")
