import io
import os
import pty
import sys
import termios
from collections.abc import Iterator
from typing import TextIO

import pytest

from tui.terminal import output
from tui.text.paint import paint
from tui.text.safe import safe
from tui.text.safe_text import join


class Pipe(io.BytesIO):
    """Standard output, as bytes."""


def replace_stdout(monkeypatch: pytest.MonkeyPatch) -> Pipe:
    """Replace stdout. Not a fixture: pytest sets stdout again before the test runs."""
    pipe = Pipe()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe, encoding="utf-8"))
    return pipe


def test_a_line_is_printed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = replace_stdout(monkeypatch)
    output.print_line(safe("55 runs"))
    assert stdout.getvalue() == b"55 runs\n"


def test_colours_are_kept_in_a_pipe_since_the_caller_has_chosen_them(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = replace_stdout(monkeypatch)
    output.print_piece(join(" ", [paint(safe("stale"), color="yellow"), safe("run")]))
    assert stdout.getvalue() == b"\x1b[33mstale\x1b[0m run"


def test_an_error_goes_to_stderr(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    stdout = replace_stdout(monkeypatch)
    output.print_line(safe("no table"), is_error=True)
    assert stdout.getvalue() == b""
    assert capfd.readouterr().err == "no table\n"


def test_lines_of_logs_are_buffered(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = replace_stdout(monkeypatch)
    output.write_line(safe("reading"))
    assert stdout.getvalue() == b""
    sys.stdout.flush()
    assert stdout.getvalue() == b"reading\n"


def test_bytes_are_written_as_they_are_to_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = replace_stdout(monkeypatch)
    output.write_bytes(b"\x1b]0;x\x07\xff")
    sys.stdout.flush()
    assert stdout.getvalue() == b"\x1b]0;x\x07\xff"


def test_bytes_are_never_written_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = replace_stdout(monkeypatch)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(ValueError, match="not written to a terminal"):
        output.write_bytes(b"\x1b]0;x\x07")
    assert stdout.getvalue() == b""


def test_a_sequence_reaches_the_terminal_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = replace_stdout(monkeypatch)
    output.write_sequence(sys.stdout, safe("bell"))
    assert stdout.getvalue() == b"bell"


@pytest.mark.parametrize(
    ("terminals", "found"), [("stdout stderr", "stderr"), ("stdout", "stdout"), ("stderr", "stderr"), ("", "")]
)
def test_the_first_stream_on_a_terminal_is_drawn_on(
    monkeypatch: pytest.MonkeyPatch, terminals: str, found: str
) -> None:
    for name in ("stdout", "stderr"):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda name=name: name in terminals.split())
        monkeypatch.setattr(sys, name, stream)
    assert output.find_terminal() is (getattr(sys, found) if found else None)


def test_all_streams_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr", "__stderr__"):
        monkeypatch.setattr(sys, name, None)
    assert output.find_terminal() is None
    output.write_redirected(safe("dropped"))


@pytest.mark.parametrize(("is_terminal", "written"), [(True, ""), (False, "late\n")])
def test_a_line_for_redirected_stderr_never_reaches_the_terminal(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, written: str
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
    monkeypatch.setattr(sys, "__stderr__", stream)
    output.write_redirected(safe("late"))
    assert stream.getvalue() == written
    monkeypatch.setattr(stream, "write", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    output.write_redirected(safe("lost, but the dashboard continues"))


@pytest.fixture(params=[(120, 40), (0, 0)], ids=["known", "unknown"])
def terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TextIO, bool]]:
    """The stream of a pty, and whether the size of it is known; COLUMNS and LINES are exported."""
    master, slave = pty.openpty()
    columns, lines = request.param
    termios.tcsetwinsize(slave, (lines, columns))
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "20")
    with os.fdopen(slave, "w") as stream:
        yield stream, columns > 0
    os.close(master)


def test_the_size_of_a_terminal_wins_over_exported_variables(terminal: tuple[TextIO, bool]) -> None:
    stream, is_known = terminal
    assert output.terminal_size(stream) == ((120, 40) if is_known else (60, 20))


def test_exported_variables_are_removed_only_where_stdout_has_a_size(
    terminal: tuple[TextIO, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, is_known = terminal
    monkeypatch.setattr(sys, "stdout", stream)
    environ = {"COLUMNS": "60", "LINES": "20", "TERM": "xterm"}
    output.forget_exported_size(environ)
    assert environ == ({"TERM": "xterm"} if is_known else {"COLUMNS": "60", "LINES": "20", "TERM": "xterm"})


def test_exported_variables_count_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "20")
    replace_stdout(monkeypatch)
    environ = {"COLUMNS": "60"}
    output.forget_exported_size(environ)
    assert environ == {"COLUMNS": "60"}
    assert output.terminal_size(sys.stdout) == (60, 20)
