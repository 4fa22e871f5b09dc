"""Clicks on what is not a row: the keys in the footer, the breadcrumb, the tabs of the log screen."""

import pytest
from textual.app import SystemCommand
from textual.events import MouseDown, MouseUp

from tests.support.dashboard import Dashboard, cluster
from tui.logs.tabs import Tab
from tui.screens.base.command_registry import run_action
from tui.screens.base.list_screen import ListScreen
from tui.screens.findings import FindingsScreen
from tui.screens.help import HelpScreen
from tui.screens.log.log_screen import LogScreen

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _click(top: Dashboard, text: str, line: int) -> None:
    """Click on the first cell of `text` in a line of the screen."""
    await top.pilot.click(offset=(top.lines[line].index(text), range(len(top.lines))[line]))
    await top.settle()


def _click_ahead(top: Dashboard, x: int, y: int, times: int) -> None:
    """Click several times before the dashboard gets to the first one, as over a slow line."""
    for _ in range(times):
        for kind in (MouseDown, MouseUp):
            top.app.post_message(kind(None, x, y, 0, 0, 1, False, False, False))


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (["Y"], "id "),
        (["enter", "Y"], "id "),
        (["d"], "close"),
        (["e", "d"], "close"),
        (["enter", "question_mark"], "close"),
        (["enter", "f12"], "Change the theme"),
    ],
    ids=["copy menu", "copy menu over tasks", "description", "description over findings", "help", "palette"],
)
async def test_clicks_that_arrive_together_close_one_screen(
    keys: list[str], shown: str, top: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = list[object]()
    monkeypatch.setattr(top.app, "get_system_commands", lambda _: [SystemCommand(shown, "", lambda: chosen.append(1))])
    await top.press(*keys)
    screens = len(top.app.screen_stack)
    y = max(y for y, line in enumerate(top.lines) if shown in line)
    _click_ahead(top, top.lines[y].index(shown), y, times=4)
    await top.settle()
    assert len(top.app.screen_stack) == screens - 1
    assert len(chosen) == keys.count("f12")


async def test_click_on_a_footer_key_runs_its_command(top: Dashboard) -> None:
    await _click(top, "failures", line=-1)
    assert isinstance(top.app.screen, FindingsScreen)
    await _click(top, "? help", line=-1)
    assert isinstance(top.app.screen, HelpScreen)


async def test_click_on_a_footer_key_opens_the_prompt_which_hides_the_keys(top: Dashboard) -> None:
    x = top.lines[-1].index("filter")
    await _click(top, "filter", line=-1)
    assert top.lines[-1].startswith(" /")
    await top.pilot.click(offset=(x, len(top.lines) - 1))
    assert top.lines[-1].startswith(" /")


async def test_click_on_the_breadcrumb_goes_back_to_that_screen() -> None:
    async with Dashboard(cluster()).shown(width=200) as top:
        await top.press("enter", "enter", "l")
        runs, tasks, *others = top.app.screen_stack
        assert len(others) == 2
        for text, left in (("run 01010101", [runs, tasks]), ("run 01010101", [runs, tasks]), ("runs ›", [runs])):
            await _click(top, text, line=1)
            assert top.app.screen_stack == left


async def test_click_on_a_log_tab_shows_its_log(top: Dashboard) -> None:
    await top.press("enter", "l")
    screen = top.app.screen
    assert isinstance(screen, LogScreen)
    for tab in (Tab.INSPECT, Tab.STDOUT, Tab.STDERR):
        await _click(top, str(tab), line=1)
        assert screen._tab is tab


async def test_run_action_runs_a_command_with_an_action_method(top: Dashboard) -> None:
    screen = top.app.screen
    assert isinstance(screen, ListScreen)
    await screen.run_action(run_action("filter", "state:failed"))
    assert screen.view.filter.text == "state:failed"


async def test_run_action_quotes_its_argument(top: Dashboard) -> None:
    for text in ("amy", "it's", '"', "')", "app.quit()"):
        await top.app.screen.run_action(run_action("user", text))
        assert top.app.session.user == text
