"""How a text is split into pages."""

from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from tui.widgets.pages import paginate


def _pages(lengths: list[int], height: int) -> list[list[str]]:
    sections = [
        [Content(f"title {number}"), *(Content(f"{number}.{line}") for line in range(length))]
        for number, length in enumerate(lengths)
    ]
    return [[line.plain for line in page] for _, page in paginate(sections, height)]


def test_sections_share_a_page_with_an_empty_line_between() -> None:
    assert _pages([1, 2], height=10) == [["title 0", "0.0", "", "title 1", "1.0", "1.1"]]


def test_a_section_goes_on_below_its_title_on_the_next_page() -> None:
    assert _pages([7], height=5) == [["title 0", "0.0", "0.1", "0.2", "0.3"], ["title 0", "0.4", "0.5", "0.6"]]


def test_a_section_begins_on_the_next_page_if_few_of_its_lines_fit() -> None:
    first, second = _pages([3, 6], height=9)
    assert first == ["title 0", "0.0", "0.1", "0.2"]
    assert second == ["title 1", *(f"1.{line}" for line in range(6))]


@given(st.lists(st.integers(min_value=1, max_value=30), max_size=8), st.integers(min_value=2, max_value=40))
def test_pages_have_every_line_once_and_are_not_too_high(lengths: list[int], height: int) -> None:
    pages = _pages(lengths, height)
    assert all(len(page) <= height for page in pages)
    lines = [line for page in pages for line in page if line and not line.startswith("title")]
    assert lines == [f"{number}.{line}" for number, length in enumerate(lengths) for line in range(length)]
