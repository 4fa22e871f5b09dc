"""Draw a frame when an app has settled, not sixty times a second.

An app without a terminal shows no frame, and starting one draws eight: a fifth of its CPU time. One frame per change is
enough to show the old content of a widget that changes without asking for a repaint.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from textual.app import App
from textual.screen import Screen

_draw_at_once = Screen._compositor_refresh
_undrawn: list[tuple[App[object], Screen[object]]] = []
_holders: list[object] = []
_changes = itertools.count()
_change = next(_changes)


def install() -> None:
    """Let screens without a terminal put their frames off until `draw`."""
    Screen._compositor_refresh = _put_off  # type: ignore[method-assign, assignment]


@contextmanager
def at_once() -> Iterator[None]:
    """Draw as Textual does, for tests about what a single frame sends to the terminal."""
    put_off = Screen._compositor_refresh
    Screen._compositor_refresh = _draw_at_once  # type: ignore[method-assign]
    try:
        yield
    finally:
        Screen._compositor_refresh = put_off  # type: ignore[method-assign]


def change() -> object:
    """Return a value that stays equal as long as screens show the same."""
    return _change if Screen._compositor_refresh is _put_off else object()


def _put_off(screen: Screen[object]) -> None:
    global _change  # noqa: PLW0603 - apps of one process take turns
    _change = next(_changes)
    app = screen.app
    if screen is not app.screen or not app.is_headless:
        _draw_at_once(screen)
        return
    screen._dirty_widgets.clear()  # the compositor has their regions
    app._update_mouse_over(screen)
    if (app, screen) not in _undrawn:
        _undrawn.append((app, screen))


@contextmanager
def held() -> Iterator[None]:
    """Let `draw` do nothing: more will change before a test looks."""
    holder = object()
    _holders.append(holder)
    try:
        yield
    finally:
        _holders.remove(holder)


def draw() -> None:
    """Draw what has changed. An error ends the app, as it does when a screen draws itself."""
    while _undrawn and not _holders:
        app, screen = _undrawn.pop()
        if not app.is_running or not app.screen_stack or screen is not app.screen:
            continue
        with app._context(), screen._context():
            try:
                _draw_at_once(screen)
            except Exception as error:
                app._handle_exception(error)
