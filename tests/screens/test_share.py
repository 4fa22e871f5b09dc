"""Incident bundles that the dashboard writes."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.dashboard_texts import files_in, idle, message
from tests.support.rows import NOW, run_id
from tests.support.scripted_db import THROTTLED
from tui.export.incident import bundle as files
from tui.text import formats

pytestmark = pytest.mark.asyncio(loop_scope="module")


def bundle(folder: Path) -> tuple[str, Any]:
    (text,), (data,) = folder.glob("*.md"), folder.glob("*.json")
    return text.read_text(), json.loads(data.read_text())


async def test_a_bundle_of_the_runs_that_are_shown(dashboard: Dashboard, here: Path) -> None:
    await dashboard.press("S", "enter")
    await idle(dashboard)
    text, data = bundle(here)
    assert "# Incident: 3 runs, 1 failing, 1 stale, 1 running" in text
    assert {run["id"] for run in data["runs"]} == {str(run_id(n)) for n in (1, 2, 3)}
    assert "Data as of 2026-11-01 12:03:41 UTC, 0s old then." in text
    size = formats.size(sum(file.stat().st_size for file in files_in(here)))
    told = f"incident bundle, {size}: {here}/reflowtop-runs-20261101T120341Z.md, its data in .json"
    assert "".join(message(dashboard).split()) == "".join(told.split())
    assert files_in(Path.cwd()) == []


async def test_share_asks_where_and_tells_the_size(here: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "night.json").symlink_to(tmp_path / "theirs")
    async with Dashboard(cluster()).shown(width=80, height=24) as dashboard:
        await dashboard.press("S")
        await idle(dashboard)
        assert "20261101T120341Z.md" in dashboard.lines[-1], "the end of the path is in sight"
        told, rest = dashboard.lines[-2].strip().removeprefix("write bundle to:  ").split(maxsplit=1)
        assert rest == "in .md and .json  enter writes, esc cancels"
        await dashboard.press("escape")
        assert files_in(here) == []
        await dashboard.type(f":share {tmp_path}/elsewhere/night")
        await dashboard.press("enter")
        assert f"{tmp_path}/elsewhere/night.jsonexistsalready" in "".join(dashboard.text.split())
        await dashboard.press("S", "ctrl+u")
        await dashboard.type(f"{tmp_path}/none/night")
        await dashboard.press("enter")
        assert f"nofolder{tmp_path}/none" in "".join(dashboard.text.split())
        await dashboard.press("ctrl+u")
        stem = "morning".ljust(len("reflowtop-runs-20261101T120341Z"), "-")  # the document names the other file
        await dashboard.type(f"{tmp_path}/elsewhere/{stem}.md")
        await dashboard.press("enter")
        await idle(dashboard)
        files = [tmp_path / "elsewhere" / f"{stem}.{suffix}" for suffix in ("md", "json")]
        assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
        assert f"`{stem}.json`" in files[0].read_text()
        assert f"incident bundle, {told}: " in message(dashboard)
        assert not (tmp_path / "theirs").exists()


async def test_share_writes_the_filtered_runs(dashboard: Dashboard, here: Path) -> None:
    await dashboard.type("/user:bob")
    await dashboard.press("enter", "S", "enter")
    await idle(dashboard)
    assert "# Incident: run 02020202, running" in bundle(here)[0]


@pytest.mark.parametrize("keys", [("enter",), ("enter", "enter"), ("t",), ("enter", "enter", "l")])
async def test_share_writes_the_open_run(dashboard: Dashboard, keys: tuple[str, ...], here: Path) -> None:
    await dashboard.press(*keys)
    await dashboard.press("S", "enter")
    await idle(dashboard)
    text, data = bundle(here)
    assert "# Incident: run 01010101, failing" in text
    assert len(data["runs"][0]["tasks"]) == 4


async def test_a_bundle_of_the_findings_that_are_shown(dashboard: Dashboard, here: Path) -> None:
    await dashboard.press("e")
    await dashboard.type("/state:stale")
    await dashboard.press("enter", "S", "enter")
    await idle(dashboard)
    text, data = bundle(here)
    assert [finding["kind"] for finding in data["findings"]] == ["stale run"]
    assert "# Incident: run 03030303, stale" in text


async def test_a_bundle_says_why_not_all_could_be_read(here: Path) -> None:
    db = cluster()
    async with Dashboard(db).shown() as dashboard:
        db.failure = THROTTLED
        await dashboard.refresh(NOW.replace(minute=5))
        await dashboard.press("S", "enter")
        await idle(dashboard)
        text, data = bundle(here)
        assert "Data as of 2026-11-01 12:03:41 UTC, 2m old then." in text
        assert "throttled" in text.lower()
        assert len(data["trouble"]) == 1


async def test_the_screen_is_live_while_a_bundle_is_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, go_on = files.render, threading.Event()

    def slow(*args: Any) -> files.RenderedBundle:
        assert go_on.wait(60)
        return real(*args)

    monkeypatch.setattr(files, "render", slow)
    async with Dashboard(cluster()).shown() as dashboard:
        dashboard.ahead("S", "enter", "enter")
        await dashboard.until_shown(lambda: "run 01010101" in dashboard.where)
        assert files_in(here) == []
        go_on.set()
        await idle(dashboard)
        assert "incident bundle" in message(dashboard)


async def test_a_failed_bundle_is_reported(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> files.Bundle:
        raise OSError("no bundle in [/x]: No space left on device")

    monkeypatch.setattr(files, "save", full)
    async with Dashboard(cluster()).shown() as dashboard:
        await dashboard.press("S", "enter")
        await idle(dashboard)
        assert message(dashboard) == "no bundle in [/x]: No space left on device"
