"""Escape sequences for the terminal itself, through tmux or GNU screen where one of these stands in between."""

import enum
from collections.abc import Mapping

ESC = "\x1b"
_ST = f"{ESC}\\"
# GNU screen cuts a string off at 256 bytes in old versions, at 768 in others.
_CHUNK = 240


class Multiplexer(enum.Enum):
    """What stands between a program and the terminal."""

    NONE = enum.auto()
    TMUX = enum.auto()
    SCREEN = enum.auto()


def multiplexer(environ: Mapping[str, str]) -> Multiplexer:
    """The one that the environment tells of.

    Over ssh there is only TERM to go by, and `screen` in it may mean either: tmux ignores what is meant for screen.
    """
    term = environ.get("TERM", "")
    if environ.get("TMUX") or term.startswith("tmux"):
        return Multiplexer.TMUX
    if environ.get("STY") or term.startswith("screen"):
        return Multiplexer.SCREEN
    return Multiplexer.NONE


def passed_through(sequence: str, environ: Mapping[str, str]) -> str:
    """`sequence` (which must not hold a string terminator, ESC and backslash) as it reaches the terminal.

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
