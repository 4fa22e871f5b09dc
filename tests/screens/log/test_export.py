"""Saving a log, opening it in a pager, copying from it."""

import asyncio
from contextlib import nullcontext
from pathlib import Path

import pytest

from store import Error, ErrorKind
from store.logs.log import Cursor, Page
from tests.support.headless import Written
from tests.support.log_screen import HOSTILE, App, Shown, numbered
from tests.support.rows import task_id
from tui.terminal import new_files


async def test_save_writes_a_new_file_only(log: Shown, tmp_path: Path) -> None:
    await log.task(stderr=numbered(10))
    async with log.shown():
        path = tmp_path / "s"
        await log.answer("s", str(path))
        assert path.read_bytes() == numbered(10)
        assert "saved to" in log.text
        await log.answer("s", str(path))
        assert "exists already" in " ".join(log.text.split())  # in two lines if the path is long


async def test_saving_suggests_a_file_in_the_state_folder(
    log: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path / "state")
    await log.task(stderr=numbered(10))
    async with log.shown():
        await log.press("s")
        assert log.lines[-2].rstrip() == " save log to:  enter saves, esc cancels"
        await log.press("enter")
        (path,) = (tmp_path / "state").iterdir()
        assert path.name == f"reflowtop-{task_id(1).short}-stderr.log"
        assert path.read_bytes() == numbered(10)
        assert path.stat().st_mode & 0o777 == 0o600
        assert "saved to" in log.text


async def test_a_path_that_fills_the_line_leaves_room_for_its_reason(
    log: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.task(stderr=numbered(10))
    folder = tmp_path / ("x" * 150)
    folder.mkdir()
    async with log.shown(width=80):
        await log.answer("s", str(folder / "saved.log"))
        assert "xxx/saved.log" in log.text
        monkeypatch.setattr(new_files, "check_unused", lambda path: None)  # it appears after the check
        await log.answer("s", str(folder / "saved.log"))
        assert "xxx/saved.log: File exists" in log.text


@pytest.mark.parametrize(("keys", "is_error"), [("2", False), ("q", False), ("2", True)])
async def test_a_log_is_saved_although_the_user_leaves_it(
    keys: str, is_error: bool, log: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.task(stderr=numbered(10), stdout=b"out\n")
    async with log.shown():
        shown, can_read = log.screen.log_shown, asyncio.Event()
        assert shown is not None
        read = shown.read

        async def wait_and_read(cursor: Cursor) -> Page:
            await can_read.wait()
            if is_error:
                raise Error(ErrorKind.OTHER, "read log", (), "cut off")
            return await read(cursor)

        monkeypatch.setattr(shown, "read", wait_and_read)
        path = tmp_path / "s"
        await log.answer("s", str(path))
        assert "saving" in log.text
        await log.press(*keys)
        can_read.set()
        await log.settle()
        said = "cut off" if is_error else "saved to"
        assert (path.read_bytes() if path.exists() else None) == (None if is_error else numbered(10))
        toasts = [each.message for each in log.pilot.app._notifications]
        assert said in ("".join(toasts) if keys == "q" else log.text)
        if keys == "2":
            await log.press("1")
            assert said in log.lines[-2], "with the log itself"


async def test_a_pager_needs_a_terminal_that_can_be_suspended(log: Shown) -> None:
    await log.task(stderr=numbered(10))
    async with log.shown():
        await log.press("o")
        assert "PAGER: App.suspend is not supported in this environment" in log.text


async def test_a_pager_gets_a_copy(log: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(App, "suspend", lambda self: nullcontext())
    monkeypatch.setenv("PAGER", f"cp -t '{tmp_path}'")
    await log.task(stderr=HOSTILE)
    async with log.shown():
        await log.press("o")
        assert (tmp_path / "log.txt").read_bytes() == HOSTILE
        monkeypatch.setenv("PAGER", "no-such-pager")
        await log.press("o")
        assert "No such file" in log.text


async def test_the_console_link_is_shown_and_copied(log: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    log.stream.write("x")
    async with log.shown(width=160):
        await log.press("L")
        url = "https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#logsV2:log-groups/log-group/reflow/log-events/a$252Fe$252Fstderr"
        assert url in log.text
        (segment,) = [each for strip in log.screen._compositor.render_strips() for each in strip if url in each.text]
        assert segment.style
        assert segment.style.link == url == segment.text.strip()
        written = Written(monkeypatch)
        await log.press("y")
        assert written.clipboard == url


async def test_copy_items_of_a_log(log: Shown) -> None:
    await log.task(stderr=b"\x1b[31mred\x1b[0m line\n" + numbered(100))
    async with log.shown():
        await log.answer("/", "red")
        await log.press("N")
        named = dict(log.screen.subject().copy_items)
        assert named["line"] == "red line"
        assert named["uri"].endswith(f"objects/{log.row.stderr}")  # type: ignore[union-attr]
        assert named["id"] == str(log.row.id)
