"""Failed runs that stay, the counts in the header, and what the user has dismissed."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from store import Error, ErrorKind, Run, Task
from tests.support.dashboard import Dashboard
from tests.support.rows import OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.screens.base import row_texts
from tui.terminal import new_files


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def failed(number: int, minutes: int) -> list[Run | Task]:
    end = ago(minutes=minutes)
    run = make_run(number, start=ago(hours=2), keepalive=end, end=end)
    return [run, make_task(number, number, start=ago(hours=2), keepalive=end, end=end, err=OOM)]


def succeeded(number: int) -> Run:
    return make_run(number, start=ago(hours=2), keepalive=ago(minutes=2), end=ago(minutes=2))


async def test_a_failed_run_stays_for_an_hour() -> None:
    db = ScriptedDB(make_run(1), *failed(2, 5), succeeded(3))
    async with Dashboard(db).shown() as top:
        assert top.ids == [2, 1]
        assert "0 failing 1 failed 0 stale 0 lost 1 running" in top.where
        await top.refresh(ahead(minutes=54))
        assert "1 failed" in top.where
        await top.refresh(ahead(minutes=56))
        assert "failed" not in top.where


async def test_the_time_that_a_failed_run_stays_can_be_set() -> None:
    db = ScriptedDB(make_run(1), *failed(2, 5))
    async with Dashboard(db, keep_failed=timedelta()).shown() as top:
        assert top.ids == [1]


async def test_an_acknowledged_run_leaves_and_stays_away() -> None:
    db = ScriptedDB(make_run(1), *failed(2, 5))
    async with Dashboard(db).shown() as top:
        await top.press("x")
        assert top.ids == [1]
        assert "acknowledged until it changes" in top.text
        await top.press("x")
        assert "select a finding (e lists them) or a run that has ended as failed" in top.text
        assert top.app.session.flush_files() is None
    async with Dashboard(db).shown() as top:
        assert top.ids == [1]
        await top.press("a")
        assert top.ids == [2, 1]
        await top.press("k", "x", "a")
        assert top.ids == [2, 1]


async def test_acknowledged_findings_move_to_the_end_and_come_back_when_they_grow() -> None:
    failed_task, running = make_task(1, 1, end=ago(minutes=1), err=OOM), make_task(2, 1)
    db = ScriptedDB(make_run(1), failed_task, running, make_run(2, keepalive=ago(minutes=9)))
    async with Dashboard(db).shown() as top:
        await top.press("e")
        assert "2 critical" in top.where
        assert "▲ failing" in top.line("▸")
        await top.press("x", "g")
        assert "1 acknowledged 1 critical" in top.where
        assert "▲ lost run" in top.line("▸")
        assert top.text.index("lost run") < top.text.index("✓ failing")
        db.put(make_task(2, 1, end=ahead(seconds=1), err=OOM))
        await top.refresh(ahead(seconds=5))
        assert "2 critical" in top.where
        assert "▲ failing" in top.text


async def test_a_refresh_shows_what_another_dashboard_has_acknowledged() -> None:
    db = ScriptedDB(make_run(1), make_task(1, 1, end=ago(minutes=1), err=OOM))
    async with Dashboard(db).shown() as top:
        await top.press("e")
        assert "1 critical" in top.where
        async with Dashboard(db).shown() as other:
            await other.press("e", "x")
            assert other.app.session.flush_files() is None
        await top.refresh(ahead(seconds=5))
        assert "1 acknowledged 0 critical" in top.where


async def test_a_finding_is_muted_for_a_time() -> None:
    db = ScriptedDB(make_run(1), make_task(1, 1, end=ago(minutes=1), err=OOM))
    async with Dashboard(db).shown() as top:
        await top.press("e", "X")
        await top.type("4h")
        await top.press("enter")
        assert "muted for 4h" in top.text
        assert "1 acknowledged 0 critical" in top.where
        await top.answer("X", "soon")
        assert "'soon' is not a time span" in top.text


@pytest.mark.parametrize("answer", ["1h", "change"])
async def test_a_mute_is_about_the_finding_for_which_it_was_asked(answer: str) -> None:
    net = Error(ErrorKind.NET, "load")
    db = ScriptedDB(
        make_run(1),
        make_task(1, 1, end=ago(minutes=1), err=OOM, ident="sort"),
        make_task(2, 1),
        make_task(3, 1, end=ago(minutes=2), err=net, ident="load", flow_id=digest("flow 3")),
    )
    async with Dashboard(db).shown() as top:
        await top.press("e", "j", "X")
        assert "load" in top.line("▸")
        await top.type(answer)
        db.put(make_task(4, 1, start=ahead(seconds=1), attempt=1, ident="load", flow_id=digest("flow 3")))
        top.now = db.now = ahead(seconds=5)
        top.app.poller.refresh_now()
        await top.settle()
        assert "sort" in top.line("▸"), "the finding is resolved, and the cursor on another one"
        await top.press("enter")
        assert "acknowledged" not in top.where
        assert "1 critical" in top.where


async def test_a_state_folder_that_cannot_be_written_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/x")
    async with Dashboard(ScriptedDB(make_run(1), *failed(2, 5))).shown() as top:
        await top.press("x")
        await top.until(lambda: "acknowledged until it changes, but only for this session: /dev/null" in top.text)
        assert top.ids == [1]


async def test_the_event_loop_does_not_write_what_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    threads, write_whole = list[threading.Thread](), new_files.write_whole

    def write(path: Path, data: bytes) -> None:
        threads.append(threading.current_thread())
        write_whole(path, data)

    monkeypatch.setattr(new_files, "write_whole", write)
    async with Dashboard(ScriptedDB(make_run(1), *failed(2, 5))).shown() as top:
        await top.press("x")
        assert "acknowledged until it changes" in top.text
        await top.app.session.close_files()
    assert threads
    assert threading.main_thread() not in threads


async def test_a_key_and_a_click_show_one_state() -> None:
    db = ScriptedDB(make_run(1), *failed(2, 5), make_run(3, keepalive=ago(minutes=2)))
    async with Dashboard(db).shown() as top:
        assert top.ids == [3, 2, 1]
        await top.press("s")
        assert top.ids == [3]
        await top.press("s")
        assert top.ids == [2]
        await top.press("s", "s")
        assert top.ids == [3, 2, 1]
        line, column = next((y, text.index("1 stale")) for y, text in enumerate(top.lines) if "1 stale" in text)
        await top.pilot.click(offset=(column + 1, line))
        await top.settle()
        assert top.ids == [3]
        await top.pilot.click(offset=(column + 1, line))
        await top.settle()
        assert top.ids == [3, 2, 1]


async def test_a_state_that_no_row_can_have_is_an_error_and_all_shows_all() -> None:
    async with Dashboard(ScriptedDB(make_run(1), make_run(3, keepalive=ago(minutes=2)))).shown() as top:
        await top.type(":state x")
        await top.press("enter")
        assert "state: 'x' is not one of starting, running" in " ".join(top.text.split())
        await top.press("escape", "s")
        assert top.ids == [3]
        await top.type(":state all")
        await top.press("enter")
        assert top.ids == [3, 1]


async def test_findings_and_counts_of_one_user() -> None:
    lost: dict[str, Any] = {"keepalive": ago(minutes=9), "start": ago(hours=1)}
    db = ScriptedDB(make_run(1), make_task(1, 1, **lost), make_alloc(**lost), make_pool(**lost))
    async with Dashboard(db, user="bob").shown() as top:
        assert "lost task" not in top.where
        assert "lost host" not in top.where
        await top.press("e")
        assert "No findings of bob; :user all shows those of all users." in top.text
        assert "user bob" in top.where


async def test_counts_are_unknown_until_something_was_read() -> None:
    db = ScriptedDB(make_run(1))
    db.failure = OOM
    async with Dashboard(db).shown() as top:
        assert "- failing - stale - lost" in top.where
        await top.press("p")
        assert "- pools - stale or lost" in top.where


async def test_the_header_counts_lost_tasks_and_hosts() -> None:
    lost: dict[str, Any] = {"keepalive": ago(minutes=9), "start": ago(hours=1)}
    db = ScriptedDB(make_run(1), make_task(1, 1, **lost), make_alloc(**lost), make_pool(**lost))
    async with Dashboard(db).shown() as top:
        assert "1 stalled" in top.where
        assert "1 lost task 1 lost host" in top.where
        assert "▼ stalled" in top.line("▸")


async def test_the_message_of_a_prompt_stays_when_it_closes() -> None:
    db = ScriptedDB(make_run(1), make_task(1, 1, end=ago(minutes=1), err=OOM))
    async with Dashboard(db).shown() as top:
        await top.press("e", "X", "1", "h", "enter")
        assert top.lines[-1] == " muted for 1h00m"
        await top.press("j")
        assert top.lines[-1].startswith(" enter tasks")


async def test_lost_rows_are_counted_once_per_refresh(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Mock(wraps=row_texts.count_lost)
    monkeypatch.setattr(row_texts, "count_lost", counted)
    lost: dict[str, Any] = {"keepalive": ago(minutes=9), "start": ago(hours=1)}
    db = ScriptedDB(make_run(1), make_task(1, 1, **lost), make_alloc(**lost), make_pool(**lost))
    async with Dashboard(db).shown() as top:
        assert "1 lost task" in top.where
        before = counted.call_count
        top.app.tick()
        await top.settle()
        assert counted.call_count == before
        await top.refresh()
        assert counted.call_count > before
