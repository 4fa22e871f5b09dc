"""The dashboard in a real terminal: how it leaves it."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyte
import pytest

from tests.support.terminal import DASHBOARD, ENTER_SCREEN, MOUSE_OFF, Terminal
from tui.exit_status import ExitCode

# A dashboard that has a mistake in what it draws, and one that has it behind a key.
CRASH = """
from tui.widgets.table import Table
def crash(self, y):
    raise KeyError("x\\x1b")
from tui.screens.runs import RunsScreen
def action(self):
    Table.render_line = crash
    self.table.refresh()
RunsScreen.action_open = action
from tui.cli import main
main()
"""
MISTAKE = """
from tui.screens.runs import RunsScreen
def crash(self):
    raise KeyError("x\\x1b[2J")
RunsScreen.action_open = crash
from tui.cli import main
main()
"""


WARNING = """
import sys, warnings
from tui.screens.runs import RunsScreen
def warn(self):
    warnings.warn("password=hunter2x \\x1b[2J is deprecated")
RunsScreen.action_open = warn
from tui.cli import main
main()
"""


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    terminal = Terminal(forked=True, **getattr(request, "param", {}))
    try:
        terminal.wait_for(b"no data")
        yield terminal
    finally:
        terminal.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_a_clean_terminal(terminal: Terminal, number: signal.Signals) -> None:
    os.kill(terminal.process.pid, number)
    assert terminal.exit_code() == 128 + number
    terminal.assert_clean()


@pytest.mark.parametrize("redirected", ["stdout", "stderr"])
def test_the_dashboard_is_drawn_on_the_stream_that_is_a_terminal(redirected: str, tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        terminal = Terminal(
            *("-c", WARNING, *DASHBOARD[2:]),
            forked=True,
            size=(133, 24),
            stdout=file if redirected == "stdout" else None,
            stderr=file if redirected == "stderr" else None,
        )
    try:
        terminal.wait_for(b"no data")
        terminal.press("\r")
        terminal.press("?")
        terminal.wait_for(b"next page")  # in the last line
        screen = pyte.Screen(133, 24)
        pyte.ByteStream(screen).feed(terminal.output)
        assert max(len(line.rstrip()) for line in screen.display) > 80, "more than the 80 columns of a file are used"
        terminal.press("\x03")
        assert terminal.exit_code() == ExitCode.INTERRUPTED
        terminal.assert_clean()
    finally:
        terminal.end()
    written = (tmp_path / "file").read_text()
    if redirected == "stderr":
        assert "UserWarning: password=[redacted] ␛[2J is deprecated" in written
    assert "\x1b" not in written
    assert "hunter2x" not in written


def test_quitting_leaves_the_reason_why_nothing_was_shown(terminal: Terminal) -> None:
    terminal.press("q")
    assert terminal.exit_code() == ExitCode.SERVICE
    terminal.assert_clean()
    assert b"reflowtop: The service cannot be reached" in terminal.left_behind
    assert b"Traceback" not in terminal.output


@pytest.mark.parametrize("typing", ["", "/x"], ids=["", "while typing"])
def test_ctrl_z_lends_the_terminal_to_the_shell(terminal: Terminal, typing: str) -> None:
    terminal.press(typing)
    drawn = len(terminal.output)
    terminal.press("\x1a")
    terminal.wait_until_stopped()
    terminal.assert_clean()
    assert MOUSE_OFF in terminal.output[drawn:]
    assert ENTER_SCREEN not in terminal.output[drawn:]
    stopped = len(terminal.output)
    os.kill(terminal.process.pid, signal.SIGCONT)
    terminal.wait_for(ENTER_SCREEN, after=stopped)
    terminal.wait_for(b"no data", after=stopped)  # all is drawn again
    terminal.press("\x03")
    assert terminal.exit_code() == ExitCode.INTERRUPTED
    terminal.assert_clean()


def threads(terminal: Terminal) -> int:
    return len(list(Path(f"/proc/{terminal.process.pid}/task").iterdir()))


@pytest.mark.parametrize("stops", [False, True])
def test_a_dashboard_that_was_stopped_from_outside_goes_on(terminal: Terminal, stops: bool) -> None:
    before = threads(terminal)
    for _ in range(3):
        drawn = len(terminal.output)
        if stops:
            os.kill(terminal.process.pid, signal.SIGSTOP)
            terminal.wait_until_stopped()
        os.kill(terminal.process.pid, signal.SIGCONT)
        terminal.wait_for(b"no data", after=drawn)
    assert threads(terminal) <= before
    terminal.press("q")
    assert terminal.exit_code() == ExitCode.SERVICE
    terminal.assert_clean()


# A dashboard whose event loop a key blocks for ever; it computes only now and then, which takes less CPU time.
BLOCKED = """
import os, time
from tui.screens.runs import RunsScreen
def block(self):
    os.write(2, b"blocked")
    while True:
        time.sleep(0.004)
        sum(range(50_000))
RunsScreen.action_open = block
from tui.cli import main
main()
"""


@pytest.mark.parametrize("request_to_leave", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, "\x03", "\x1b[99;5u"])
def test_the_second_request_ends_a_blocked_dashboard(request_to_leave: signal.Signals | str) -> None:
    terminal = Terminal("-c", BLOCKED, *DASHBOARD[2:], forked=True)
    try:
        terminal.wait_for(b"no data")
        terminal.press("\r")
        terminal.wait_for(b"blocked")
        for _ in range(2):
            if isinstance(request_to_leave, str):
                terminal.press(request_to_leave)
            else:
                os.kill(terminal.process.pid, request_to_leave)
            terminal.wait_until_idle()
        code = ExitCode.INTERRUPTED if isinstance(request_to_leave, str) else 128 + request_to_leave
        assert terminal.exit_code() == code
        terminal.assert_clean()
    finally:
        terminal.end()


# A dashboard that a key makes compute in a thread for ever.
BUSY = """
import asyncio, os
from tui.screens.runs import RunsScreen
def work():
    os.write(2, b"working")
    while True:
        pass
def start(self):
    asyncio.get_running_loop().run_in_executor(None, work)
RunsScreen.action_open = start
from tui.cli import main
main()
"""


def test_ctrl_c_does_not_wait_for_work_in_a_thread() -> None:
    terminal = Terminal("-c", BUSY, *DASHBOARD[2:], forked=True)
    try:
        terminal.wait_for(b"no data")
        terminal.press("\r")
        terminal.wait_for(b"working")
        terminal.press("\x03")
        assert terminal.exit_code() == ExitCode.INTERRUPTED
        terminal.assert_clean()
    finally:
        terminal.end()


def test_a_late_reply_to_another_program_is_not_typed(terminal: Terminal) -> None:
    terminal.press("\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\\x1b[?62;22c")
    terminal.press("q")  # into the prompt that the colon would open
    assert terminal.exit_code() == ExitCode.SERVICE
    assert b"1e1e" not in terminal.output


@pytest.mark.parametrize("debug", [False, True])
def test_a_crash_leaves_a_clean_terminal_one_line_and_a_report(debug: bool, tmp_path: Path) -> None:
    environ: dict[str, Any] = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    if debug:
        environ["REFLOWTOP_DEBUG"] = "1"
    terminal = Terminal("-c", CRASH, *DASHBOARD[2:], forked=True, **environ)
    try:
        terminal.wait_for(b"no data")
        terminal.press("\r")
        assert terminal.exit_code() == ExitCode.FAILED
        terminal.assert_clean()
    finally:
        terminal.end()
    reports = list(tmp_path.rglob("crash-*"))
    if debug:
        assert b"Traceback" in terminal.left_behind
        assert not reports
    else:
        assert b"Traceback" not in terminal.output
        (line,) = re.findall(rb"reflowtop: .*", terminal.left_behind)
        assert str(reports[0]).encode() in line
        assert "in crash" in reports[0].read_text()


def test_a_mistake_behind_a_key_is_one_line_and_the_dashboard_goes_on(tmp_path: Path) -> None:
    terminal = Terminal("-c", MISTAKE, *DASHBOARD[2:], forked=True, HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path))
    try:
        terminal.wait_for(b"no data")
        for _ in range(2):
            seen = len(terminal.output)
            terminal.press("\r")
            terminal.wait_for(b"KeyError: 'x\\x1b[2J'; this is a bug in reflowtop", after=seen)
            terminal.press("?")
            terminal.wait_for(b"next page", after=seen)
            terminal.press("q")
        terminal.press("\x03")
        assert terminal.exit_code() == ExitCode.INTERRUPTED
        terminal.assert_clean()
    finally:
        terminal.end()
    (report,) = tmp_path.rglob("crash-*")
    assert "in crash" in report.read_text()


@pytest.mark.parametrize("terminal", [{}, {"ignore_hangup": True}], indirect=True)
def test_a_closed_terminal_ends_the_dashboard(terminal: Terminal) -> None:
    terminal.hang_up()
    assert terminal.exit_code() == 128 + signal.SIGHUP


@pytest.mark.parametrize(("terminal", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)], indirect=["terminal"])
def test_no_color_is_honoured(terminal: Terminal, colored: bool) -> None:
    styles = re.findall(rb"\x1b\[([0-9;]+)m", terminal.output)
    assert any(b"38;" in style or b"48;" in style for style in styles) is colored
