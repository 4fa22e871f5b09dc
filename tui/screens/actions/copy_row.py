"""Copying what is pointed at: its id at once, anything else of it from a menu."""

import os
from collections.abc import Sequence

from store import Task
from tui.export import shell_commands as invocation
from tui.export.copy_items import CopyItem
from tui.screens.base.pointing import PointingScreen
from tui.terminal.clipboard import Clipboard, copy, visible
from tui.text.safe import safe
from tui.widgets.compact_output import CompactApp

_SHOWN = 80  # cells


def copy_first(screen: PointingScreen) -> None:
    """Copy what one is likeliest to want of what is pointed at."""
    items = screen.copyable
    if items:
        _copy(screen, items[0])
    else:
        screen.complain(ValueError("there is nothing here to copy"))


def choose(screen: PointingScreen) -> None:
    """Ask what to copy of what is pointed at."""
    from tui.screens.copy_menu import CopyMenu

    items = [*screen.copyable, *_commands(screen)]
    if not items:
        screen.complain(ValueError("there is nothing here to copy"))
        return

    def chosen(item: CopyItem | None) -> None:
        if item is not None:
            _copy(screen, item)

    screen.app.push_screen(CopyMenu(items), chosen)


def _commands(screen: PointingScreen) -> Sequence[CopyItem]:
    """What one types to see the same."""
    row, settings = screen.logged(), screen.session.settings
    run = None if row is None else screen.session.cluster.run(row.run_id if isinstance(row, Task) else row.id)
    found = []
    if run is not None:
        found.append(CopyItem("reflowtop", invocation.dashboard_on(settings, run)))
    if row is not None:
        found.append(CopyItem("logs", invocation.logs(settings, row.id)))
        found.append(CopyItem("get-item", invocation.get_item(settings, row.id)))
    return found


def _copy(screen: PointingScreen, item: CopyItem) -> None:
    # Of the app, for one may leave the screen meanwhile; a later text goes before an earlier one that still waits.
    screen.app.run_worker(_copy_and_tell(screen, item), group="copy", exclusive=True)


async def _copy_and_tell(screen: PointingScreen, item: CopyItem) -> None:
    app = screen.app
    write = app.write_to_terminal if isinstance(app, CompactApp) else _nowhere
    try:
        went = await copy(item.text, Clipboard(screen.session.settings.clipboard), os.environ, write)
    except OSError as error:
        app.notify(safe(f"{item.name} was not copied: {error}"), severity="error", markup=False)
    else:
        app.notify(f"{item.name} {safe(went)}\n{safe(visible(item.text), _SHOWN)}", markup=False)


def _nowhere(_: str) -> None:
    pass
