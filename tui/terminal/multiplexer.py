"""Escape sequences for the terminal itself, through tmux or GNU screen."""

import enum
from collections.abc import Mapping

ESC = "\x1b"
_ST = f"{ESC}\\"
# GNU screen cuts strings off at 256 bytes in old versions, at 768 in others.
_CHUNK = 240


class Multiplexer(enum.Enum):
    """The program between reflowtop and the terminal."""

    NONE = enum.auto()
    TMUX = enum.auto()
    SCREEN = enum.auto()


def multiplexer(environ: Mapping[str, str]) -> Multiplexer:
    """Return the multiplexer that the environment shows.

    Over ssh only TERM tells, and `screen` in it may mean either: tmux ignores what is meant for GNU screen.
    """
    term = environ.get("TERM", "")
    if environ.get("TMUX") or term.startswith("tmux"):
        return Multiplexer.TMUX
    if environ.get("STY") or term.startswith("screen"):
        return Multiplexer.SCREEN
    return Multiplexer.NONE


def passed_through(sequence: str, environ: Mapping[str, str]) -> str:
    """Return `sequence` (without a string terminator, ESC and backslash) so that it reaches the terminal.

    tmux 3.3 and later pass it on only with `allow-passthrough on`.
    """
    match multiplexer(environ):
        case Multiplexer.TMUX:
            return f"{ESC}Ptmux;{sequence.replace(ESC, ESC + ESC)}{_ST}"
        case Multiplexer.SCREEN:
            chunks = (sequence[at : at + _CHUNK] for at in range(0, len(sequence), _CHUNK))
            return "".join(f"{ESC}P{chunk}{_ST}" for chunk in chunks)
        case Multiplexer.NONE:
            return sequence
