"""ASCII stand-ins for the characters that reflowtop draws, for terminals that show no others."""

import functools
import sys
import unicodedata
from collections.abc import Mapping

# Python does so itself in the C locale, before any of our code runs.
_SAID_BY_PYTHON = ("C.UTF-8", "C.utf8", "UTF-8")
# Console fonts hold a few hundred characters; ours are not among them.
_FEW_SIGNS = ("linux", "vt100", "vt102", "vt220")

_STAND_INS = {
    # states and findings: a stand-in each
    "○": "o", "●": "*", "▲": "!", "▼": "&", "◌": "~", "✗": "x", "✓": "v", "■": "#",
    # bars, sparklines, the timeline
    "█": "#", "▌": "=", "━": "=", "▒": ":", "·": ".", "┊": "|", "◆": "*",
    "▁": "_", "▂": ".", "▃": ",", "▄": "-", "▅": "=", "▆": "+", "▇": "*",
    # borders and scrollbars
    "▐": "|", "▊": "|", "▎": "|", "▏": "|", "▕": "|", "▔": "-", "▀": "-",
    # arrows, cursor, ellipsis
    "▸": ">", "›": ">", "→": ">", "←": "<", "↑": "^", "↓": "v", "…": ">", "↵": "\\",
    # characters in sentences
    "×": "x", "±": "+", "❚": "|", "❮": "<", "❯": ">", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"',
    "🔎": "/ ", "≤": "<", "»": ">", "▶": ">",
}  # fmt: skip
_UNKNOWN = "?"


def ascii_reason(environ: Mapping[str, str], *, in_utf8_mode: bool = bool(sys.flags.utf8_mode)) -> str:
    """Return why the terminal described by `environ` shows only ASCII; empty if it shows every character."""
    term = environ.get("TERM", "")
    if term in _FEW_SIGNS:
        return f"TERM={term}"
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if in_utf8_mode and environ.get("LC_CTYPE") in _SAID_BY_PYTHON:
        names.remove("LC_CTYPE")
    # The locale that these variables name need not be installed here: ssh passes them on from the user's terminal.
    name = next((name for name in names if environ.get(name)), "")
    if "utf8" in environ.get(name, "").lower().replace("-", ""):
        return ""
    return f"{name}={environ[name]}" if name else "no locale"


def to_ascii(text: str) -> str:
    """Return `text` in ASCII, with the same width. Characters without a stand-in become `?`; zero-width ones are
    dropped.
    """
    if text.isascii():
        return text
    return "".join(map(_stand_in, text.replace(" …", "..")))


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
