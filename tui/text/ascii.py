"""Signs beyond ASCII, and what stands for each where a terminal cannot show it."""

import functools
import sys
import unicodedata
from collections.abc import Mapping

# Python itself says so where the locale is C, before anything of us is run.
_SAID_BY_PYTHON = ("C.UTF-8", "C.utf8", "UTF-8")
# Their fonts have room for a few hundred signs, and ours are not among them.
_FEW_SIGNS = ("linux", "vt100", "vt102", "vt220")

_STAND_INS = {
    # states and findings: each has one of its own
    "○": "o", "●": "*", "▲": "!", "◌": "~", "✗": "x", "✓": "v", "■": "#",
    # bars, sparklines, the timeline
    "█": "#", "▌": "=", "▒": ":", "·": ".", "┊": "|", "◆": "*",
    "▁": "_", "▂": ".", "▃": ",", "▄": "-", "▅": "=", "▆": "+", "▇": "*",
    # borders and scrollbars
    "▐": "|", "▊": "|", "▎": "|", "▏": "|", "▕": "|", "▔": "-", "▀": "-",
    # what leads on, where one is, what was cut
    "▸": ">", "›": ">", "→": ">", "←": "<", "↑": "^", "↓": "v", "…": ">", "↵": "\\",
    # signs in sentences
    "×": "x", "±": "+", "❚": "|", "❮": "<", "❯": ">", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"',
    "🔎": "/ ", "»": ">", "▶": ">",
}  # fmt: skip
_UNKNOWN = "?"


def ascii_reason(environ: Mapping[str, str], *, in_utf8_mode: bool = bool(sys.flags.utf8_mode)) -> str:
    """Why the terminal that `environ` tells of shows no more than ASCII; empty if it can be taken to show all signs."""
    term = environ.get("TERM", "")
    if term in _FEW_SIGNS:
        return f"TERM={term}"
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if in_utf8_mode and environ.get("LC_CTYPE") in _SAID_BY_PYTHON:
        names.remove("LC_CTYPE")
    # What these variables name need not be installed here: they came along with the terminal, by ssh.
    name = next((name for name in names if environ.get(name)), "")
    if "utf8" in environ.get(name, "").lower().replace("-", ""):
        return ""
    return f"{name}={environ[name]}" if name else "no locale"


def to_ascii(text: str) -> str:
    """`text` in ASCII, as many cells wide. What has no stand-in becomes `?`; what takes no cell goes."""
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
