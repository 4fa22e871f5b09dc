"""Escape sequences through tmux and GNU screen."""

import re

import pytest

from tests.support.terminal_clipboards import ID, TMUX, XTERM, copied
from tui.terminal.clipboard import osc52

SCREEN = {"TERM": "screen", "STY": "1.pts-0.host"}


def test_gnu_screen_passes_it_on_in_pieces_that_it_does_not_cut() -> None:
    text = "x" * 10_000
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", osc52(text, SCREEN), re.DOTALL)
    assert copied("".join(pieces)) == text
    assert osc52(text, SCREEN) == "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    assert max(map(len, pieces)) < 256


def test_an_ambiguous_term_reaches_both_multiplexers() -> None:
    plain = osc52(ID, XTERM)
    assert osc52(ID, {"TERM": "screen-256color"}) == f"{plain}\x1bP{plain}\x1b\\"


@pytest.mark.parametrize("environ", [TMUX, {"TERM": "tmux-256color"}])
def test_tmux_may_take_it_or_pass_it_on(environ: dict[str, str]) -> None:
    plain = osc52("text", XTERM)
    escaped = plain.replace("\x1b", "\x1b\x1b")
    assert osc52("text", environ) == f"{plain}\x1bPtmux;{escaped}\x1b\\"
