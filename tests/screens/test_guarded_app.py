"""An exception in an action, a message handler, a worker or a tab is one line, and the dashboard goes on."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.dashboard import Dashboard, cluster
from tests.support.tour import TourDB
from tui import exit_status
from tui.export.incident import bundle
from tui.query import filter as filters
from tui.screens.actions import copy_row
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.list_screen import ListScreen
from tui.screens.log import log_screen
from tui.screens.run import RunTasks
from tui.screens.runs import RunsScreen
from tui.screens.task import TaskScreen
from tui.terminal import clipboard

pytestmark = pytest.mark.asyncio(loop_scope="module")
SIZE = (160, 36)

SAID = "KeyError: 'x\\x1b]0;y'; this is a bug in reflowtop, the traceback is in"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Crash reports go into the folder of the test."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(exit_status, "_crash_notes", {})


def mistake(*_: object, **__: object) -> Any:
    raise KeyError("x\x1b]0;y")


async def async_mistake(*_: object, **__: object) -> Any:
    mistake()


# Where the mistake is, and the keys that lead to it from the list of runs.
WAYS: dict[str, tuple[object, str, tuple[str, ...]]] = {
    "action of a key": (RunsScreen, "action_open", ("enter",)),
    "function of a key": (RunsScreen, "subject", ("l",)),
    "another function": (RunsScreen, "subject", ("y",)),
    "prompt, typing": (filters, "parse", ("slash", "a")),
    "prompt, submitting": (filters, "parse", ("slash", "a", "enter")),
    "completion": (filters, "complete_from_rows", ("slash", "u", "tab")),
    "command prompt": (ListScreen, "_sort", ("colon", *"sort", "enter")),
    "palette": (ListScreen, "action_reverse", ("ctrl+p", *"reverse", "enter")),
    "message handler": (ListScreen, "on_table_row_highlighted", ("down",)),
    "worker": (bundle, "render", ("S", "enter")),
    "async worker": (copy_row, "_copy_and_report", ("y",)),
    "rows of another screen": (RunTasks, "tasks", ("enter",)),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_mistake_becomes_a_line(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, keys = WAYS[way]
    async with Dashboard(cluster()).shown(width=160) as top:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, async_mistake if owner is copy_row else mistake)
            await top.press(*keys)
            await top.until(lambda: top.app.failures)
            assert SAID in " ".join(top.text.split())
            assert top.app.is_running
        top.app.failures.clear()
        await top.press("escape", "escape")
        top.app.clear_notifications()
        while len(top.app.screen_stack) > 1:
            top.app.pop_screen()
        await top.press("home", "enter")
        assert top.where.startswith("runs › run"), "keys work as before"


async def test_callbacks_and_timers_that_fail_do_not_end_the_dashboard(tmp_path: Path) -> None:
    async with Dashboard(cluster()).shown(width=160) as top:
        app = top.app
        for call in (app.call_later, app.screen.call_later, lambda it: app.set_timer(0.001, it)):
            call(mistake)
            await top.until(lambda: app.failures)
            app.failures.clear()
            assert SAID in top.text
    assert sum(name.startswith("crash-") for _, _, names in os.walk(tmp_path) for name in names) == 1


async def test_a_refresh_that_cannot_be_shown_is_shown_when_it_can(
    top: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(RunsScreen, "rows", mistake)
        await top.refresh()
        assert SAID in top.text
    top.app.failures.clear()
    await top.refresh()
    assert top.app.is_running
    assert "align" in top.text


async def test_a_mistake_under_the_help_is_a_notification(top: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    await top.press("?")
    top.app.call_later(mistake)
    await top.until(lambda: top.app.failures)
    top.app.failures.clear()
    assert "KeyError: 'x\\x1b]0;y'" in top.text


async def test_a_log_tab_says_which_exception_came_instead_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Dashboard(TourDB()).shown(width=160) as top:
        with monkeypatch.context() as patch:
            patch.setattr(log_screen, "open_tab", async_mistake)
            await top.press("enter", "enter", "l")
            await top.until(lambda: top.app.failures)
            assert "KeyError: 'x\\x1b]0;y'" in top.lines[2] + top.lines[3], "the provenance line"
            assert SAID in top.text
        top.app.failures.clear()
        await top.press("escape", "r")
        await top.until(lambda: "killed" in top.text)


async def test_an_inspect_that_fails_unexpectedly_says_so_in_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TaskScreen, "_read_inspect", async_mistake)
    async with Dashboard(TourDB()).shown(width=160, height=60) as top:
        await top.press("enter", "enter")
        await top.until(lambda: top.app.failures)
        top.app.failures.clear()
        assert SAID in top.text


async def test_mistakes_end_a_dashboard_that_is_debugged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFLOWTOP_DEBUG", "1")
    monkeypatch.setattr(RunsScreen, "action_open", mistake)
    top = Dashboard(cluster())
    with pytest.raises(KeyError):
        async with top.shown():
            await top.press("enter")


# The variable or the path, the keys of the log screen, and what the line says.
OTHER_PROGRAMS: list[tuple[dict[str, str], tuple[str, ...], str]] = [
    ({"PAGER": 'less "'}, ("o",), "No closing quotation"),
    ({"EDITOR": "vi '"}, ("E",), "No closing quotation"),
    ({"PAGER": "/nonexistent/pager"}, ("o",), ""),
    ({"PAGER": "/"}, ("o",), ""),
    ({"PAGER": "/\udcff"}, ("o",), ""),
    ({"PAGER": "x" * 5000}, ("o",), ""),
    ({"PAGER": "\\"}, ("o",), ""),
    ({"EDITOR": ""}, ("E",), ""),
    ({"TMPDIR": "/nonexistent"}, ("o",), ""),
    ({}, ("colon", *"save ~nosuchuser/x", "enter"), "no such user"),
    ({}, ("colon", *"save /nonexistent/x", "enter"), "nonexistent"),
    ({}, ("colon", *"save /", "enter"), ""),
    ({}, ("colon", *("save " + "x" * 450), "enter"), "File name too long"),
    ({}, ("colon", *"save /dev/full", "enter"), ""),
    ({}, ("colon", *"share ~nosuchuser/x", "enter"), "no such user"),
    ({}, ("colon", *("share " + "x" * 450), "enter"), "File name too long"),
    ({"HOME": "/nonexistent"}, ("y",), ""),
    ({"PATH": "", "TMUX": "/tmp/x,1,0"}, ("y",), ""),
]


@pytest_asyncio.fixture(loop_scope="module")
async def log(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Dashboard]:
    monkeypatch.setattr(clipboard, "may_accept_osc52", lambda environ: False)
    async with Dashboard(TourDB()).shown(width=160) as top:
        await top.press("enter", "enter", "l")
        yield top
        top.app.failures.clear()


async def test_settings_and_paths_that_cannot_be_used_are_told_in_a_line(
    log: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for environ, keys, said in OTHER_PROGRAMS:
        with monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            pressed = [{" ": "space", "/": "slash", "~": "~"}.get(key, key) for key in keys]
            await log.press(*pressed)
            await log.until(lambda said=said: said in " ".join(log.text.split()))  # type: ignore[misc]
            assert log.app.is_running
            assert not any("this is a bug" in line for line in log.lines), (environ, keys[:20], log.lines)
        if isinstance(log.app.screen, BaseScreen) and log.app.screen.is_prompting:
            await log.press("escape")
        log.app.screen.query_one("#footer").dismiss()  # type: ignore[attr-defined]
        await log.settle()
        assert "log" in log.where, (environ, keys[:20])
