"""The d key: the page of a task, and the description of any other row."""

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import digest, make_run
from tests.support.scripted_db import ScriptedDB
from tui.screens.describe import DescribeScreen
from tui.screens.task import TaskScreen

HOSTILE = "\x1b]52;c;x\x07[/x][@click=app.quit]x[/]\n$[b]"


def _words(top: Dashboard) -> str:
    return " ".join(top.text.split())


async def test_d_describes_a_run_with_its_findings_labels_and_objects() -> None:
    async with Dashboard(cluster()).shown(width=110, height=50) as top:
        await top.press("d")
        assert isinstance(top.app.screen, DescribeScreen)
        for line in (
            "Description as of 2026-11-01 12:03:41 UTC",
            "Run 01010101",
            "state ▲ failing",
            "tasks 3 of 4 done, 1 failed flow",
            "Findings failing samtools.sort: OOM error in 1 flow on r5.2xlarge, killed",
            "project p1",
            "Arguments -n 1",
            f"run log {digest('log')}",
        ):
            assert line in _words(top)
        await top.press("d")
        assert not isinstance(top.app.screen, DescribeScreen)


@pytest.mark.parametrize("keys", [("enter",), ("t",)])
async def test_d_opens_the_page_of_a_task(keys: tuple[str, ...]) -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press(*keys, "d")
        assert isinstance(top.app.screen, TaskScreen)
        await top.press("d")  # it is open
        assert isinstance(top.app.screen, TaskScreen)


async def test_d_describes_a_pool_and_an_alloc() -> None:
    async with Dashboard(cluster()).shown(width=100, height=50) as top:
        await top.press("p", "d")
        assert "Pool i-0abc state ● live type r5.2xlarge" in _words(top)
        assert "Running tasks" in top.text
        await top.press("escape", "j", "d")
        assert "Alloc " in top.text
        assert "Pool i-0abc" not in top.text


async def test_d_describes_a_finding_with_its_error_runs_and_hosts() -> None:
    async with Dashboard(cluster()).shown(width=100, height=50) as top:
        await top.press("e", "d")
        words = _words(top)
        assert "Error of the newest task" in words
        assert "Runs 01010101 amy align project=p1" in words
        assert "Hosts i-0abc r5.2xlarge" in words
        assert "owners amy" in words


async def test_d_without_a_row_says_so() -> None:
    async with Dashboard(ScriptedDB()).shown() as top:
        await top.press("d")
        assert "no row is selected" in top.lines[-1]


async def test_description_is_paged_and_shows_any_text() -> None:
    labels = {f"{HOSTILE}{number}": HOSTILE for number in range(40)}
    async with Dashboard(ScriptedDB(make_run(1, labels=labels, user=HOSTILE))).shown(width=80, height=24) as top:
        await top.press("d")
        assert "page 1 of " in top.lines[0]
        await top.press("space")
        assert "page 2 of " in top.lines[0]
        assert "\x1b" not in top.text
        await top.press("q")
        assert top.app.is_running
        assert not isinstance(top.app.screen, DescribeScreen)
