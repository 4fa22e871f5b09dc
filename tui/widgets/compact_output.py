"""Compact terminal output: fewer bytes for what Textual draws, since over SSH they take the time.

Textual writes a line from its start to the end of a change, and sets all colours for each piece of text. Here only the
changed span is written, and of its style only what differs from the text before it.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.textual_private import ChopsUpdate, CompositorUpdate, HookedApp, LayoutUpdate

ReturnT = TypeVar("ReturnT")

_RESET = "\x1b[0m"
_PLAIN = Style.null()


class CompactApp(HookedApp[ReturnT]):
    """An app that writes no more to the terminal than necessary."""

    def transform_update(self, update: RenderableType | None) -> RenderableType | None:
        return CompactUpdate(update) if isinstance(update, ChopsUpdate | LayoutUpdate) else update

    def action_redraw(self) -> None:
        """Write the whole screen: another program, such as `wall`, may have written over it."""
        self.refresh(layout=True)


class CompactUpdate(CompositorUpdate):
    """Replaces an update of Textual's and leaves the same on the screen.

    Terminals disagree about the width of emoji and of some scripts. After such a text the cursor is set explicitly, so
    that no text moves its neighbours or spills into the next line.
    """

    def __init__(self, update: ChopsUpdate | LayoutUpdate) -> None:
        self._update = update

    def __rich__(self) -> RenderableType:
        return self._update

    def render_segments(self, console: Console) -> str:
        system = COLOR_SYSTEMS.get(console.color_system or "", ColorSystem.TRUECOLOR)
        written = []
        current = _PLAIN
        for left, y, segments in _pieces(self._update):
            x = left
            written.append(_move(x, y))
            for text, segment_style, _ in segments:
                style = segment_style or _PLAIN
                if not text.isprintable():
                    text = contain(text)  # noqa: PLW2901
                if style.link:
                    written += _switch(current, _PLAIN, system), Strip.render_style(style, text, system)
                    current = _PLAIN
                else:
                    written += _switch(current, style, system), text
                    current = style
                x += (wide := cell_len(text))
                if wide != len(text):
                    written.append(_move(x, y))
        written.append(_switch(current, _PLAIN, system))
        return "".join(written)


def contain(text: str) -> str:
    """Return a text that was drawn without `tui.text.safe` with stand-ins for what a terminal would act upon.

    No widget of ours draws one; this guards against a new one, and against a change in Textual.
    """
    return "".join(char if char.isprintable() else "�" for char in text)


def _move(x: int, y: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"


def _pieces(update: ChopsUpdate | LayoutUpdate) -> Iterator[tuple[int, int, Iterable[Segment]]]:
    """Yield the text to write, and where it starts."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield x, y, strip
                x += strip.cell_length
    else:
        for y, start, end in update.spans:
            for (x, chop), chop_end in zip(update.chops[y].items(), update.chop_ends[y], strict=False):
                left, right = max(x, start), min(chop_end, end)
                if chop is not None and left < right:
                    # Strip.crop does the same, but makes ten objects for each of the many spans of a table.
                    _, segments = Segment.divide(chop, [left - x, right - x])
                    yield left, y, segments


@lru_cache(maxsize=4096)
def _switch(before: Style, after: Style, system: ColorSystem) -> str:
    # Attributes can only be removed, and colours only reset, by starting from the default style.
    lacks_color = (before.color and not after.color) or (before.bgcolor and not after.bgcolor)
    if lacks_color or before.without_color != after.without_color:
        codes = Strip.render_ansi(after, system)
        return f"\x1b[0;{codes}m" if codes else _RESET
    changes: list[str] = []
    if after.color and after.color != before.color:
        changes += after.color.downgrade(system).get_ansi_codes()
    if after.bgcolor and after.bgcolor != before.bgcolor:
        changes += after.bgcolor.downgrade(system).get_ansi_codes(foreground=False)
    return f"\x1b[{';'.join(changes)}m" if changes else ""
