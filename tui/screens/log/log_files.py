"""Logs outside of the dashboard: in a file, a pager or an editor."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from textual.app import App, SuspendNotSupported
from textual.worker import Worker

from store import Digest, Error, ErrorKind
from store.logs.log import Log
from tui.export.copy_items import CopyItem
from tui.logs import console_url, document
from tui.logs.line_text import plain
from tui.logs.tabs import Tab
from tui.screens.actions import outcome
from tui.screens.base.base_screen import BaseScreen
from tui.screens.log.log_session import LogSession
from tui.terminal import new_files
from tui.terminal.output import find_terminal
from tui.text import formats
from tui.watch.polling import error_texts

_MOST = 1024 * 1024 * 1024  # bytes for a pager; larger logs can be saved
_DEFAULTS = {"PAGER": "less", "EDITOR": "vi"}


def suggest(id: Digest, tab: Tab) -> Path:
    """Return a path in the platform's state folder to save the log of a tab to."""
    return new_files.find_unused(new_files.state_folder(), f"reflowtop-{id.short}-{tab}", ".log")


def copy_items(session: LogSession, id: Digest) -> Sequence[CopyItem]:
    """Return what can be copied: the line that was found, the addresses of the log, and the `id` of its row."""
    found, reading, number = list[CopyItem](), session.reading, session.view.cursor
    if reading is not None:
        if number is not None:
            found.append(CopyItem("line", plain(reading.document.blocks.line(number).text)))
        place = reading.document.log.location
        if (url := console_url.url(place)) is not None:
            found.append(CopyItem("address", url))
        found.append(CopyItem("uri", place.uri))
    return [*found, CopyItem("id", str(id))]


def start_saving(screen: BaseScreen, session: LogSession, log: Log, path: Path) -> None:
    """Save all of a log to a new file in the background; report it with the log, or on the screen that is then on top.

    A worker of the app: the user may leave the log meanwhile.
    """
    work = partial(_save_and_report, screen, session, log, path)
    _: Worker[None] = screen.app.run_worker(work, group=outcome.WRITING)


async def _save_and_report(screen: BaseScreen, session: LogSession, log: Log, path: Path) -> None:
    app, limit = screen.app, screen.size.width - 2
    session.say("saving …")
    is_error = True
    try:
        said, is_error = await save(log, path, limit), False
    except Error as error:
        said = error_texts.describe(error)
    except OSError as error:
        said = new_files.describe(error, limit)
    session.say(said, "$text-error" if is_error else "$text-accent")
    if not (session.is_shown and app.screen is screen):
        outcome.report(app, said, is_error=is_error)


async def save(log: Log, path: Path, limit: int) -> str:
    """Write all of a log to a new file; return a sentence about it, of about `limit` characters.

    Raises OSError, and what reading raises.
    """
    saved = f"{formats.size(await document.save(log, path))} saved to "
    return f"{saved}{new_files.shorten(path, max(20, limit - len(saved)))}"


async def show_in(app: App[object], log: Log, variable: str) -> None:
    """Show a copy of a log in the program that the environment variable `PAGER` or `EDITOR` names.

    Raises OSError, Error INVALID if the variable is no command, Error NOT_SUPPORTED if the terminal cannot be lent, and
    what reading raises.
    """
    if log.size is not None and log.size > _MOST:
        text = f"{formats.size(log.size)} is too large to open: save it to a file"
        raise Error(ErrorKind.NOT_SUPPORTED, "open log", (log.location.uri,), text)
    command = _command(variable)
    with tempfile.TemporaryDirectory(prefix="reflowtop-") as folder:
        path = Path(folder) / "log.txt"
        await document.save(log, path)
        try:
            with app.suspend():
                # It has the terminal to itself, even if one of our own streams is redirected.
                subprocess.run([*command, path], stdout=find_terminal(), check=False)  # noqa: ASYNC221, S603
        except SuspendNotSupported as error:
            raise Error(ErrorKind.NOT_SUPPORTED, "open log", (variable,), error) from error


def _command(variable: str) -> list[str]:
    text = os.environ.get(variable, "")
    try:
        return shlex.split(text) or [_DEFAULTS[variable]]
    except ValueError as error:
        raise Error(ErrorKind.INVALID, "open log", (f"{variable}={text}",), error) from error
