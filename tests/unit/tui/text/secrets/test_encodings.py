"""Secrets in encoded texts are found, at their places in the text that was given."""

import re
from collections.abc import Iterator

import pytest

from tui.text.secrets.encodings import find_encoded
from tui.text.secrets.plain_text import Span


def find(text: str) -> Iterator[Span]:
    return (match.span(1) for match in re.finditer('password="(.*?)"', text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('password="x y"', "x y"),
        (r'{"a": "password=\"x y\""}', "x y"),
        (r'{"a": "{\"b\": \"password=\\\"x y\\\"\"}"}', "x y"),
        ("password%3D%22x%20y%22", "x%20y"),
        ("password%253D%2522xy%2522", "xy"),
        ("password%3D%22x+y%22", "x+y"),
        ("password=&quot;x&amp;y&quot;", "x&amp;y"),
        ('\x1b[1mpass\x1b[0mword="x\x1b[1my\x1b[0m"', "x\x1b[1my\x1b[0m"),
        ('pass\u200bword="x\u00ady"', "x\u00ady"),
    ],
)
def test_places_of_what_is_encoded(text: str, found: str) -> None:
    assert found in {text[slice(*span)] for span in find_encoded(text, find)}
