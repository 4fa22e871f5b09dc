"""Suggestions for misspelt names."""

import pytest

from tui.settings.settings_error import suggest

NAMES = ["table", "endpoint_url", "Theme"]


@pytest.mark.parametrize(
    ("word", "name"), [("tabel", "table"), ("TABLE", "table"), ("endpoint-url", "endpoint_url"), ("theem", "Theme")]
)
def test_similar_name_is_suggested(word: str, name: str) -> None:
    assert suggest(word, NAMES) == f"did you mean {name}?"


def test_names_are_listed_if_none_is_similar() -> None:
    assert suggest("zzz", NAMES) == "choose from table, endpoint_url, Theme"
    many = suggest("zzz", [f"name{number}" for number in range(40)])
    assert many.endswith("name29 and more")
