"""Names in a sentence of a preview."""

from tui.screens.preview.preview_text import listed


def test_each_name_comes_once_and_the_rest_is_counted() -> None:
    assert listed(["sort", "sort", "load"], 2) == "sort, load"
    assert listed(["sort"] * 30 + ["load", "call", "plot"], 2) == "sort, load and 2 more"
    assert listed([], 2) == ""
