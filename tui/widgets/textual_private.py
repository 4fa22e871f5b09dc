"""Every use of Textual's private API, behind public names.

Private names may change in any release of Textual. Constants list those used here, and a test names the one that
is missing after an upgrade. No other module of the dashboard may use a private name of Textual.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from rich.console import RenderableType
from textual._callback import invoke
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.binding import BindingsMap, BindingType
from textual.events import Event
from textual.filter import LineFilter
from textual.screen import Screen

ReturnT = TypeVar("ReturnT")

__all__ = ["ChopsUpdate", "CompositorUpdate", "EventHook", "HookedApp", "LayoutUpdate", "invoke", "replace_bindings"]

PRIVATE_OF_APP = (
    *("_check_bindings", "_close_messages_no_wait", "_display", "_handle_exception"),
    *("_driver", "_exception", "_exception_event", "_filters", "_reactive_theme", "_return_code"),
)
"""The private methods and attributes of an `App` used here."""
PRIVATE_OF_WIDGET = ("_bindings", "_forward_event")
"""The private names of a `Screen` or `Widget` used here."""


class HookedApp(App[ReturnT]):
    """An app with public hooks in place of private methods. It starts with a theme."""

    def __init__(self, first_theme: str | None = None) -> None:
        # If it were set later, Textual would derive all colours twice, and parse the style sheets twice.
        if first_theme is not None:
            self._reactive_theme = first_theme
        super().__init__()

    def transform_update(self, update: RenderableType | None) -> RenderableType | None:
        """Return what to write in place of `update`. This hook is the one place between drawing and writing."""
        return update

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, self.transform_update(renderable))

    async def check_key(self, key: str, *, priority: bool) -> bool:
        """Run the binding of `key`; return whether there is one. Textual first asks for priority bindings."""
        return await super()._check_bindings(key, priority)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        return await self.check_key(key, priority=priority)

    def set_filters(self, filters: Sequence[LineFilter]) -> None:
        """Set the filters that every line passes on its way to the screen, in place of Textual's own."""
        self._filters = [*filters]

    def add_filter(self, line_filter: LineFilter) -> None:
        """Add a filter after the others."""
        self._filters.append(line_filter)

    def write_to_terminal(self, sequence: str) -> None:
        """Write a control sequence for the terminal itself."""
        if self._driver is not None:
            self._driver.write(sequence)

    @property
    def crash(self) -> Exception | None:
        """The unhandled exception that ended the app; None if there was none."""
        return self._exception

    def handle_crash(self, error: Exception) -> None:
        """Called with an exception that no handler caught."""
        super()._handle_exception(error)

    def _handle_exception(self, error: Exception) -> None:
        self.handle_crash(error)

    def end_with(self, error: Exception, return_code: int) -> None:
        """End the app because of an unhandled exception, without the traceback that Textual prints for developers."""
        self._return_code = return_code
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()


class EventHook:
    """A mixin for widgets: a public hook for each event that reaches the widget, before it is queued."""

    def take_event(self, event: Event) -> bool:
        """Handle `event` at once; return whether that was done."""
        return False

    def _forward_event(self, event: Event) -> None:
        if not self.take_event(event):
            super()._forward_event(event)  # type: ignore[misc]


def replace_bindings(screen: Screen[Any], bindings: Sequence[BindingType]) -> None:
    """Replace the bindings of one screen: those of its class stay as they are."""
    screen._bindings = BindingsMap(bindings)  # noqa: SLF001
