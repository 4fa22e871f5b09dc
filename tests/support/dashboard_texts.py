"""Texts, files and workers that tests of screens look at."""

from pathlib import Path

from tests.support.dashboard import Dashboard
from tui.screens.actions import outcome
from tui.screens.base.base_screen import BaseScreen


def toasts(dashboard: Dashboard) -> list[tuple[str, str]]:
    """The severity and the text of each notification, the newest last."""
    found = dashboard.app._notifications
    return [(each.severity, f"{each.title}: {each.message}" if each.title else str(each.message)) for each in found]


def message(dashboard: Dashboard) -> str:
    """The text in place of the keys, without the breaks between its lines."""
    screen = dashboard.app.screen
    assert isinstance(screen, BaseScreen)
    region = screen.footer.region
    return " ".join(line.strip() for line in dashboard.lines[region.y : region.bottom])


def files_in(folder: Path) -> list[Path]:
    """The files in a folder, but what is remembered of failures in one below it."""
    return [path for path in folder.iterdir() if path.is_file()] if folder.exists() else []


async def idle(dashboard: Dashboard) -> None:
    """Wait for the workers of the app, but that which reads."""
    for worker in list(dashboard.app.workers):
        if worker.group in ("copy", "share", outcome.WRITING):
            await worker.wait()
    await dashboard.settle()
