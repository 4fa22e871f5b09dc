"""Copying of a text: by tmux, else by the terminal, else to a file. Each way reports how it went."""

import asyncio
import base64
import contextlib
import enum
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tui.terminal import new_files
from tui.terminal.multiplexer import passed_through
from tui.text import formats
from tui.text.redaction import redact
from tui.text.safe import safe
from tui.text.safe_text import SafeText
from tui.text.terminal_abilities import Multiplexer, may_accept_osc52, multiplexer

MOST_BYTES = 74_994
"""The most that xterm accepts in one OSC 52: 100,000 bytes of base64 and frame. Others accept as much, or more."""
# A sequence short enough to send to both tmux and GNU screen: each ignores what is for the other.
_SHORT = 250
_PATIENCE = 2.0  # seconds for tmux


class Clipboard(enum.StrEnum):
    """The ways to copy a text."""

    AUTO = "auto"
    TMUX = "tmux"
    OSC52 = "osc52"
    OFF = "off"


class CannotCopyError(Exception):
    """A way of copying is not available; the message is a clause."""


def visible(text: str) -> str:
    """Return `text` as one line that is harmless wherever it is pasted; ids are unchanged.

    A line break in a shell runs a command, and an escape sequence can end a bracketed paste early.
    """
    return safe(text, 2 * len(text) + 1)


def shareable(text: str) -> str:
    """Return `text` as it is copied: `visible`, and with secrets masked, for it is pasted where others read it."""
    return visible(redact(text))


async def copy(
    text: str, way: Clipboard, environ: Mapping[str, str], write: Callable[[SafeText], None], folder: Path | None = None
) -> str:
    """Copy `text`, made `shareable`; return how, as a clause that follows the name of what was copied.

    `write` writes to the terminal. A file goes into `folder`, by default the user's cache folder. Raises OSError if the
    file cannot be written.
    """
    text = shareable(text)
    why: list[str] = []
    if way is Clipboard.TMUX or (way is Clipboard.AUTO and environ.get("TMUX")):
        try:
            return await _by_tmux(text)
        except CannotCopyError as error:
            why.append(str(error))
    if way is Clipboard.OSC52 or (way is Clipboard.AUTO and may_accept_osc52(environ)):
        try:
            write(osc52(text, environ))
        except CannotCopyError as error:
            why.append(str(error))
        else:
            return "sent to the terminal's clipboard (OSC 52)"
    path = await asyncio.to_thread(_into_file, text, folder)
    reason = "; ".join(why) or ("copying is off" if way is Clipboard.OFF else "this terminal has no clipboard")
    return f"written to {path} ({reason})"


def osc52(text: str, environ: Mapping[str, str]) -> SafeText:
    """Return the OSC 52 sequence that puts `text` on the clipboard, also through tmux and GNU screen.

    Raises CannotCopyError for a text larger than terminals accept.
    """
    data = text.encode("utf-8", "replace")
    if len(data) > MOST_BYTES:
        raise CannotCopyError(f"{formats.size(len(data))} is too large for a terminal")
    sequence = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\a"
    between = multiplexer(environ)
    wrapped = passed_through(sequence, environ)
    # tmux takes it with `set-clipboard on`, and passes it on with `allow-passthrough on`.
    if between is Multiplexer.TMUX or (between is Multiplexer.SCREEN and len(sequence) <= _SHORT):
        return SafeText(sequence + wrapped)
    return SafeText(wrapped)


async def _by_tmux(text: str) -> str:
    program = shutil.which("tmux")
    if program is None:
        raise CannotCopyError("tmux was not found")
    process = await asyncio.create_subprocess_exec(
        program,
        *("load-buffer", "-w", "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        process_group=0,  # of its own, to end its children, too: a wrapper's would hold the pipes open
    )
    try:
        _, complaint = await asyncio.wait_for(process.communicate(text.encode("utf-8", "replace")), _PATIENCE)
    except TimeoutError as error:
        raise CannotCopyError("tmux does not answer") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        said = " ".join(complaint.decode("utf-8", "replace").split())
        raise CannotCopyError(f"tmux says: {safe(said, 100)}")
    return "copied by tmux, to its buffer and the clipboard"


def _into_file(text: str, folder: Path | None) -> Path:
    """Replace the text that was copied before; the file is readable only by its owner."""
    if folder is None:
        folder = new_files.cache_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file, name = tempfile.mkstemp(dir=folder, prefix="copied-")  # with mode 0600
    try:
        with os.fdopen(file, "w", encoding="utf-8", errors="replace") as copied:
            copied.write(f"{text}\n")
        path = folder / "copied.txt"
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path
