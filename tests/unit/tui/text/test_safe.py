"""Untrusted text comes out visible and harmless, and values are humanised alike everywhere."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from tui.text import safe as module
from tui.text.safe import safe, safe_lines

FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


VARIATION_SELECTORS = {chr(code) for block in (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)) for code in block}


BAD = "\x00\x07\x1b\x7f\x85\x9b\x9d\u00ad\u034f\u061c\u200b\u200d\u200e\u202e\u2066\u2069\ufe0f\ufeff\ue000\U000e0041"


WILD = st.text(st.characters() | st.sampled_from(BAD) | st.sampled_from("a [/x]界\u0301\u0336\U0001f469\U0001f3fd\n\t"))


LIMITS = st.integers(1, 40)


def longest_run_of_marks(text: str) -> int:
    longest = run = 0
    for char in text:
        run = 0 if get_character_cell_size(char) else run + 1
        longest = max(longest, run)
    return longest


@given(WILD, LIMITS)
@example("a" * 50, 1)
@example("界界界", 4)
@example("\u0301" * 5000, 3)
@example(("a" + "\u0301" * 100) * 50, 9)
def test_nothing_but_visible_text_within_the_limit_comes_out(text: str, limit: int) -> None:
    shown = safe(text, limit)
    assert not {unicodedata.category(char) for char in shown} & FORBIDDEN
    assert not VARIATION_SELECTORS & set(shown)
    assert cell_len(shown) <= limit
    assert longest_run_of_marks(shown) <= 4
    assert not shown or get_character_cell_size(shown[0])


@given(WILD, LIMITS)
@example("\u202e" + "a\u0301\u0301\u0301\u0301\u0301\u0301b", 3)
def test_safe_text_stays_as_it_is(text: str, limit: int) -> None:
    shown = safe(text, limit)
    assert safe(shown, limit) == shown


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_untouched(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]52;c;cm0gLXJmIC8=\x07", "␛]52;c;cm0gLXJmIC8=␇"),
        ("\x1b]8;;http://evil\x1b\\here", "␛]8;;http://evil␛\\here"),
        ("\x9b31m \x9d52;c;eA==\x9c", "�31m �52;c;eA==�"),
        ("one\ttwo\r\nthree\x7f", "one␉two␍␊three␡"),
        ("user\u202egpj.exe\u2066x\u2069", "user�gpj.exe�x�"),
        ("zero\u200bwidth\ufeff\u00ad", "zero�width��"),
        ("a\u2028b\u2029c\u0085d", "a�b�c�d"),
        ("hidden\U000e0068\U000e0069", "hidden��"),
        ("private\ue0b0 surrogate\ud800 unassigned\U000e0fff", "private� surrogate� unassigned�"),
        ("\u3164\u115f\u1160\uffa0", "����"),
        ("\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f469�\U0001f469�\U0001f467"),
        ("❤\ufe0f", "❤�"),
        ("no\u00a0break\u3000wide", "no break wide"),
        ("e\u0301", "e\u0301"),
        ("Z" + "\u0336" * 30 + "algo", "Z\u0336\u0336\u0336\u0336…algo"),
        ("\u0336slash", "�slash"),
        ("[/x] [@click=app.quit]q[/] \\[", "[/x] [@click=app.quit]q[/] \\["),
        ("", ""),
        ("日本語 résumé ●", "日本語 résumé ●"),
    ],
)  # fmt: skip
def test_safe(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert safe("samtools.sort", 8) == "samtool…"
    assert safe("界界界界", 8) == "界界界界"
    assert safe("界界界界界", 8) == "界界界 …"
    assert safe("é" * 100_000, 3) == "éé…"
    assert len(safe("x" * 100_000)) == 1000
    assert safe("a" + "\u0301" * 100_000, 9) == "a\u0301\u0301\u0301\u0301……"


def test_the_rest_of_a_long_text_is_not_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    examined: list[str] = []
    show = module._shown

    def count(char: str) -> tuple[str, int]:
        examined.append(char)
        return show(char)

    monkeypatch.setattr(module, "_shown", count)
    safe("\x1b界" * 1_000_000, 30)
    assert len(examined) <= 30


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("ab\x1bcdef", 7, "ab␛cdef"),
        ("ab\x1bcdef", 6, "ab␛cd…"),
        ("ab\x1bcdef", 4, "ab␛…"),
        ("ab\x1bcdef", 3, "ab…"),
        ("ab\x1bcdef", 1, "…"),
        ("ab界", 4, "ab界"),
        ("ab界x", 4, "ab …"),
        ("a界\u0301x", 3, "a …"),
        ("é\u0301xy", 3, "é\u0301xy"),
        ("é\u0301xyz", 3, "é\u0301x…"),
    ],
)
def test_a_text_is_cut_between_its_cells(text: str, limit: int, shown: str) -> None:
    assert safe(text, limit) == shown


def test_lines_are_split_at_newlines_only_and_tabs_expanded() -> None:
    assert safe_lines("one\n\ttwo\r\n\nth\x0bree\x1b[K\r\n") == ["one", "        two", "", "th␋ree␛[K"]
    assert safe_lines("") == []
    assert safe_lines("\n") == [""]
    assert safe_lines("x" * 50 + "\ny", 10) == ["xxxxxxxxx…", "y"]


def test_the_door_needs_no_textual() -> None:
    command = "import sys, tui.text.safe; sys.exit('textual' in sys.modules)"
    subprocess.run([sys.executable, "-c", command], check=True)
