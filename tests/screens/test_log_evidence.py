"""The last log line of a lost row, which is read when the user looks at the row."""

import asyncio
from typing import Any

import pytest

from store import Digest
from tests.support.clock import settle
from tests.support.dashboard import Dashboard
from tests.support.logged_db import LoggedDB
from tests.support.rows import ago, digest, make_run, make_task
from tui.screens.preview import pane

LINE = b"begin\naligned [/x] password=hunter2\n"
SHOWN = "last line: aligned [/x] password=[redacted]"
OF_TASK = "last line: task 00000000 samtools.sort: aligned [/x] password=[redacted]"


def database() -> LoggedDB:
    lost = {"start": ago(hours=1), "keepalive": ago(minutes=8), "stderr": digest("nine")}
    return LoggedDB(make_run(3, keepalive=ago(minutes=8)), make_task(9, 3, **lost), text=LINE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("/id:0303", "enter"), OF_TASK),
        (("e", "/id:0303", "enter"), OF_TASK),
        (("/id:0303", "enter", "enter"), SHOWN),
    ],
    ids=["runs", "findings", "tasks"],
)
async def test_details_of_a_small_screen_show_the_last_line_once_the_cursor_rests(
    keys: tuple[str, ...], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pane, "REST", 3600.0)
    db = database()
    async with Dashboard(db).shown(80, 24) as top:
        monkeypatch.setattr(pane, "REST", 0.001)
        for key in keys:
            await (top.type(key) if key.startswith("/") else top.press(key))
        await top.until(lambda: line in top.text)
        assert db.reads


async def test_a_last_line_that_explains_both_the_run_and_its_host_is_shown_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pane, "REST", 0.001)
    db = database()
    last: Any = {"start": ago(hours=1), "keepalive": ago(minutes=2.5), "stderr": digest("nine")}
    db.put(make_task(9, 3, alloc_id=digest("a2"), **last))
    async with Dashboard(db).shown(80, 24) as top:
        await top.type("/id:0303")
        await top.press("enter")
        await top.until(lambda: OF_TASK in top.text)
        assert "at stake" in top.text, "of the host"
        assert top.text.count("last line:") == 1


async def test_task_pages_and_descriptions_show_the_last_line_once_read() -> None:
    db = database()
    async with Dashboard(db, preview="off").shown(120, 36) as top:
        await top.type("/id:0303")
        await top.press("enter", "d")
        await top.until(lambda: "task 00000000 samtools.sort: aligned [/x] password=[redacted]" in top.text)
        reads = len(db.reads)
        await top.press("escape", "enter", "enter")
        await top.until(lambda: "aligned [/x] password=[redacted]" in top.line("last line"))
        assert len(db.reads) == reads, "it was read for the description"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["line below the list", "preview"])
async def test_a_description_opened_while_the_list_reads_the_log_shows_its_last_line(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pane, "REST", 0.001)
    db, is_written = database(), asyncio.Event()

    async def read(id: Digest, offset: int, size: int) -> bytes:
        db.reads.append(id)
        await is_written.wait()
        return LINE[offset : offset + size]

    monkeypatch.setattr(db, "read", read)
    async with Dashboard(db, preview="half").shown(*size) as top:
        await top.type("/id:0303")
        await top.press("enter")
        await top.until_shown(lambda: digest("nine") in db.reads)
        await top.press("d")
        assert "last line" not in top.text
        is_written.set()
        await top.until(lambda: "task 00000000 samtools.sort: aligned [/x] password=[redacted]" in top.text)
        assert db.reads.count(digest("nine")) == 2, "it is read once, in two requests"


async def test_an_empty_log_is_reported_as_empty() -> None:
    db = database()
    db.text = b""
    async with Dashboard(db).shown(120, 36) as top:
        await top.type("/id:0303")
        await top.press("enter", "enter", "enter")
        await top.until(lambda: "stderr is empty" in top.line("last line"))


@pytest.mark.parametrize(
    ("size", "rest", "drawing"),
    [((80, 24), 0.001, "screen.show"), ((120, 36), 0.001, "_show_text"), ((120, 36), 3600.0, "screen.replace")],
    ids=["line below the list", "preview", "description"],
)
async def test_a_log_that_comes_while_the_dashboard_closes_is_not_drawn(
    size: tuple[int, int], rest: float, drawing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some widgets are gone by then: the dashboard ended with a report of a crash."""
    monkeypatch.setattr(pane, "REST", rest)
    db, is_read, drawn = database(), asyncio.Event(), list[str]()

    async def read(*_: Any) -> bytes:
        db.reads.append(digest("nine"))
        await is_read.wait()
        return LINE

    monkeypatch.setattr(db, "read", read)
    async with Dashboard(db, preview="half").shown(*size) as top:
        await top.type("/id:0303")
        await top.press("enter", *(["d"] if drawing == "screen.replace" else []))
        await top.until_shown(lambda: db.reads)
        prune, app = top.app._prune, top.app
        drawer = app.screen if drawing.startswith("screen.") else app.screen.query_one(pane.PreviewPane)
        monkeypatch.setattr(drawer, drawing.removeprefix("screen."), lambda *_: drawn.append(drawing))

        async def pruned(*nodes: Any, **options: Any) -> Any:
            is_read.set()
            await settle()
            return await prune(*nodes, **options)

        monkeypatch.setattr(app, "_prune", pruned)
    assert is_read.is_set()
    assert drawn == []
