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


async def test_a_bundle_of_the_runs_that_are_shown(top: Dashboard, here: Path) -> None:
    await top.press("S", "enter")
    await idle(top)
    text, data = bundle(here)
    assert "# Incident: 3 runs, 1 failing, 1 stale, 1 running" in text
    assert {run["id"] for run in data["runs"]} == {str(run_id(n)) for n in (1, 2, 3)}
    assert "Data as of 2026-11-01 12:03:41 UTC, 0s old then." in text
    size = formats.size(sum(file.stat().st_size for file in files_in(here)))
    told = f"incident bundle, {size}: {here}/reflowtop-runs-20261101T120341Z.md, its data in .json"
    assert "".join(message(top).split()) == "".join(told.split())
    assert files_in(Path.cwd()) == []


async def test_share_asks_where_and_tells_the_size(here: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "night.json").symlink_to(tmp_path / "theirs")
    async with Dashboard(cluster()).shown(width=80, height=24) as top:
        await top.press("S")
        await idle(top)
        assert "20261101T120341Z.md" in top.lines[-1], "the end of the path is in sight"
        told, rest = top.lines[-2].strip().removeprefix("write bundle to:  ").split(maxsplit=1)
        assert rest == "in .md and .json  enter writes, esc cancels"
        await top.press("escape")
        assert files_in(here) == []
        await top.type(f":share {tmp_path}/elsewhere/night")
        await top.press("enter")
        assert f"{tmp_path}/elsewhere/night.jsonexistsalready" in "".join(top.text.split())
        await top.press("S", "ctrl+u")
        await top.type(f"{tmp_path}/none/night")
        await top.press("enter")
        assert f"nofolder{tmp_path}/none" in "".join(top.text.split())
        await top.press("ctrl+u")
        stem = "morning".ljust(len("reflowtop-runs-20261101T120341Z"), "-")  # the document names the other file
        await top.type(f"{tmp_path}/elsewhere/{stem}.md")
        await top.press("enter")
        await idle(top)
        files = [tmp_path / "elsewhere" / f"{stem}.{suffix}" for suffix in ("md", "json")]
        assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
        assert f"`{stem}.json`" in files[0].read_text()
        assert f"incident bundle, {told}: " in message(top)
        assert not (tmp_path / "theirs").exists()


async def test_share_writes_the_filtered_runs(top: Dashboard, here: Path) -> None:
    await top.type("/user:bob")
    await top.press("enter", "S", "enter")
    await idle(top)
    assert "# Incident: run 02020202, running" in bundle(here)[0]


@pytest.mark.parametrize("keys", [("enter",), ("enter", "enter"), ("t",), ("enter", "enter", "l")])
async def test_share_writes_the_open_run(top: Dashboard, keys: tuple[str, ...], here: Path) -> None:
    await top.press(*keys)
    await top.press("S", "enter")
    await idle(top)
    text, data = bundle(here)
    assert "# Incident: run 01010101, failing" in text
    assert len(data["runs"][0]["tasks"]) == 4


async def test_a_bundle_of_the_findings_that_are_shown(top: Dashboard, here: Path) -> None:
    await top.press("e")
    await top.type("/state:stale")
    await top.press("enter", "S", "enter")
    await idle(top)
    text, data = bundle(here)
    assert [finding["kind"] for finding in data["findings"]] == ["stale run"]
    assert "# Incident: run 03030303, stale" in text


async def test_a_bundle_says_why_not_all_could_be_read(here: Path) -> None:
    db = cluster()
    async with Dashboard(db).shown() as top:
        db.failure = THROTTLED
        await top.refresh(NOW.replace(minute=5))
        await top.press("S", "enter")
        await idle(top)
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
    async with Dashboard(cluster()).shown() as top:
        top.ahead("S", "enter", "enter")
        await top.until_shown(lambda: "run 01010101" in top.where)
        assert files_in(here) == []
        go_on.set()
        await idle(top)
        assert "incident bundle" in message(top)


async def test_a_failed_bundle_is_reported(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> files.Bundle:
        raise OSError(28, "No space left on device", "/[/x]/bundle.md")

    monkeypatch.setattr(files, "save", full)
    async with Dashboard(cluster()).shown() as top:
        await top.press("S", "enter")
        await idle(top)
        assert message(top) == "/[/x]/bundle.md: No space left on device"
