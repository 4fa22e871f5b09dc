"""Secrets are known by their form."""

import pytest

from tui.text.secrets.shapes import find_shapes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("id AKIAAAAAAAAAAAAAAAAA x", ["AKIAAAAAAAAAAAAAAAAA"]),
        ("Basic YW15Omh1bnRlcjI=", ["YW15Omh1bnRlcjI="]),
        ("Basic usage of it", []),
        ("bearer of bad news", []),
        (
            "a\n-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\nb",
            ["-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----"],
        ),
        ("uploadId=a7ZbC3bC3bC3bC3bC3bC3bC3bC3bC3bC3bC3bC3d", []),
        ("x a7ZbC3bC3bC3bC3bC3bC3bC3bC3bC3bC3bC3bC3d", ["a7ZbC3bC3bC3bC3bC3bC3bC3bC3bC3bC3bC3bC3d"]),
        ("-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----", []),
    ],
)
def test_forms(text: str, found: list[str]) -> None:
    assert [text[slice(*span)] for span in sorted(find_shapes(text))] == found
