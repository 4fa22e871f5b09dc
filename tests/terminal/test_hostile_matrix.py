"""Hostile texts in every place, on every screen and in every command: every pair of text, form and place."""

import asyncio
from pathlib import Path
from typing import get_args

import pytest

from tests.hostile import checks, command_line, commands, walk
from tests.hostile.texts import TEXTS, Form, HostileText, Rotation, to_bytes, write
from tests.hostile.world import make_db
from tui.screens.base.routes import Route
from tui.text.safe import safe


@pytest.mark.slow
def test_no_pair_of_text_form_and_place_reaches_the_terminal_from_a_screen(tmp_path: Path) -> None:
    pairs: set[tuple[str, str]] = set()
    texts = [Rotation(number, pairs) for number in range(Rotation.WORLDS)]
    seen = walk.Seen()
    assert not asyncio.run(walk.walk(make_db([*texts]), [*texts], tmp_path, seen))
    assert set(get_args(Route)) <= seen.routes, "add the new route to the walk"
    assert {*walk.screen_classes()} <= seen.screens, "add the keys that open the new screen to the walk"
    assert len(set().union(*seen.commands.values())) > 90, "each command has run on a screen"
    assert not missing(pairs)


@pytest.mark.slow
def test_no_pair_of_text_form_and_place_reaches_the_terminal_from_a_command(tmp_path: Path) -> None:
    pairs: set[tuple[str, str]] = set()
    for number in range(Rotation.WORLDS):
        text = Rotation(number, pairs)
        folder = tmp_path / f"{number}"
        folder.mkdir()
        _, problems = command_line.walk(make_db([text]), text, folder)
        assert not problems, number
    assert not missing(pairs)


def missing(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The pairs that should have been played but were not. Each command of a screen runs in one world only."""
    places = {place for _, place in pairs if not place.startswith("argument of :")} - {*Form}
    assert len(places) > 60
    wanted = {(name, place) for name in TEXTS for place in places}
    wanted |= {(name, form) for name in TEXTS for form in Form} | {(form, place) for form in Form for place in places}
    return wanted - pairs


def test_every_command_of_the_program_is_played() -> None:
    assert {*commands.COMMANDS} == commands.names(), "add the lines of the new command to tests/hostile/commands.py"


def test_checks_find_each_text_that_was_printed_as_it_is() -> None:
    for name, text in TEXTS.items():
        whole = text.begin[:200] + text.end[:200]
        is_known = checks.DRAWN.fullmatch(whole) or (whole.isprintable() and whole.isascii())  # colours, markup
        assert is_known or list(checks.find_unsafe(whole, checks.DRAWN)), name
        assert not list(checks.find_unsafe(safe(whole), checks.DRAWN)), name


@pytest.mark.parametrize(
    ("output", "event"),
    [
        ("\x1b[2J", "erase_in_display"),
        ("\x1b[?1049h", "set_mode"),
        ("\x1b[6n", "report_device_status"),
        ("\x1b]0;owned\x07", "set_title"),
        ("\x1bc", "reset"),
        ("\x9b2J", "erase_in_display"),
    ],
)
def test_the_emulator_tells_what_a_sequence_does(output: str, event: str) -> None:
    assert any(event in found for found in checks.find_events(f"a{output}b", checks.DRAWING))
    assert not list(checks.find_events("\x1b[1;2Hred: \x1b[31mfailed\x1b[0m", checks.DRAWING))


def test_forms_of_a_text() -> None:
    text = HostileText("begin", "end")
    assert write(text, Form.ALONE, 0) == "beginend"
    assert write(text, Form.UNTERMINATED, 0) == "begin"
    assert write(text, Form.NESTED, 0) == "beginbeginend\x1b]2;beginendend"
    assert [write(text, Form.SPLIT, number) for number in (0, 1)] == ["begin", "end"]


def test_surrogates_stand_for_bytes() -> None:
    assert to_bytes("\udc9b2J\ud83dä") == b"\x9b2J\xed\xa0\xbd\xc3\xa4"
