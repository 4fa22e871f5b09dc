"""Matches of the command palette; tests/screens has the palette on the dashboard."""

import pytest
from textual.app import SystemCommand

from tui.screens.palette import found


def nothing() -> None:
    pass


COMMANDS = [
    SystemCommand("failures", "Findings: what failed, is stale, slow or orphaned", nothing),
    SystemCommand("pause", "Pause or resume refresh", nothing),
    SystemCommand("refresh", "Refresh now", nothing),
    SystemCommand("user", "Show the runs of one user, or of all", nothing),
    SystemCommand("runs", "All runs", nothing),
    SystemCommand("theme nord", "Use another colour theme", nothing),
]


def titles(query: str) -> list[str]:
    return [each.title for _, each in found(COMMANDS, query)]


def test_an_empty_query_finds_all_commands_in_their_order() -> None:
    assert titles("") == [each.title for each in COMMANDS]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("user", "user"),
        ("refresh", "refresh"),
        ("REFRESH", "refresh"),
        ("pau", "pause"),
        ("runs", "runs"),
        ("nord", "theme nord"),
        ("theme", "theme nord"),
        ("orphaned", "failures"),
    ],
)
def test_the_command_of_that_name_comes_first(query: str, first: str) -> None:
    assert titles(query)[0] == first


def test_commands_that_do_not_match_are_left_out() -> None:
    assert titles("zzzz") == []
    assert "runs" not in titles("refresh")


def test_names_come_before_descriptions() -> None:
    assert titles("refresh") == ["refresh", "pause"]
    assert titles("runs") == ["runs", "user"]


def test_scores_fall() -> None:
    scores = [score for score, _ in found(COMMANDS, "re")]
    assert len(scores) > 1
    assert scores == sorted(scores, reverse=True)
