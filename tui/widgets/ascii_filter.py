"""What is drawn, in ASCII: for terminals that have no other signs."""

from functools import lru_cache

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.text.ascii import to_ascii


class AsciiFilter(LineFilter):
    """Puts a stand-in for every sign beyond ASCII.

    Every line of every widget goes through the app's filters on its way to the screen, borders, scrollbars and
    Textual's own widgets, too. Whoever draws need not know of it.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, in ASCII, each as wide as it was."""
        if all(segment.text.isascii() for segment in segments):
            return segments
        return [Segment(_translated(text), style, control) for text, style, control in segments]


_translated = lru_cache(maxsize=1024)(to_ascii)
