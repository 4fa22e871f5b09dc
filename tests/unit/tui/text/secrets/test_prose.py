"""Secrets in sentences and blocks are found."""

import pytest

from tui.text.secrets.prose import find_in_prose


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("wrong password 'x'", ["x"]),
        ("password for amy: x", ["x"]),
        ("the token is a1b2c3d4", ["a1b2c3d4"]),
        ("the password is wrong", []),
        ("machine h login amy password x", ["x"]),
        ("db.example.com:5432:d:amy:x", ["x"]),
        ("passwords:\n  - a\n  - b\nn: 1", ["a", "b"]),
        ("IDENTIFIED BY 'x'", ["x"]),
        ('{"kty":"RSA","d":"x"}', ["x"]),
    ],
)
def test_sentences_and_blocks(text: str, found: list[str]) -> None:
    assert [text[slice(*span)] for span in sorted(find_in_prose(text))] == found
