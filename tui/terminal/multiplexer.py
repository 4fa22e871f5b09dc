"""Escape sequences for the terminal itself, through tmux or GNU screen."""

from collections.abc import Mapping

from tui.text.terminal_abilities import Multiplexer, multiplexer

ESC = "\x1b"
_ST = f"{ESC}\\"
# GNU screen cuts strings off at 256 bytes in old versions, at 768 in others.
_CHUNK = 240


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
