"""Abilities of terminals, from the environment."""

import os
import subprocess
import sys

import pytest

from tests.support.terminal import ROOT
from tui.text.terminal_abilities import (
    Multiplexer,
    ascii_reason,
    can_erase_line,
    is_drawable,
    knows_both_notifications,
    may_accept_osc52,
    multiplexer,
    shows_notifications,
)

UTF8 = {"LANG": "en_US.UTF-8"}


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        (UTF8, ""),
        ({"LANG": "C.utf8", "TERM": "xterm"}, ""),
        ({"LC_CTYPE": "UTF-8"}, ""),
        ({"LC_CTYPE": "UTF-8", "LANG": "C"}, ""),
        ({"LC_CTYPE": "C", **UTF8}, "LC_CTYPE=C"),
        ({"LC_CTYPE": "de_DE.ISO-8859-1", **UTF8}, "LC_CTYPE=de_DE.ISO-8859-1"),
        ({"LC_ALL": "C", **UTF8}, "LC_ALL=C"),
        ({"LC_ALL": "C", "LC_CTYPE": "UTF-8"}, "LC_ALL=C"),
        ({"LC_ALL": "", "LANG": "de_DE.ISO-8859-1"}, "LANG=de_DE.ISO-8859-1"),
        ({"LANG": "en_US"}, "LANG=en_US"),
        ({"LC_MESSAGES": "en_US.UTF-8"}, "no locale"),
        ({}, "no locale"),
    ],
)
def test_the_locale_tells_which_signs_a_terminal_shows(environ: dict[str, str], reason: str) -> None:
    assert ascii_reason(environ) == reason


@pytest.mark.parametrize(
    "environ",
    [
        {"LC_CTYPE": "UTF-8"},
        {"LC_CTYPE": "xx_YY.UTF-8"},
        {"LC_CTYPE": "C", **UTF8},
        {"LC_CTYPE": "POSIX", **UTF8},
        {"LC_CTYPE": "de_DE.ISO-8859-1", **UTF8},
        {"LC_CTYPE": "UTF-8", "LANG": "C"},
        {"LC_ALL": "", "LC_CTYPE": "UTF-8"},
        {"LC_ALL": "POSIX", "LC_CTYPE": "UTF-8"},
        {"LANG": "C"},
        {},
    ],
)
def test_the_users_locale_counts_though_python_overwrites_it(environ: dict[str, str]) -> None:
    program = "import os; from tui.text.terminal_abilities import ascii_reason; print(ascii_reason(os.environ))"
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, check=True
    ).stdout
    assert said.decode().strip() == ascii_reason(environ)


def test_without_the_initial_environment_pythons_locale_does_not_count() -> None:
    assert ascii_reason({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, {}) == "LANG=C"
    assert ascii_reason({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, {"LC_CTYPE": "UTF-8"}) == ""


FEW_SIGNS = ("linux", "linux-16color", "linux-c", "screen.linux", "vt52", "vt100", "vt100-am", "vt220", "vt320", "ansi")
ALL_SIGNS = ("xterm-256color", "tmux-256color", "screen-256color", "xterm-kitty", "foot", "alacritty", "st-256color")
NO_CLIPBOARD = ("eterm", "eterm-color", "cygwin", "putty-256color", "rxvt-unicode-256color", "konsole-256color", "dumb")


@pytest.mark.parametrize("term", FEW_SIGNS)
def test_consoles_get_plain_text_and_nothing_to_print_as_garbage(term: str) -> None:
    environ = {"TERM": term, **UTF8}
    assert ascii_reason(environ) == f"TERM={term}"
    assert not may_accept_osc52(environ)
    assert not shows_notifications(environ)
    assert is_drawable(environ)
    assert can_erase_line(environ)


@pytest.mark.parametrize("term", ALL_SIGNS)
def test_terminals_get_everything(term: str) -> None:
    environ = {"TERM": term, **UTF8}
    assert ascii_reason(environ) == ""
    assert may_accept_osc52(environ)
    assert shows_notifications(environ)


@pytest.mark.parametrize("term", NO_CLIPBOARD)
def test_terminals_without_clipboard_show_all_signs(term: str) -> None:
    environ = {"TERM": term, **UTF8}
    assert ascii_reason(environ) == ""
    assert not may_accept_osc52(environ)


@pytest.mark.parametrize(
    ("variables", "accepts"),
    [
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM_PROGRAM": "Hyper"}, False),
        ({"TERM_PROGRAM": "mintty"}, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"TERMINAL_EMULATOR": "JetBrains-JediTerm"}, False),
        ({"KONSOLE_VERSION": "220400"}, False),
        ({"KONSOLE_VERSION": "241200"}, True),
        ({"VTE_VERSION": "7600"}, False),
        ({"XTERM_VERSION": "XTerm(370)"}, False),
        ({"WT_SESSION": "x"}, True),
        ({"VTE_VERSION": "7600", "TMUX": "/tmp/x,1,0"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal", "STY": "1.x", "TERM": "screen"}, False),
    ],
)
def test_variables_tell_terminals_without_clipboard(variables: dict[str, str], accepts: bool) -> None:
    assert may_accept_osc52({"TERM": "xterm-256color", **variables}) is accepts


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_moves_no_cursor(term: str) -> None:
    environ = {"TERM": term}
    assert not is_drawable(environ)
    assert not can_erase_line(environ)
    assert not shows_notifications(environ)
    assert not can_erase_line({})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm"}, Multiplexer.NONE),
        ({"TERM": "tmux-256color"}, Multiplexer.TMUX),
        ({"TERM": "screen", "TMUX": "x"}, Multiplexer.TMUX),
        ({"TERM": "screen.xterm-256color"}, Multiplexer.SCREEN),
        ({"TERM": "xterm", "STY": "x"}, Multiplexer.SCREEN),
    ],
)
def test_the_multiplexer_is_told_by_variables(environ: dict[str, str], expected: Multiplexer) -> None:
    assert multiplexer(environ) is expected


def test_terminals_that_would_notify_twice() -> None:
    assert knows_both_notifications({"TERM": "xterm-kitty"})
    assert knows_both_notifications({"TERM": "xterm", "TERM_PROGRAM": "ghostty"})
    assert not knows_both_notifications({"TERM": "xterm"})


def test_the_environment_of_this_process_is_read_from_the_system() -> None:
    assert ascii_reason(os.environ) == ascii_reason(dict(os.environ))
