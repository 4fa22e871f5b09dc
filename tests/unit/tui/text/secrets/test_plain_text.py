"""Texts are prepared without a change of places."""

from hypothesis import given
from hypothesis import strategies as st

from tui.text.secrets.plain_text import REDACTED, is_done, prepare


@given(st.text())
def test_places_stay(text: str) -> None:
    assert len(prepare(text)) == len(text)


def test_odd_characters_become_plain() -> None:
    assert prepare("ｐassword\uff1a\u00a0“x”") == 'password: "x"'


def test_earlier_redactions_are_told() -> None:
    text = prepare(f"password={REDACTED}")
    assert is_done(text, 9)
    assert not is_done(text, 8)
