"""A line filter for terminals that show only ASCII."""

from functools import lru_cache

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.text.ascii import CUT, CUT_MARK, to_ascii


class AsciiFilter(LineFilter):
    """Replaces every character beyond ASCII by a stand-in.

    Textual passes every line of every widget through the app's filters, with borders, scrollbars and its own widgets,
    so widgets need not know about ASCII.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.text.isascii() for segment in segments):
            return segments
        texts = [_translated(text) for text, _, _ in segments]
        for place, (text, _, _) in enumerate(segments[1:]):
            if text.startswith(CUT) and texts[place] and not segments[place].control:
                texts[place] = texts[place][:-1] + CUT_MARK[:1]
        return [Segment(text, style, control) for text, (_, style, control) in zip(texts, segments, strict=True)]


_translated = lru_cache(maxsize=1024)(to_ascii)
