import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color

from tui.widgets.ascii_filter import AsciiFilter

BLACK = Color(0, 0, 0)
BOLD = Style(bold=True)


def apply(segments: list[Segment]) -> list[Segment]:
    return AsciiFilter().apply(segments, BLACK)


def test_ascii_lines_pass_as_they_are() -> None:
    segments = [Segment("run", BOLD), Segment(" 1m")]
    assert apply(segments) is segments


def test_each_character_beyond_has_a_stand_in_of_its_width() -> None:
    assert apply([Segment("● running", BOLD), Segment(" │ "), Segment("猫")]) == [
        Segment("* running", BOLD),
        Segment(" | "),
        Segment("??"),
    ]


def test_the_mark_of_a_cut_text_is_one_also_if_it_has_another_style() -> None:
    assert apply([Segment("samtools.sort", BOLD), Segment("… ")]) == [Segment("samtools.sor.", BOLD), Segment(". ")]
    assert apply([Segment("▸"), Segment("samtools.so…")]) == [Segment(">"), Segment("samtools.s..")]


def test_styles_and_control_codes_stay() -> None:
    bell = Segment("\a", None, [(ControlType.BELL,)])
    assert apply([Segment("▸", BOLD), bell]) == [Segment(">", BOLD), bell]


@given(st.lists(st.text(st.characters(categories=["L", "S", "P", "Nd"])), max_size=4))
def test_any_line_becomes_ascii_of_the_same_width(texts: list[str]) -> None:
    after = apply([Segment(text) for text in texts])
    assert all(segment.text.isascii() for segment in after)
    assert [cell_len(segment.text) for segment in after] == [cell_len(text) for text in texts]


@pytest.mark.parametrize("text", ["", "─" * 10_000])
def test_lines_of_any_length(text: str) -> None:
    assert apply([Segment(text)])[0].text == "-" * len(text)
