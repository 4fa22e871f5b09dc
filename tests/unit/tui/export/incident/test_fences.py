"""Untrusted text in Markdown."""

from hypothesis import given
from hypothesis import strategies as st

from tui.export.incident.fences import fenced, shown


@given(st.lists(st.text("`a\n# ", max_size=40)))
def test_no_text_ends_a_fence(texts: list[str]) -> None:
    lines = [line for each in texts for line in shown(each)]
    first, *inner, last = fenced(lines)
    assert inner == lines
    assert first.removesuffix("text") == last
    assert not any(last in line for line in inner)
