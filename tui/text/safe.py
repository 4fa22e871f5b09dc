"""The one door for untrusted text.

Textual and Rich pass control characters in data straight to the terminal. So nothing that comes from a row, a log, a
file or AWS is shown without `safe`. Whatever prints or draws takes only `SafeText`, so that a text that has not passed
this door is an error of types. Safe text is still not markup: pass it to a widget as `tui.widgets.content.content`.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator

from rich.cells import get_character_cell_size

from tui.text.safe_text import EMPTY, SafeText

NONE = SafeText("-")
CUT = SafeText("…")

LIMIT = 1000
_MARKS = 4
# Room for any text of `limit` cells, so that a longer text can be cut before it is examined.
_CHARS_PER_CELL = 2 * (1 + _MARKS)
MAX_CHARS = _CHARS_PER_CELL * LIMIT
"""The most characters that `safe` examines: cut longer text to it first."""

_STAND_IN = "�"
_RUN = re.compile("[ -~]+|[^ -~]")
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
    kept: list[str] = []
    cells = 0
    head = EMPTY  # the part that leaves a cell for the ellipsis
    for piece, width in _without_surplus_marks(_pieces(text if len(text) <= most else text[:most] + CUT)):
        room = limit - 1 - cells
        if 0 <= room < width:
            head = SafeText("".join(kept) + (piece[:room] if len(piece) > 1 else " " * room))
        cells += width
        if cells > limit:  # the rest need not be examined
            return SafeText(head + CUT)
        kept.append(piece)
    return SafeText("".join(kept))


def safe_lines(text: str, limit: int = LIMIT) -> list[SafeText]:
    """Return the lines of `text`, each made safe, tabs as spaces. An empty text has no lines."""
    most = _CHARS_PER_CELL * limit + 1
    lines = text.removesuffix("\n").split("\n") if text else []
    return [safe(line.removesuffix("\r")[:most].expandtabs(), limit) for line in lines]


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Yield what to show, and its cells: runs of printable ASCII, and each other character."""
    for match in _RUN.finditer(text):
        piece = match[0]
        yield (piece, len(piece)) if piece.isascii() and piece.isprintable() else _shown(piece)


@functools.lru_cache(maxsize=4096)
def _shown(char: str) -> tuple[str, int]:
    shown = _replacement(char)
    return shown, get_character_cell_size(shown)


def _replacement(char: str) -> str:
    if char.isprintable():
        return _STAND_IN if _INVISIBLE.match(char) else char
    if char < " ":
        return chr(0x2400 + ord(char))
    if char == "\x7f":
        return "␡"
    return " " if unicodedata.category(char) == "Zs" else _STAND_IN


def _without_surplus_marks(pieces: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    marks, is_first = 0, True
    for piece, width in pieces:
        marks = 0 if width else marks + 1
        if marks and is_first:  # it would combine with the character before the text
            yield _STAND_IN, 1
            marks = 0
        elif marks <= _MARKS:
            yield piece, width
        elif marks == _MARKS + 1:
            yield CUT, 1
        is_first = False
