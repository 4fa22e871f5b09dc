import io
import sys
from dataclasses import dataclass

import pytest

from tui.logs import printer
from tui.logs.lines import LogLine

RED = LogLine(b"\x1b[31mbad\x1b[0m\x1b[2J\x1b[5n\x07\r")


@dataclass
class Output:
    """Standard output as a pipe or a terminal."""

    is_terminal: bool

    def __post_init__(self) -> None:
        self.buffer = io.BytesIO()
        self._text = io.TextIOWrapper(self.buffer, "utf-8", newline="\n", write_through=True)

    def isatty(self) -> bool:
        return self.is_terminal

    def write(self, text: str) -> int:
        return self._text.write(text)


def printed(monkeypatch: pytest.MonkeyPatch, *lines: LogLine, is_terminal: bool) -> bytes:
    output = Output(is_terminal)
    monkeypatch.setattr(sys, "stdout", output)
    write = printer.writer()
    for line in lines:
        write(line)
    return output.buffer.getvalue()


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_a_pipe_gets_the_bytes_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [RED, LogLine(b"\xff\x00", goes_on=True), LogLine(b"\xfe", is_rest=True), LogLine(b"")]
    assert printed(monkeypatch, *lines, is_terminal=False) == RED.text + b"\n\xff\x00\xfe\n\n"


def test_a_terminal_gets_colours_and_no_other_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, RED, is_terminal=True) == "\x1b[31mbad\x1b[0m␛[5n␇\n".encode()


def test_no_color_prints_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert printed(monkeypatch, RED, is_terminal=True) == "bad␛[5n␇\n".encode()


def test_an_empty_no_color_has_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")  # as https://no-color.org says
    assert b"\x1b[31m" in printed(monkeypatch, RED, is_terminal=True)


def test_invalid_utf_8_is_marked_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, LogLine(b"a\xffb"), is_terminal=True) == "a\ufffdb\n".encode()
    assert printed(monkeypatch, LogLine(b"10%\r20%\r"), is_terminal=True) == b"20%\n"
