"""News for the desktop: the bytes, and that no text breaks out of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.terminal.notify import news

XTERM = {"TERM": "xterm-256color"}


def test_unknown_terminals_get_the_bell_and_both_sequences() -> None:
    assert news("run 77aa01ff failed", "align", XTERM) == (
        "\a\x1b]9;run 77aa01ff failed: align\a\x1b]777;notify;run 77aa01ff failed;align\a"
    )


@pytest.mark.parametrize(
    "environ",
    [{"TERM": "foot"}, {"TERM": "xterm-ghostty"}, {"TERM": "rxvt-unicode"}, {**XTERM, "TERM_PROGRAM": "WezTerm"}],
)
def test_terminals_with_both_sequences_are_notified_once(environ: dict[str, str]) -> None:
    assert news("a", "b", environ) == "\a\x1b]777;notify;a;b\a"


def test_through_tmux_and_screen() -> None:
    tmux = "\x1bPtmux;\x1b\x1b]9;a: b\a\x1b\\\x1bPtmux;\x1b\x1b]777;notify;a;b\a\x1b\\"
    assert news("a", "b", {"TERM": "screen", "TMUX": "x"}) == f"\a{tmux}"
    screen = "\x1bP\x1b]9;a: b\a\x1b\\\x1bP\x1b]777;notify;a;b\a\x1b\\"
    assert news("a", "b", {"TERM": "screen.xterm", "STY": "x"}) == f"\a{screen}"


def test_a_field_ends_where_it_should() -> None:
    assert news("a;b", "4;1;50", {"TERM": "foot"}) == "\a\x1b]777;notify;a,b;4,1,50\a"


@given(st.text(), st.text())
def test_texts_do_not_end_the_escape_sequence_of_a_notification(title: str, body: str) -> None:
    assert re.fullmatch(
        r"\a\x1b\]9;[^\x00-\x1f\x7f-\x9f;]*\a\x1b\]777;notify;[^\x00-\x1f\x7f-\x9f;]*;[^\x00-\x1f\x7f-\x9f;]*\a",
        news(title, body, XTERM),
    )
    assert len(news(title, body, XTERM)) < 3000
