"""Every use of Textual's private API, behind public names.

Private names may change in any release of Textual. Constants list those used here, and a test names the one that
is missing after an upgrade. No other module of the dashboard may use a private name of Textual.
"""

import asyncio
import os
import selectors
import signal
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from traceback import walk_tb
from typing import Any, Protocol, TypeVar

from rich.console import RenderableType
from textual._callback import invoke
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.binding import BindingsMap, BindingType
from textual.color import Color
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Compose, Event, Key, Mount
from textual.filter import LineFilter
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.style import Style
from textual.timer import Timer
from textual.widget import Widget

from tui.terminal.output import find_terminal, terminal_size
from tui.terminal.replies import ReplyFilter
from tui.text.safe_text import SafeText

ReturnT = TypeVar("ReturnT")

__all__ = [
    "ChopsUpdate",
    "CompositorUpdate",
    "EventHook",
    "HookedApp",
    "HookedDriver",
    "LayoutUpdate",
    "guard_messages",
    "invoke",
    "measure_again",
    "replace_bindings",
]

PRIVATE_OF_APP = (
    *("_check_bindings", "_close_messages_no_wait", "_display", "_handle_exception"),
    *("_driver", "_exception", "_exception_event", "_filters", "_reactive_theme", "_return_code"),
)
"""The private methods and attributes of an `App` used here."""
PRIVATE_OF_TIMER = ("_tick",)
"""The private names of a `Timer` used here."""
PRIVATE_OF_WIDGET = ("_bindings", "_flush_next_callbacks", "_forward_event", "_layout_updates", "_on_message")
"""The private names of a `Screen` or `Widget` used here."""


PRIVATE_OF_DRIVER = (
    *("_auto_restart", "_file", "_get_terminal_size", "_must_signal_resume"),
    *("_run_input_thread", "_sigcont_application"),
)
"""The private names of a `LinuxDriver` used here."""
_POLL = 0.1  # seconds between looks whether to end
# Every mode that the driver sets, off; the screen from before; the cursor.
_RESTORED = (
    b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)


def _release_closed_widgets() -> None:
    """Let Textual's cache of border colours keep colours only.

    It is an `lru_cache` on a method, which keeps the objects that the method was called on, too: of the last 1,024
    widgets with the lines that they have drawn. That is 30 MB after a night of opening and closing screens.
    """
    method = getattr(StylesCache.get_inner_outer, "__wrapped__", None)
    if method is None:
        return  # this Textual caches nothing, or mends it itself
    cached: Callable[[Color, Color], tuple[Style, Style]] = lru_cache(1024)(partial(method, StylesCache))

    def get_inner_outer(_: StylesCache, base_background: Color, background: Color) -> tuple[Style, Style]:
        return cached(base_background, background)

    StylesCache.get_inner_outer = get_inner_outer  # type: ignore[method-assign, assignment]


_release_closed_widgets()


class HookedDriver(LinuxDriver):
    """A driver that survives SIGCONT, removes replies to other programs from the keys, and can be ended at once.

    It draws on stdout if stderr is not a terminal, so that warnings can be redirected to a file.
    Textual starts its threads again on each SIGCONT, even if they run. Two threads would then read the keys, and the
    terminal state restored on exit would be that of the dashboard.
    """

    interrupted: Callable[[], None] = staticmethod(lambda: None)
    """Called in another thread for each ctrl-C, before the event loop hears of it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._terminal = find_terminal() or sys.stderr
        self._file = self._terminal  # type: ignore[assignment] # it is only written to and flushed
        self.is_started = False
        self._loop = asyncio.get_running_loop()

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return the columns and rows of the terminal drawn on. Textual uses those of stdout, which may be a file."""
        return terminal_size(self._terminal)

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.is_started = self._key_thread is not None

    def stop_application_mode(self) -> None:
        self.is_started = False
        super().stop_application_mode()

    def _sigcont_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._continue)

    def _continue(self) -> None:
        """Take the terminal back: the shell has used it since, whatever has stopped this process."""
        if not self._auto_restart:
            return  # another program has the terminal
        if self.is_started:
            self.suspend_application_mode()
            self._must_signal_resume = True  # which draws everything again
        self.resume_application_mode()

    def run_input_thread(self) -> None:
        """Read the keys, as Textual does, until `exit_event` is set."""
        parser, replies = XTermParser(self._debug), ReplyFilter()
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = selector.select(_POLL / 5 if replies.is_waiting else _POLL)
                text = replies.flush()
                if ready:
                    data = _read(self.fileno)
                    if not data:
                        break  # the terminal is gone; `App.tick` finds out
                    text += replies.feed(decode(data))
                for event in [*(parser.feed(text) if text else ()), *parser.tick()]:
                    if isinstance(event, Key) and event.key == "ctrl+c":
                        self.interrupted()
                    self.process_message(event)

    def restore(self) -> None:
        """Restore the terminal from any thread, without the event loop. Blocks while the terminal takes nothing."""
        if not self.is_started:
            return
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})  # in the background, it would stop the process
        if self.attrs_before is not None:
            termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        os.write(self._terminal.fileno(), _RESTORED)


def _read(fileno: int) -> bytes:
    try:
        return os.read(fileno, 4096)
    except OSError:
        return b""


class _TakesFailures(Protocol):
    def take_failure(self, error: BaseException) -> bool: ...


PumpT = TypeVar("PumpT", bound=type[MessagePump])


def guard_messages(pump: PumpT) -> PumpT:
    """Give the exceptions of the message handlers of an app or a screen to its `take_failure`, or they end the app."""
    handle = pump._on_message  # noqa: SLF001 - this module is the one that may

    async def on_message(self: Any, message: Message) -> None:
        try:
            await handle(self, message)
        except Exception as error:
            taker: _TakesFailures = self
            if isinstance(message, Compose | Mount) or not taker.take_failure(error):
                raise  # a screen that is only half there cannot go on

    pump._on_message = on_message  # type: ignore[method-assign]  # noqa: SLF001
    return pump


@guard_messages
class HookedApp(App[ReturnT]):
    """An app with public hooks in place of private methods. It starts with a theme."""

    def take_failure(self, error: BaseException) -> bool:
        """Report an exception; return whether that was done. The handler's other work is lost, the app goes on."""
        return False

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

    def write_to_terminal(self, sequence: SafeText) -> None:
        """Write a control sequence for the terminal itself."""
        if self._driver is not None:
            self._driver.write(sequence)

    def get_driver_class(self) -> type[Driver]:
        """Return the driver of the terminal."""
        found = super().get_driver_class()
        return HookedDriver if found is LinuxDriver else found

    @property
    def terminal_driver(self) -> HookedDriver | None:
        """The driver of the terminal; None without one."""
        return self._driver if isinstance(self._driver, HookedDriver) else None

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


def is_of_callback(error: Exception) -> bool:
    """Return whether a timer or a callback raised `error`: unlike a message handler, these stop no message loop."""
    outer = error.__traceback__
    inner = None if outer is None else outer.tb_next
    return outer is not None and (
        outer.tb_frame.f_code in (Timer._tick.__code__, MessagePump._flush_next_callbacks.__code__)  # noqa: SLF001
        # What the loop calls itself are callbacks for when it is idle; it dispatches messages in another method.
        or (inner is not None and inner.tb_frame.f_code is invoke.__code__)
    )


def is_of_drawing(error: BaseException) -> bool:
    """Return whether drawing raised `error`. Then nothing can be drawn, not even the error."""
    return any(frame.f_globals.get("__name__") == LayoutUpdate.__module__ for frame, _ in walk_tb(error.__traceback__))


class EventHook:
    """A mixin for widgets: a public hook for each event that reaches the widget, before it is queued."""

    def take_event(self, event: Event) -> bool:
        """Handle `event` at once; return whether that was done."""
        return False

    def _forward_event(self, event: Event) -> None:
        if not self.take_event(event):
            super()._forward_event(event)  # type: ignore[misc]


def measure_again(widget: Widget) -> None:
    """Lay out a widget whose content may have another height.

    `refresh(layout=True)` does no more while the layout of an earlier call is due. If one has been made meanwhile, for
    another widget, the height that was measured then would stay.
    """
    widget._layout_updates += 1  # noqa: SLF001
    widget.refresh(layout=True)


def replace_bindings(screen: Screen[Any], bindings: Sequence[BindingType]) -> None:
    """Replace the bindings of one screen: those of its class stay as they are."""
    screen._bindings = BindingsMap(bindings)  # noqa: SLF001
