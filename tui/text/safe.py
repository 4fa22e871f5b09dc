"""The one door for untrusted text.

Textual and Rich pass control characters in data straight to the terminal. So nothing that comes from a row, a log, a
file or AWS is shown without `safe`. Whatever prints or draws takes only `SafeText`, so that a text that has not passed
this door is an error of types. Safe text is still not markup: pass it to a widget as `tui.widgets.content.content`.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable

from rich.cells import cell_len, get_character_cell_size, split_text

from tui.text.safe_text import SafeText

NONE = SafeText("-")
CUT = SafeText("…")

LIMIT = 1000
_MARKS = 4
# Room for any text of `limit` cells, so that a longer text can be cut before it is examined.
_CHARS_PER_CELL = 2 * (1 + _MARKS)
MAX_CHARS = _CHARS_PER_CELL * LIMIT
"""The most characters that `safe` examines: cut longer text to it first."""

_STAND_IN = "�"
# Printable for Python, but invisible: grapheme joiner, fillers, Khmer inherent vowels, variation selectors.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def safe(text: str, limit: int = LIMIT) -> SafeText:
    """Return `text` as one line of at most `limit` cells (at least 1) that is harmless to a terminal, cut with `…`.

    Control characters become their pictures; characters that are invisible, reorder text or have no fixed meaning
    become `�`; uncommon spaces become plain ones. At most 4 combining marks in a row are kept.
    """
    if text.isascii() and text.isprintable():
        return SafeText(text if len(text) <= limit else text[: limit - 1] + CUT)
    most = _CHARS_PER_CELL * limit
    shown = _without_surplus_marks(map(_shown, text if len(text) <= most else text[:most] + CUT))
    return SafeText(shown if cell_len(shown) <= limit else split_text(shown, limit - 1)[0] + CUT)


def safe_lines(text: str, limit: int = LIMIT) -> list[SafeText]:
    """Return the lines of `text`, each made safe, tabs as spaces. An empty text has no lines."""
    most = _CHARS_PER_CELL * limit + 1
    lines = text.removesuffix("\n").split("\n") if text else []
    return [safe(line.removesuffix("\r")[:most].expandtabs(), limit) for line in lines]


@functools.lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    if char.isprintable():
        return _STAND_IN if _INVISIBLE.match(char) else char
    if char < " ":
        return chr(0x2400 + ord(char))
    if char == "\x7f":
        return "␡"
    return " " if unicodedata.category(char) == "Zs" else _STAND_IN


def _without_surplus_marks(chars: Iterable[str]) -> str:
    kept: list[str] = []
    marks = 0
    for char in chars:
        marks = 0 if get_character_cell_size(char) else marks + 1
        if marks and not kept:  # it would combine with the character before the text
            kept.append(_STAND_IN)
            marks = 0
        elif marks <= _MARKS:
            kept.append(char)
        elif marks == _MARKS + 1:
            kept.append(CUT)
    return "".join(kept)
