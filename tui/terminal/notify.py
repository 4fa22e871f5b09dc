"""News for somebody who looks at another window: the bell, and what terminals show as a notification of the desktop."""

from collections.abc import Mapping

from tui.terminal.multiplexer import passed_through
from tui.text.safe import safe

BELL = "\a"
_TITLE, _BODY = 60, 200  # cells
# These understand both ways, and would show the news twice.
_BOTH_TERMS = ("foot", "wezterm", "xterm-ghostty", "xterm-kitty", "rxvt")
_BOTH_PROGRAMS = ("WezTerm", "ghostty")


def news(title: str, body: str, environ: Mapping[str, str]) -> str:
    """What to write to a terminal to ring its bell, and to show a title and a text on its desktop.

    Neither has to be safe. iTerm2 and others know OSC 9, which has no title; urxvt, Konsole, foot and others OSC 777.
    """
    shown_title, shown = _field(title, _TITLE), _field(body, _BODY)
    sequences = [f"\x1b]777;notify;{shown_title};{shown}\a"]
    if not _knows_both(environ):
        sequences.insert(0, f"\x1b]9;{shown_title}: {shown}\a")
    return BELL + "".join(passed_through(sequence, environ) for sequence in sequences)


def _field(text: str, limit: int) -> str:
    """One field: the next one would begin at a `;`."""
    return safe(" ".join(text.split()), limit).replace(";", ",")


def _knows_both(environ: Mapping[str, str]) -> bool:
    return environ.get("TERM", "").startswith(_BOTH_TERMS) or environ.get("TERM_PROGRAM") in _BOTH_PROGRAMS
