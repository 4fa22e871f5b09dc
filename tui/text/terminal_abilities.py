"""Abilities of the user's terminal, decided from the environment: the one module that does.

No terminal is asked: a reply over ssh comes late, and in a pipe or from a multiplexer never.
"""

import enum
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

# Without a locale Python itself sets LC_CTYPE to one of these, before any of our code runs (PEP 538).
_SET_BY_PYTHON = ("C.UTF-8", "C.utf8", "UTF-8")
_MOST_ENVIRON = 1 << 20  # bytes

# The first part of TERM: consoles, whose fonts hold a few hundred characters, and terminals of before Unicode.
_FEW_SIGNS = re.compile(r"linux|vt\d+|ansi|pcansi|cons25|con\d+x\d+|sun|hurd|mach|minix|wy(?:se)?\d+")
_NOT_DRAWABLE = ("dumb", "unknown")
# Terminals that ignore OSC 52, or do so by default: by the first part of TERM, and by variables.
_NO_CLIPBOARD_TERMS = ("eterm", "Eterm", "cygwin", "putty", "konsole", "rxvt", "gnome", "mlterm")
_NO_CLIPBOARD_PROGRAMS = ("Apple_Terminal", "Hyper", "mintty")
_NO_CLIPBOARD_VARIABLES = ("VTE_VERSION", "XTERM_VERSION")  # GNOME's library; xterm's default disallows SetSelection
_KONSOLE_WITH_CLIPBOARD = 241200
# These terminals understand both sequences for notifications, and would notify twice.
_BOTH_NOTIFICATIONS_TERMS = ("foot", "wezterm", "xterm-ghostty", "xterm-kitty", "rxvt")
_BOTH_NOTIFICATIONS_PROGRAMS = ("WezTerm", "ghostty")


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


def ascii_reason(environ: Mapping[str, str], initial: Mapping[str, str] | None = None) -> str:
    """Return why the terminal described by `environ` shows only ASCII; empty if it shows every character.

    `initial` is the environment before Python changed it, by default that of this process if `environ` is.
    """
    if _has_few_signs(environ):
        return f"TERM={environ['TERM']}"
    if initial is None and environ is os.environ:
        initial = _initial_environ()
    character_type = environ.get("LC_CTYPE", "")
    if character_type in _SET_BY_PYTHON and not environ.get("LC_ALL"):
        if initial is not None:
            character_type = initial.get("LC_CTYPE", "")
        elif environ is os.environ and sys.flags.utf8_mode:
            character_type = ""
    # The locale that these variables name need not be installed here: ssh passes them on from the user's terminal.
    values = {"LC_ALL": environ.get("LC_ALL"), "LC_CTYPE": character_type, "LANG": environ.get("LANG")}
    name, value = next(((name, value) for name, value in values.items() if value), ("", ""))
    if "utf8" in value.lower().replace("-", ""):
        return ""
    return f"{name}={value}" if name else "no locale"


def is_drawable(environ: Mapping[str, str]) -> bool:
    """Return whether the cursor can be moved: not in a shell of an editor, or on a serial line."""
    return environ.get("TERM") not in _NOT_DRAWABLE


def can_erase_line(environ: Mapping[str, str]) -> bool:
    """Return whether a line can be written over."""
    return environ.get("TERM", "dumb") not in _NOT_DRAWABLE


def may_accept_osc52(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal may put a text on the clipboard that it is sent by OSC 52."""
    if _has_few_signs(environ) or not is_drawable(environ) or _base(environ).startswith(_NO_CLIPBOARD_TERMS):
        return False
    if environ.get("TMUX"):
        return True  # other variables are those of the terminal that tmux was started in
    konsole = environ.get("KONSOLE_VERSION", "")
    return not (
        any(environ.get(name) for name in _NO_CLIPBOARD_VARIABLES)
        or environ.get("TERM_PROGRAM") in _NO_CLIPBOARD_PROGRAMS
        or environ.get("TERMINAL_EMULATOR", "").startswith("JetBrains")
        or (konsole.isdecimal() and int(konsole[:9]) < _KONSOLE_WITH_CLIPBOARD)
    )


def shows_notifications(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal shows or ignores OSC 9 and 777: consoles write them as text."""
    return not _has_few_signs(environ) and is_drawable(environ)


def knows_both_notifications(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal understands OSC 9 and OSC 777, and would notify twice."""
    is_known = environ.get("TERM_PROGRAM") in _BOTH_NOTIFICATIONS_PROGRAMS
    return is_known or environ.get("TERM", "").startswith(_BOTH_NOTIFICATIONS_TERMS)


def _base(environ: Mapping[str, str]) -> str:
    """Return the first part of TERM: `linux` of `linux-16color`, and of GNU screen's `screen.linux`."""
    term = environ.get("TERM", "")
    return term.removeprefix("screen.").partition("-")[0] if term else ""


def _has_few_signs(environ: Mapping[str, str]) -> bool:
    return _FEW_SIGNS.fullmatch(_base(environ)) is not None


def _initial_environ() -> Mapping[str, str] | None:
    """Return the environment that this process was started with; None where the system does not tell."""
    try:
        with Path("/proc/self/environ").open("rb") as file:
            data = file.read(_MOST_ENVIRON)
    except OSError:
        return None
    pairs = (entry.partition(b"=") for entry in data.split(b"\0") if entry)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
