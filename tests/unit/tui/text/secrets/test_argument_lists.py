"""Secrets are found in arguments that make sense together only."""

import re
from collections.abc import Iterator

from tui.text.secrets.argument_lists import find_in_arguments, find_in_lists
from tui.text.secrets.plain_text import Span


def find(text: str) -> Iterator[Span]:
    return (match.span(match.lastindex or 0) for match in re.finditer(r"-p (?:\"(.*?)\"|(\S+))", text))


def test_the_next_argument() -> None:
    assert find_in_arguments(["run", "-p", "hunter2", "x"], find) == [[], [], [(0, 7)], []]


def test_an_argument_with_spaces() -> None:
    assert find_in_arguments(["-p", "two words"], find) == [[], [(0, 9)]]


def test_a_secret_over_several_arguments() -> None:
    def find_all(text: str) -> Iterator[Span]:
        return (match.span() for match in re.finditer("b c d", text))

    assert find_in_arguments(["a", "xb", "c", "dy"], find_all) == [[], [(1, 2)], [(0, 1)], [(0, 1)]]


def test_lists_in_a_text() -> None:
    text = "Command ['run', '-p', 'hunter2'] failed"
    assert [text[slice(*span)] for span in find_in_lists(text, find)] == ["hunter2"]
    assert list(find_in_lists("no list", find)) == []
