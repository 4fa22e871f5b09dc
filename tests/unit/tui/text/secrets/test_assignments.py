"""Values after names of secrets are found."""

import pytest

from tui.text.secrets.assignments import find_assignments


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DB_PASS=x", ["x"]),
        ("password: hunter2", ["hunter2"]),
        ("--db-pass x y", ["x"]),
        ("api key: x9", ["x9"]),
        ("auth: required", []),
        ("auth: hunter2x", ["hunter2x"]),
        ("<password>x</password>", ["x"]),
        ("Cookie: a=b; c=d\nnext", ["a=b; c=d"]),
        ('setPassword("x")', ["x"]),
        ("set DB_PASSWORD x", ["x"]),
        ("sort_key=x", []),
        ("arn:aws:x:y:1:secret:z", []),
    ],
)
def test_values_after_names(text: str, found: list[str]) -> None:
    assert [text[slice(*span)] for span in sorted(find_assignments(text))] == found
