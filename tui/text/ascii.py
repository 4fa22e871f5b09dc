"""ASCII stand-ins for the characters that reflowtop draws, for terminals that show no others."""

import functools
import unicodedata
from typing import TypeVar, cast

_STAND_INS = {
    # states and findings: a stand-in each
    "○": "o", "●": "*", "▲": "!", "▼": "&", "◌": "~", "✗": "x", "✓": "v", "■": "#",
    # bars, sparklines, the timeline
    "█": "#", "▌": "=", "━": "=", "▒": ":", "·": ".", "┊": "|", "◆": "*",
    "▁": "_", "▂": ".", "▃": ",", "▄": "-", "▅": "=", "▆": "+", "▇": "*",
    # borders and scrollbars
    "▐": "|", "▊": "|", "▎": "|", "▏": "|", "▕": "|", "▔": "-", "▀": "-",
    # arrows, cursor, ellipsis
    "▸": ">", "›": ">", "→": ">", "←": "<", "↑": "^", "↓": "v", "↵": "\\",
    # characters in sentences
    "×": "x", "±": "+", "❚": "|", "❮": "<", "❯": ">", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"',
    "🔎": "/ ", "≤": "<", "»": ">", "▶": ">",
}  # fmt: skip
_UNKNOWN = "?"
CUT, CUT_MARK = "…", ".."
"""The sign of a text that is cut, or goes on, and what stands for it and the cell before it.

One sign in words and after blanks, and another one than that of the cursor.
"""

AnyText = TypeVar("AnyText", bound=str)


def to_ascii(text: AnyText) -> AnyText:
    """Return `text` in ASCII, with the same width. Characters without a stand-in become `?`; zero-width ones are
    dropped.
    """
    if text.isascii():
        return text
    first, *others = ("".join(map(_stand_in, part)) for part in text.split(CUT))
    for part in others:
        first = f"{first[:-1]}{CUT_MARK}{part}" if first else f"{CUT_MARK[:1]}{part}"
    return cast("AnyText", first)


@functools.lru_cache(maxsize=4096)
def _stand_in(char: str) -> str:
    if char.isascii():
        return char
    if char in _STAND_INS:
        return _STAND_INS[char]
    name = unicodedata.name(char, "")
    if name.startswith("BOX DRAWINGS"):
        return _of_box(name)
    from rich.cells import get_character_cell_size

    return _UNKNOWN * get_character_cell_size(char)


def _of_box(name: str) -> str:
    words = set(name.split())
    if words.isdisjoint({"VERTICAL", "UP", "DOWN"}):
        return "-"
    return "|" if words.isdisjoint({"HORIZONTAL", "LEFT", "RIGHT"}) else "+"
