"""Reporting how a command ended that ran in the background."""

from typing import Any

from textual.app import App

from tui.screens.base.base_screen import BaseScreen
from tui.widgets.content import show_toast


def report(app: App[Any], message: str, *, is_error: bool = False) -> None:
    """Show a message or an error in the footer of the screen on top, which may have changed since the action began."""
    top = app.screen
    if not isinstance(top, BaseScreen):  # such as the help, which has no footer
        show_toast(app, "", message, "error" if is_error else "information")
    elif is_error:
        top.show_error(message)
    else:
        top.show_message(message)
