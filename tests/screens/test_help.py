"""The help and the palette as they stand on the screen."""

import re

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.widgets import OptionList

from tests.support.dashboard import Dashboard, cluster
from tui.lists import legend
from tui.screens.help import HelpScreen
from tui.screens.palette import Palette
from tui.watch.model.states import State
from tui.widgets.pages import Pages

pytestmark = pytest.mark.asyncio(loop_scope="module")
SIZE = (80, 24)


async def _pages(top: Dashboard) -> list[list[str]]:
    """The lines of every page of the help."""
    shown = top.app.screen.query_one(Pages)
    pages: list[list[str]] = []
    for number in range(shown.count):
        shown.turn_to(number)
        await top.settle()
        pages.append([line.strip() for line in top.lines[shown.region.y : shown.region.bottom]])
    return pages


@pytest.mark.parametrize("width", [80, 60])
async def test_long_descriptions_hang_below_their_start(width: int) -> None:
    async with Dashboard(cluster()).shown(width=width, height=200) as top:
        await top.press("question_mark")
        (at,) = (number for number, line in enumerate(top.lines) if " copy-menu " in line)
        begin = top.lines[at].index("Copy the URI")
        columns = [(line[:begin].strip(), line[begin:].strip()) for line in top.lines[at + 1 : at + 3]]
        assert columns[0][0] == ""
        assert "Copy the URI, host, error, or a shell command that shows the row" in " ".join(
            [top.lines[at][begin:], *(text for _, text in columns)]
        )


async def test_keys_and_names_of_any_length_stand_in_columns() -> None:
    async with Dashboard(cluster()).shown(height=200) as top:
        await top.press("l", "question_mark")
        begins = {line.index(text) for line in top.lines for text in ("A page down", "A page up") if text in line}
        assert len(begins) == 1


@pytest.mark.parametrize("keys", [(), ("enter",), ("enter", "enter"), ("l",), ("t",)])
async def test_help_fits_80x24_in_pages_and_has_every_command_once(top: Dashboard, keys: tuple[str, ...]) -> None:
    await top.press(*keys)
    names = [command.name for command in top.app.screen.commands]  # type: ignore[attr-defined]
    await top.press("question_mark")
    lines = [line for page in await _pages(top) for line in page]
    for name in names:
        assert sum(bool(re.search(rf"(^|  ){name}( [A-Z]+)?  ", line)) for line in lines) == 1, name


async def test_help_is_grouped() -> None:
    async with Dashboard(cluster()).shown(height=200) as top:
        await top.press("question_mark")
        (lines,) = await _pages(top)
        titles = [line for line in lines if line and "  " not in line]
        assert titles == ["Move", "Find", "Go to", "Act", "Time", "Share", "States", "In a filter"]
        groups = {title: lines.index(title) for title in titles}
        (pause,) = (at for at, line in enumerate(lines) if line.startswith("space  "))
        assert groups["Time"] < pause < groups["Share"]


async def test_help_has_a_legend_of_all_states_with_the_minutes() -> None:
    async with Dashboard(cluster()).shown(height=200) as top:
        await top.press("question_mark")
        for state in State:
            assert state.label in top.text
        assert "lease expired 1m to 4m ago" in top.line("◌ stale")
        assert "lease expired less than 1m ago" in top.line("● late")
        assert "lease expired 4m ago or longer" in top.line("✗ lost")


async def test_help_is_searched_as_words_are_typed(top: Dashboard) -> None:
    await top.press("question_mark", "slash", *"lease lost")
    (page,) = await _pages(top)
    assert not any(line for line in page if "stale" in line and "lost" not in line)
    await top.press("escape", "slash", *"q")  # a key
    assert "close" in top.text
    await top.press("escape", "slash", *":pools")  # a name
    assert "Hosts and the tasks that run on them" in top.text
    assert "page" not in top.text
    await top.press("enter", "escape")
    assert "page 1 of" in top.text
    await top.press("slash", *"xyzzy", "enter")
    assert "Nothing matches. esc clears the search." in top.text
    await top.press("escape", "escape")
    assert not isinstance(top.app.screen, HelpScreen)


async def test_clicks_and_the_wheel_turn_the_pages(top: Dashboard) -> None:
    await top.press("question_mark")
    await top.pilot.click(offset=(top.lines[-1].index("next page"), 23))
    await top.settle()
    assert "page 2 of" in top.text
    await top.pilot.click(offset=(top.lines[-1].index("previous page"), 23))
    await top.settle()
    assert "page 1 of" in top.text
    for event, page in ((MouseScrollDown, 2), (MouseScrollUp, 1)):
        await top.pilot._post_mouse_events([event], Pages, offset=(5, 5))
        await top.settle()
        assert f"page {page} of" in top.text


async def test_a_resized_help_stays_about_where_it_was_read() -> None:
    async with Dashboard(cluster()).shown(80, 24) as top:
        await top.press("question_mark", "end")
        pages = top.app.screen.query_one(Pages)
        last = pages.count - 1
        assert pages.index == last
        await top.pilot.resize_terminal(80, 14)
        await top.settle()
        assert last < pages.index < pages.count
        await top.pilot.resize_terminal(80, 200)
        await top.settle()
        assert pages.index == 0


async def test_the_help_scrolls_by_the_keys_of_less(top: Dashboard) -> None:
    await top.press("question_mark")
    first = top.lines
    for there, back in (("j", "k"), ("space", "b"), ("G", "g"), ("ctrl+d", "ctrl+u")):
        await top.press(there)
        assert top.lines != first
        await top.press(back)
        assert top.lines == first


async def test_the_palette_has_the_order_of_the_help_and_finds_names() -> None:
    async with Dashboard(cluster()).shown() as top:
        commands = top.app.screen.commands  # type: ignore[attr-defined]
        await top.press("ctrl+p")
        assert isinstance(top.app.screen, Palette)
        options = top.app.screen.query_one(OptionList)
        await _gathered(top)
        shown = [" ".join(str(each.prompt).split()) for each in options.options]
        assert shown[: len(commands)] == [
            " ".join([command.name, *command.shown_keys, command.help]) for command in commands
        ]
        assert "theme nord Use another colour theme" in shown
        await top.type("timeline")
        await _gathered(top)
        assert str(options.options[0].prompt).startswith("timeline")
        assert "The run's tasks over time" in top.text
        await top.press("escape", "ctrl+p")
        await _gathered(top)
        await top.press("down", "enter")
        assert top.lines[-1].split()[0] == "user"


async def _gathered(top: Dashboard) -> None:
    await top.settle()
    for worker in list(top.app.workers):
        if worker.node is top.app.screen and not worker.is_finished:
            await worker.wait()
    await top.settle()


@pytest.mark.parametrize("keys", [("colon", *"help states", "enter"), ("question_mark", "slash", *"States", "enter")])
@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_states_are_a_topic_of_their_own(keys: tuple[str, ...], size: tuple[int, int]) -> None:
    async with Dashboard(cluster()).shown(*size) as top:
        await top.press(*keys)
        assert isinstance(top.app.screen, HelpScreen)
        text = " ".join(" ".join(line for page in await _pages(top) for line in page).split())
        assert text.startswith("States ")
        for sign in legend.signs():
            assert f"{sign.label} {sign.meaning}" in text
        assert "Find and sort" not in text
        await top.press("escape")
        assert isinstance(top.app.screen, HelpScreen), "escape clears the search first"
        assert len(await _pages(top)) > 2


async def test_the_help_stays_at_its_page_when_the_terminal_is_resized() -> None:
    async with Dashboard(cluster()).shown(80, 24) as top:
        await top.press("question_mark", *["space"] * 4)
        before = top.text
        assert "handoff" in before
        for width, height in ((120, 36), (60, 20), (80, 24)):
            await top.pilot.resize_terminal(width, height)
            await top.settle()
            assert "handoff" in top.text, width
        assert top.text == before
        await top.press("slash", *"copy", "enter")
        await top.pilot.resize_terminal(120, 36)
        await top.settle()
        assert "Copy the id" in top.text
