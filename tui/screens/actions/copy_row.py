"""Copying the subject of a screen: its id at once, its other texts from a menu."""

import os
from collections.abc import Sequence
from functools import partial

from textual.worker import Worker

from store import Task
from tui.export import shell_commands
from tui.export.copy_items import CopyItem
from tui.screens.actions import outcome
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.session import Session
from tui.screens.base.subject import Subject
from tui.terminal import new_files
from tui.terminal.clipboard import Clipboard, copy, shareable, visible
from tui.text.safe import safe
from tui.widgets.compact_output import CompactApp

_PREVIEW = 30  # cells: the message fits into one line of 80
_NOTHING = "no row is selected"


def copy_first(screen: BaseScreen) -> None:
    """Copy the most likely text of the subject."""
    items = screen.subject().copy_items
    if items:
        _copy(screen, items[0])
    else:
        screen.show_error(_NOTHING)


def open_menu(screen: BaseScreen) -> None:
    """Open the menu of the texts that can be copied."""
    from tui.screens.copy_menu import CopyMenu

    subject = screen.subject()
    items = [*subject.copy_items, *command_items(screen.session, subject)]
    if not items:
        screen.show_error(_NOTHING)
        return

    def copy_chosen(item: CopyItem | None) -> None:
        if item is not None:
            _copy(screen, item)

    screen.app.push_screen(CopyMenu(items), copy_chosen)


def command_items(session: Session, subject: Subject) -> Sequence[CopyItem]:
    """Return the shell commands that show the subject."""
    row, settings = subject.row, session.settings
    if row is None:
        return []
    run = session.cluster.run(row.run_id if isinstance(row, Task) else row.id)
    return [
        *([] if run is None else [CopyItem("reflowtop", shell_commands.dashboard_on(settings, run, session.window))]),
        CopyItem("logs", shell_commands.logs(settings, row.id)),
        CopyItem("get-item", shell_commands.get_item(settings, row.id)),
    ]


def _copy(screen: BaseScreen, item: CopyItem) -> None:
    # A worker of the app: the user may leave the screen meanwhile. A later copy replaces one that still waits.
    _: Worker[None] = screen.app.run_worker(partial(_copy_and_report, screen, item), group="copy", exclusive=True)


async def _copy_and_report(screen: BaseScreen, item: CopyItem) -> None:
    app = screen.app
    write = app.write_to_terminal if isinstance(app, CompactApp) else _discard
    try:
        destination = await copy(item.text, Clipboard(screen.session.settings.clipboard), os.environ, write)
    except OSError as error:
        outcome.report(app, f"{item.name} was not copied: {new_files.describe(error)}", is_error=True)
    else:
        copied = shareable(item.text)
        masked = "" if copied == visible(item.text) else ", secrets masked"
        outcome.report(app, f"{item.name} {destination}{masked}: {safe(copied, _PREVIEW)}")


def _discard(_: str) -> None:
    pass
