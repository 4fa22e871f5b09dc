"""Matches of the command palette; tests/screens has the palette on the dashboard."""

import pytest
from textual.app import SystemCommand

from tui.screens.palette import found


def nothing() -> None:
    pass


def command(title: str, keys_and_name: str) -> SystemCommand:
    return SystemCommand(title, keys_and_name, nothing)


COMMANDS = [
    command("All runs", "1  :runs"),
    command("Findings: what failed, is stale, slow or orphaned", "e 2  :failures"),
    command("Pause or resume refresh", "space  :pause"),
    command("Refresh now", "r  :refresh"),
    command("Show the runs of one user, or of all", "u  :user"),
]


def titles(query: str) -> list[str]:
    return [each.title for _, each in found(COMMANDS, query)]


def test_an_empty_query_finds_all_commands_in_their_order() -> None:
    assert titles("") == [each.title for each in COMMANDS]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("user", "Show the runs of one user, or of all"),
        ("refresh", "Refresh now"),
        ("REFRESH", "Refresh now"),
        ("pau", "Pause or resume refresh"),
        ("runs", "All runs"),
        ("orphaned", "Findings: what failed, is stale, slow or orphaned"),
    ],
)
def test_the_command_of_that_name_comes_first(query: str, first: str) -> None:
    assert titles(query)[0] == first


def test_what_does_not_match_is_left_out() -> None:
    assert titles("zzzz") == []
    assert "All runs" not in titles("refresh")


def test_scores_fall() -> None:
    scores = [score for score, _ in found(COMMANDS, "re")]
    assert len(scores) > 1
    assert scores == sorted(scores, reverse=True)
