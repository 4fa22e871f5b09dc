"""Reporting how a command ended that ran in the background, and whether one still runs."""

import asyncio
from concurrent.futures import Future
from functools import partial
from typing import Any

from textual.app import App
from textual.worker import Worker

from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.session import Session
from tui.terminal import new_files
from tui.widgets.content import show_toast

WRITING = "writing"
"""The group of the workers that write the files which the user has asked for: bundles, pages, logs."""


def holds_exit(app: App[Any], session: Session) -> bool:
    """Return whether to stay because files are being written, and say so: once for each of them."""
    writing = {worker for worker in app.workers if worker.group == WRITING and not worker.is_finished}
    is_news = not writing <= set(session.told_writes)
    session.told_writes |= writing
    if is_news:
        report(app, "a file is still being written; the same key again quits without it", is_error=True)
    return is_news


def report(app: App[Any], message: str, *, is_error: bool = False) -> None:
    """Show a message or an error in the footer of the screen on top, which may have changed since the action began."""
    top = app.screen
    if not isinstance(top, BaseScreen):  # such as the help, which has no footer
        show_toast(app, "", message, "error" if is_error else "information")
    elif is_error:
        top.show_error(message)
    else:
        top.show_message(message)


def report_failure(app: App[Any], write: "Future[Any] | None", message: str) -> None:
    """Show a message with the reason as an error if a write in a thread fails."""
    if write is not None:
        _: Worker[None] = app.run_worker(partial(_wait, app, write, message), group="files")


async def _wait(app: App[Any], write: "Future[Any]", message: str) -> None:
    # Waiting in a thread leaves the write alone if the dashboard ends meanwhile.
    error = await asyncio.to_thread(write.exception)
    if isinstance(error, OSError):
        report(app, f"{message}: {new_files.describe(error)}", is_error=True)
    elif error is not None:
        raise error
