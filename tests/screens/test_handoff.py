"""Writing a handoff page from the dashboard."""

from pathlib import Path

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.full_disk import fill_disk
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.terminal import new_files


async def test_the_page_is_written_where_the_user_wants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path / "state")
    page = tmp_path / "night.md"
    async with Dashboard(cluster()).shown(width=120, height=30) as dashboard:
        await dashboard.type(f":handoff {page}")
        await dashboard.press("enter")
        await dashboard.until(lambda: "handoff page of 11:53 to 12:03 UTC: " in dashboard.text)
        text = page.read_text()
        assert text.startswith("# Handoff: 2026-11-01 ")
        assert text.splitlines()[2].startswith(
            "* Covers 11:53 to 12:03 UTC: the rows of the table reflow-prod that this dashboard has read. "
            "For a whole shift: `reflowtop handoff --since 8h"
        )
        assert "## Open findings" in text
        assert page.stat().st_mode & 0o777 == 0o600
        await dashboard.type(f":handoff {page}")
        await dashboard.press("enter")
        assert "existsalready" in "".join(dashboard.text.split())
        assert page.read_text() == text


async def test_a_page_that_cannot_be_written_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "night.md"
    fill_disk(monkeypatch)
    async with Dashboard(cluster()).shown(width=120, height=30) as dashboard:
        await dashboard.type(f":handoff {page}")
        await dashboard.press("enter")
        await dashboard.until(lambda: "night.md: No space left on device" in dashboard.text)
    assert not page.exists()


async def test_without_data_there_is_no_page() -> None:
    db = ScriptedDB()
    db.failure = THROTTLED
    async with Dashboard(db).shown(width=80, height=24) as dashboard:
        await dashboard.type(":handoff")
        await dashboard.press("enter")
        assert "nothing has been read yet" in dashboard.text


@pytest.mark.parametrize(
    ("width", "above", "path"),
    [
        (
            80,
            " write handoff to:  11:53 to 12:03 UTC  enter writes, esc cancels",
            " ~/.local/state/reflowtop/reflowtop-handoff-20261101T120341Z.md",
        ),
        (
            60,
            " write handoff to:  enter writes, esc cancels",
            # The cursor stands after the end.
            " cal/state/reflowtop/reflowtop-handoff-20261101T120341Z.md",
        ),
    ],
)
async def test_the_prompt_shows_what_is_asked_and_the_end_of_the_path(
    width: int, above: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_files, "state_folder", lambda: Path.home() / ".local" / "state" / "reflowtop")
    async with Dashboard(cluster()).shown(width=width, height=24) as dashboard:
        await dashboard.type(":handoff")
        await dashboard.press("enter")
        assert [line.rstrip() for line in dashboard.lines[-2:]] == [above, path]
