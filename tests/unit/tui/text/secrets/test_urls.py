"""Secrets in addresses are found."""

import pytest

from tui.text.secrets.urls import find_in_urls


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://amy:x@h/", ["x"]),
        ("https://h:9000/logo@2x.png", []),
        ("https://amy@h/", []),
        ("https://a1b2c3d4e5f6a7b8@h/", ["a1b2c3d4e5f6a7b8"]),
        ("http//amy:hunter2@h", ["hunter2"]),
        ("ttp:/amy:hunter2@h", ["hunter2"]),
        ("http://h:8080 @amy", []),
        ("amy/hunter2@db", ["hunter2"]),
        ("actions/checkout@v4", []),
        ("https://hooks.slack.com/services/T1/B2/c3", ["T1/B2/c3"]),
    ],
)
def test_addresses(text: str, found: list[str]) -> None:
    assert [text[slice(*span)] for span in sorted(set(find_in_urls(text)))] == found
