"""Copying: which way, the bytes of each, and that nothing pasted does anything."""

import asyncio
import base64
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.processes import is_running
from tests.support.servers import wait_until
from tests.support.terminal_clipboards import ID, TMUX, XTERM, copied
from tui.terminal import clipboard
from tui.terminal.clipboard import MOST_BYTES, CannotCopyError, Clipboard, copy, osc52, visible


class Terminal:
    """Takes down what is written to it."""

    def __init__(self) -> None:
        self.written = ""

    def write(self, text: str) -> None:
        self.written += text


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def fake_tmux(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a tmux on the path that runs `script`, in `folder`."""
    tmux = folder / "tmux"
    tmux.write_text(f"#!/bin/sh\ncd {folder}\n{script}\n")
    tmux.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


async def test_tmux_is_given_the_text_and_asked_to_pass_it_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    fake_tmux(tmp_path, monkeypatch, 'echo "$@" > args; cat > text')
    went = await copy(ID, Clipboard.AUTO, TMUX, terminal.write)
    assert went == "copied by tmux, to its buffer and the clipboard"
    assert (tmp_path / "args").read_text() == "load-buffer -w -\n"
    assert (tmp_path / "text").read_text() == ID
    assert not terminal.written


async def test_an_old_tmux_falls_back_to_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    fake_tmux(tmp_path, monkeypatch, "cat >/dev/null; echo 'unknown option -- w' >&2; exit 1")
    assert await copy(ID, Clipboard.AUTO, TMUX, terminal.write) == "sent to the terminal's clipboard (OSC 52)"
    plain, _, wrapped = terminal.written.partition("\x1bPtmux;")
    assert copied(plain) == copied(wrapped.replace("\x1b\x1b", "\x1b")) == ID


@pytest.mark.parametrize("script", ["echo $$ > pid; exec sleep 1000", "sleep 1000 & echo $! > pid; wait"])
async def test_a_tmux_that_hangs_is_given_up_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal, script: str
) -> None:
    fake_tmux(tmp_path, monkeypatch, script)
    monkeypatch.setattr(clipboard, "_PATIENCE", 0.3)
    went = await copy(ID, Clipboard.TMUX, TMUX, terminal.write, tmp_path)
    assert went == f"written to {tmp_path}/copied.txt (tmux does not answer)"
    if (pid := tmp_path / "pid").exists():
        await asyncio.to_thread(wait_until, lambda: not is_running(int(pid.read_text())))


async def test_without_the_program_tmux_there_are_other_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "(tmux was not found)" in await copy(ID, Clipboard.TMUX, TMUX, terminal.write, tmp_path)
    assert "OSC 52" in await copy(ID, Clipboard.AUTO, TMUX, terminal.write, tmp_path)


@pytest.mark.parametrize("environ", [XTERM, {"TERM": "xterm-256color", "SSH_CONNECTION": "a b"}, {"TERM": "alacritty"}])
async def test_a_terminal_takes_it_by_osc_52(environ: dict[str, str], terminal: Terminal) -> None:
    assert await copy(ID, Clipboard.AUTO, environ, terminal.write) == "sent to the terminal's clipboard (OSC 52)"
    assert terminal.written == f"\x1b]52;c;{base64.b64encode(ID.encode()).decode()}\a"


@pytest.mark.parametrize(
    ("way", "environ", "why"),
    [
        (Clipboard.OFF, XTERM, "copying is off"),
        (Clipboard.OFF, TMUX, "copying is off"),
        (Clipboard.AUTO, {"TERM": "linux"}, "this terminal has no clipboard"),
        (Clipboard.AUTO, {"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "this terminal has no clipboard"),
    ],
)
async def test_the_last_resort_is_a_private_file(
    way: Clipboard, environ: dict[str, str], why: str, tmp_path: Path, terminal: Terminal
) -> None:
    folder = tmp_path / "not there yet"
    assert await copy("first", way, environ, terminal.write, folder) == f"written to {folder}/copied.txt ({why})"
    await copy(ID, way, environ, terminal.write, folder)
    (path,) = folder.iterdir()
    assert path.read_text() == f"{ID}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not terminal.written


async def test_a_symlink_is_not_followed(tmp_path: Path, terminal: Terminal) -> None:
    other = tmp_path / "other"
    other.write_text("theirs")
    (tmp_path / "copied.txt").symlink_to(other)
    await copy(ID, Clipboard.OFF, XTERM, terminal.write, tmp_path)
    assert other.read_text() == "theirs"
    assert (tmp_path / "copied.txt").read_text() == f"{ID}\n"


async def test_large_texts_go_to_a_file(tmp_path: Path, terminal: Terminal) -> None:
    text = "x" * (MOST_BYTES + 1)
    went = await copy(text, Clipboard.AUTO, XTERM, terminal.write, tmp_path)
    assert went == f"written to {tmp_path}/copied.txt (73.2K is too large for a terminal)"
    assert (tmp_path / "copied.txt").read_text() == f"{text}\n"
    assert not terminal.written
    assert copied(osc52(text[1:], XTERM)) == text[1:]
    assert len(osc52(text[1:], XTERM)) == 100_000
    with pytest.raises(CannotCopyError):
        osc52(text, XTERM)


def test_ids_are_copied_as_they_are() -> None:
    for text in (ID, "i-0abc1234", "https://i-0abc.example.com:9000/v1/allocs/77", "name with spaces", "数据"):
        assert visible(text) == text


def test_line_breaks_are_made_visible() -> None:
    text = visible("x\nrm -rf ~\r\n\x1b[201~\x1b]52;c;eA==\a\x9b201~\u202e")
    assert text == "x␊rm -rf ~␍␊␛[201~␛]52;c;eA==␇�201~�"


@given(st.text())
def test_copies_have_no_control_characters(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(visible(text)) == visible(text)


async def test_the_way_is_as_safe_as_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tmux(tmp_path, monkeypatch, "cat >/dev/null; printf 'no \\033[31mserver\\n' >&2; exit 1")
    went = await copy(ID, Clipboard.TMUX, TMUX, Terminal().write, tmp_path)
    assert went == f"written to {tmp_path}/copied.txt (tmux says: no ␛[31mserver)"


async def test_secrets_are_masked(tmp_path: Path, terminal: Terminal) -> None:
    await copy("curl -u amy:hunter2x https://h", Clipboard.OFF, {}, terminal.write, tmp_path)
    assert (tmp_path / "copied.txt").read_text() == "curl -u amy:[redacted] https://h\n"
