"""The help and the palette as they stand on the screen."""

import pytest
from textual.widgets import OptionList

from tests.support.dashboard import Dashboard, cluster
from tui.screens.palette import Palette


@pytest.mark.parametrize("width", [80, 60])
async def test_long_descriptions_hang_below_their_start(width: int) -> None:
    async with Dashboard(cluster()).shown(width=width, height=200) as top:
        await top.press("question_mark")
        (begin,) = (line.index("WHAT") for line in top.lines if "WHAT IT DOES" in line)
        (at,) = (number for number, line in enumerate(top.lines) if " copy-menu " in line)
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


async def test_it_moves_as_less_does() -> None:
    async with Dashboard(cluster()).shown(width=80, height=24) as top:
        await top.press("question_mark")
        first = top.lines
        for there, back in (("j", "k"), ("space", "b"), ("G", "g"), ("ctrl+d", "ctrl+u")):
            await top.press(there)
            assert top.lines != first
            await top.press(back)
            assert top.lines == first


async def test_the_palette_has_the_order_of_the_help_and_finds_names() -> None:
    async with Dashboard(cluster()).shown() as top:
        helps = [command.help for command in top.app.screen.commands]  # type: ignore[attr-defined]
        await top.press("ctrl+p")
        assert isinstance(top.app.screen, Palette)
        options = top.app.screen.query_one(OptionList)
        await _gathered(top)
        assert [str(each.prompt).splitlines()[0] for each in options.options] == helps
        await top.type("timeline")
        await _gathered(top)
        assert options.option_count == 1
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
