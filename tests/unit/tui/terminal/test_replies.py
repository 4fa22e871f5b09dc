"""Replies of the terminal among the keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.terminal.replies import ReplyFilter

REPLIES = {
    "background": "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
    "background, BEL": "\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
    "foreground": "\x1b]10;rgb:ffff/ffff/ffff\x1b\\",
    "palette": "\x1b]4;1;rgb:cccc/0000/0000\x1b\\",
    "clipboard": "\x1b]52;c;c2VjcmV0\x07",
    "title": "\x1b]ltitle\x1b\\",
    "attributes": "\x1b[?62;22c",
    "attributes of the console": "\x1b[?6c",
    "secondary attributes": "\x1b[>0;276;0c",
    "tertiary attributes": "\x1bP!|00000000\x1b\\",
    "extended cursor position": "\x1b[?24;80;1R",
    "status": "\x1b[0n",
    "colour scheme": "\x1b[?997;1n",
    "kitty keyboard": "\x1b[?1u",
    "version": "\x1bP>|xterm(370)\x1b\\",
    "setting": "\x1bP1$r0m\x1b\\",
    "termcap": "\x1bP1+r544e=787465726d\x1b\\",
    "graphics": "\x1b_Gi=31;OK\x1b\\",
    "window": "\x1b[8;24;80t",
    "window in pixels": "\x1b[4;600;800t",
    "sixel": "\x1b[?1;0;256S",
    "ANSI mode": "\x1b[4;2$y",
    "parameters": "\x1b[2;1;1;112;112;1;0x",
}
KEYS = {
    "text": "q:1e/\u00e9\u754c",
    "escape": "\x1b",
    "up": "\x1b[A",
    "f3": "\x1bOR",
    "f5": "\x1b[15~",
    "f1 of the console": "\x1b[[A",
    "ctrl+up": "\x1b[1;5A",
    "alt+x": "\x1bx",
    "alt+]": "\x1b]",
    "alt+P": "\x1bP",
    "mouse": "\x1b[<0;10;10M",
    "old mouse": "\x1b[M !!",
    "focus": "\x1b[I",
    "kitty key": "\x1b[97;;97u",
    "shift+tab": "\x1b[Z",
    "paste": "\x1b[200~some text\x1b[201~",
    "cursor position": "\x1b[24;80R",
    "mode that Textual asks for": "\x1b[?2026;2$y",
    "size that Textual asks for": "\x1b[48;24;80;600;800t",
}


class Filtered:
    """A filter, and a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.filter = ReplyFilter(lambda: self.now)
        self.passed = ""

    def feed(self, *texts: str) -> "Filtered":
        for text in texts:
            self.passed += self.filter.feed(text)
        return self

    def pause(self, seconds: float = 2) -> "Filtered":
        self.now += seconds
        self.passed += self.filter.flush()
        return self


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_replies_are_removed_wherever_they_are_cut(reply: str) -> None:
    for cut in range(1, len(reply)):
        assert Filtered().feed("a", reply[:cut], reply[cut:], "b").pause().passed == "ab", cut


@pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
def test_keys_pass_wherever_they_are_cut(keys: str) -> None:
    for cut in range(len(keys)):
        filtered = Filtered().feed(keys[:cut], keys[cut:]).pause()
        assert filtered.passed == keys, cut
        assert not filtered.filter.is_waiting


def test_the_escape_key_waits_no_longer_than_a_moment() -> None:
    filtered = Filtered().feed("\x1b")
    assert filtered.pause(0.01).passed == ""
    assert filtered.filter.is_waiting
    assert filtered.pause(0.02).passed == "\x1b"


@pytest.mark.parametrize("cut", ["\x1b]11;rgb:1e1e/1e", "\x1b]52;c;c2Vj\x1b", "\x1bP>|xterm", "\x1b[?62;2"])
def test_a_reply_that_never_ends_swallows_no_keys_after_a_second(cut: str) -> None:
    filtered = Filtered().feed(cut)
    assert filtered.pause(0.5).passed == ""
    assert filtered.pause(1).feed("q").pause().passed == "q"


def test_a_new_sequence_ends_a_reply_without_end() -> None:
    assert Filtered().feed("\x1b]11;rgb:\x1b[A").pause().passed == "\x1b[A"


@given(st.lists(st.sampled_from([*REPLIES.values(), *"abc:/"]), max_size=6), st.data())
def test_only_what_was_typed_is_left(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cut = data.draw(st.integers(0, len(text)))
    typed = "".join(part for part in parts if len(part) == 1)
    assert Filtered().feed(text[:cut], text[cut:]).pause().passed == typed
