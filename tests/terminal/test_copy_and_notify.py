"""Copies and notifications in a real terminal and in tmux: their bytes among those of the drawing."""

import asyncio
import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.rows import run_id
from tests.support.terminal import Terminal
from tui.terminal.clipboard import Clipboard, copy

# A dashboard on a run that ends at the next refresh, by the key r.
DASHBOARD = """
from contextlib import asynccontextmanager
from tests.support.rows import NOW, ahead, make_run
from tests.support.scripted_db import ScriptedDB
from tui.app import ReflowTop
from tui.settings import Settings

db = ScriptedDB(make_run(1, labels={"Name": "a;lign"}, keepalive=ahead(hours=1)))

@asynccontextmanager
async def open_db():
    yield db

def end_and_read(self):
    db.put(make_run(1, labels={"Name": "a;lign"}, keepalive=ahead(hours=1), end=NOW))
    self.poller.refresh_now()

ReflowTop.action_refresh_now = end_and_read
ReflowTop(Settings(table="reflow-prod"), open_db, clock=lambda: NOW).run()
"""
COPIED = base64.b64encode(str(run_id(1)).encode())


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    # Textual reads the frames per second over SSH when it is imported.
    terminal = Terminal("-c", DASHBOARD, forked="SSH_CONNECTION" not in request.param, **request.param)
    try:
        terminal.wait_for(b"01010101")
        yield terminal
    finally:
        terminal.end()


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    assert terminal.exit_code() == 0
    terminal.assert_clean()


@pytest.mark.parametrize("terminal", [{}, {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}], indirect=True)
def test_copies_and_news_reach_the_terminal(terminal: Terminal) -> None:
    terminal.press("y")
    terminal.wait_for(b"\x1b]52;c;" + COPIED + b"\x07")
    terminal.wait_for(b"OSC 52")
    terminal.press("m")
    terminal.wait_for(b"is watched")
    terminal.press("r")
    title, text = b"run 01010101 has succeeded", b"a,lign, amy@example.com, 0/0 tasks"
    terminal.wait_for(b"\x07\x1b]9;" + title + b": " + text + b"\x07\x1b]777;notify;" + title + b";" + text + b"\x07")
    leave(terminal)


@pytest.mark.parametrize("terminal", [{"STY": "1.pts-0.host", "TERM": "screen-256color"}], indirect=True)
def test_gnu_screen_passes_them_on(terminal: Terminal) -> None:
    terminal.press("y")
    terminal.wait_for(b"\x1bP\x1b]52;c;" + COPIED + b"\x07\x1b\\")
    terminal.press("m")
    terminal.wait_for(b"is watched")
    terminal.press("r")
    terminal.wait_for(b"\x07\x1bP\x1b]9;run 01010101 has succeeded")
    leave(terminal)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux was not found")
def test_tmux_receives_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tmux(*args: str) -> str:
        server = ("tmux", "-f", "/dev/null", "-S", str(tmp_path / "tmux"))
        return subprocess.run([*server, *args], check=True, capture_output=True, text=True).stdout

    tmux("new-session", "-d", "-x", "80", "-y", "24", "cat")
    try:
        monkeypatch.setenv("TMUX", f"{tmp_path / 'tmux'},{tmux('display', '-p', '#{pid}').strip()},0")
        went = asyncio.run(copy(str(run_id(1)), Clipboard.AUTO, os.environ, lambda _: None))
        assert went == "copied by tmux, to its buffer and the clipboard"
        assert tmux("show-buffer") == str(run_id(1))
    finally:
        tmux("kill-server")
