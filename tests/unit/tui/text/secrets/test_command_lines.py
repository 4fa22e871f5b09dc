"""Secrets among arguments of programs are found."""

import pytest

from tui.text.secrets.command_lines import find_in_commands


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mysql -h db -px1 r", ["x1"]),
        ("docker login -u amy -p x1 r", ["x1"]),
        ("docker run -p 80:80 r", []),
        ("curl -u amy:x1 https://h", ["x1"]),
        ("echo x1 | sudo -S true", ["x1"]),
        ("mc alias set n https://h a1 b1", ["a1", "b1"]),
        ("7z x -px1 a.7z", ["x1"]),
        ("snmpget -A x1 -X y1 h", ["x1", "y1"]),
        ("mysql -p$PASSWORD r", []),
        ("bwa mem -p x", []),
    ],
)
def test_programs(text: str, found: list[str]) -> None:
    assert [text[slice(*span)] for span in sorted(find_in_commands(text))] == found
