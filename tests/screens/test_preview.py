"""The preview below lists."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from store import Digest
from tests.support.dashboard import Dashboard
from tests.support.logged_db import LoggedDB
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tests.support.tour import TourDB
from tui.logs.log_tails import COST
from tui.screens.preview import pane
from tui.screens.preview.pane import PreviewPane, height
from tui.watch.model.rows import Row
from tui.watch.model.usual_duration import UsualDuration
from tui.widgets.table import Table

NEVER, AT_ONCE = 3600.0, 0.001


def preview(top: Dashboard) -> list[str]:
    """The lines of the preview, without its title."""
    height = top.app.screen.query_one(PreviewPane).size.height
    return [line.strip() for line in top.lines[-1 - height : -1]]


async def test_a_run_has_its_failures_hosts_errors_and_stale_tasks() -> None:
    async with Dashboard(LoggedDB(), preview="half").shown() as top:
        await top.until(lambda: "3/4 tasks" in top.text)  # the older tasks have been read
        title, *lines = preview(top)
        assert title.startswith("── 01010101  align  amy ──")
        assert lines[:8] == [
            "▲ failing  3/4 tasks  3 failed  1 task on dead hosts  started 11:03",
            "▲ 2 × OOM error in sort on r5.2xlarge  first 9m ago, last 1m ago",
            "on i-0abc",
            "exec: OOM error: killed [/x]",
            "▲ 1 × network error in load on r5.2xlarge  last 8m ago",
            "on i-0abc",
            "load: network error",
            "▲ host i-0dead is lost: its lease expired at 11:54:41 UTC, with 1 running task  last 3m ago",
        ]
        await top.press("down")
        await top.until(lambda: "0/0 tasks" in top.text)
        assert preview(top)[:3] == [
            "── 02020202  bob ".ljust(120, "─"),
            "● running  0/0 tasks  started 11:54",
            "no failed flows, no stale or slow tasks",
        ]


async def test_the_stderr_of_the_newest_failed_task_is_read_once_when_the_cursor_rests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pane, "REST", NEVER)
    db = LoggedDB()
    async with Dashboard(db, preview="half").shown() as top:
        await top.press("down")
        assert db.reads == []
        monkeypatch.setattr(pane, "REST", AT_ONCE)
        await top.press("up")
        await top.until(lambda: "line 299" in top.text)
        assert "stderr of 00000000 sort" in preview(top)
        assert preview(top)[-1] == "line 299"
        assert set(db.reads) == {digest("one")}
        reads = len(db.reads)
        await top.press("down", "up")
        await top.tick(ahead(seconds=1))
        assert preview(top)[-1] == "line 299"
        assert len(db.reads) == reads


async def test_a_log_that_arrives_when_the_cursor_has_come_back_is_not_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pane, "REST", AT_ONCE)
    db, is_written = LoggedDB(), asyncio.Event()

    async def read(id: Digest, offset: int, size: int) -> bytes:
        db.reads.append(id)
        await is_written.wait()
        return db.text[offset : offset + size]

    monkeypatch.setattr(db, "read", read)
    async with Dashboard(db, preview="half").shown() as top:
        await top.until_shown(lambda: db.reads)
        monkeypatch.setattr(pane, "REST", NEVER)
        await top.press("down", "up")
        shown = top.app.screen.query_one(PreviewPane)
        assert shown._timer is not None
        is_written.set()
        await top.until(lambda: "line 299" in top.text)
        assert shown._timer is None


async def test_no_log_is_read_while_paused_or_beyond_the_read_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "REST", NEVER)
    db = LoggedDB()
    async with Dashboard(db, preview="half").shown() as top:
        await top.press("space")
        assert "stderr of 00000000 sort: not read while paused; l opens it" in preview(top)
        await top.press("space")
        top.app.poller.budget.spend(60 * top.app.poller.budget.limit - COST, NOW)
        await top.tick(NOW)
        assert "stderr of 00000000 sort: not read, to stay within the read budget; l opens it" in preview(top)
        assert db.reads == []
        monkeypatch.setattr(pane, "REST", AT_ONCE)
        await top.tick(NOW + timedelta(minutes=2))
        await top.until(lambda: "line 299" in top.text)


async def test_a_log_that_cannot_be_read_is_one_line() -> None:
    db = LoggedDB()
    db.put(make_task(1, 1, end=ago(seconds=90), err=OOM, ident="sort"))
    async with Dashboard(db, preview="half").shown() as top:
        await top.until(lambda: "stderr of 00000000 sort: " in top.text)
        (line,) = (line for line in preview(top) if "stderr" in line)
        assert line.endswith(": it ended without a log")


async def test_a_task_has_its_error_chain_attempts_resources_and_host() -> None:
    async with Dashboard(TourDB(), preview="half").shown(120, 50) as top:
        await top.press("enter")
        await top.until(lambda: "stderr of 00000000 sort" in top.text)
        title, first, *lines = preview(top)
        assert title.startswith("── 00000000  sort ──")
        assert first.startswith("✗ failed  attempt 2  on i-0abc r5.2xlarge  mem:16G cpu:4")
        assert lines[:6] == ["ERROR", "eval flow", "exec sha256:00  OOM error", "killed", "ATTEMPTS", lines[5]]
        assert [title for title in lines if title.isupper()] == ["ERROR", "ATTEMPTS", "RESOURCES", "WHERE"]
        assert "stderr of 00000000 sort" in lines[lines.index("WHERE") :]


@pytest.mark.parametrize(
    ("key", "title", "text"),
    [
        ("e", "── sort: OOM error in 2 flows on r5.2xlarge, killed [/x] ──", "runs: 01010101 align (amy)"),
        ("p", "── i-0dead  r5.2xlarge  i-0dead.example.com ──", "1 task of amy's run 01010101: samtools.sort"),
    ],
)
async def test_findings_and_pools_have_their_details(key: str, title: str, text: str) -> None:
    async with Dashboard(LoggedDB(), preview="half").shown(100, 30) as top:
        await top.press(key)
        shown = preview(top)
        assert shown[0].startswith(title)
        assert text in shown


async def test_a_host_and_a_run_name_all_idents_however_many_tasks_come_first() -> None:
    lost: dict[str, Any] = {"start": ago(minutes=20), "keepalive": ago(minutes=9)}
    sorts = [make_task(n, 1, ident="sort", **lost) for n in range(1, 31)]
    loads = [make_task(n, 1, ident="load", **lost) for n in range(31, 33)]
    db = ScriptedDB(
        make_run(1), *sorts, *loads, make_alloc(keepalive=ago(minutes=9)), make_pool(keepalive=ago(minutes=9))
    )
    async with Dashboard(db, preview="half").shown() as top:
        assert "32 tasks of this run: sort, load" in top.text
        await top.press("p")
        assert "32 tasks of amy's run 01010101: sort, load" in top.text


class SharingDB(ScriptedDB):
    """A run whose failures share the type of their hosts, which others of the ident lack."""

    def __init__(self, healthy: int = 0) -> None:
        times: dict[str, Any] = {"start": ago(minutes=20), "ident": "sort"}
        super().__init__(
            make_run(1, labels={"Name": "align"}),
            make_pool(),
            make_alloc(),
            make_pool("i-0def", pool_type="r5.8xlarge"),
            make_alloc("a2", "i-0def"),
            *(make_task(n, 1, end=ago(minutes=n), err=OOM, **times) for n in range(1, 10)),
            *(make_task(n, 1, end=ago(minutes=9), alloc_id=digest("a2"), **times) for n in range(10, 39)),
            *(make_run(n, start=ago(minutes=n)) for n in range(2, 2 + healthy)),
        )


SENTENCE = "9 of 9 failures on host i-0abc, 0 of 29 others (p < 0.001)"


@pytest.mark.parametrize("healthy", [3, 100])
async def test_explanations_are_whole_below_the_runs_at_80x24(healthy: int) -> None:
    async with Dashboard(SharingDB(healthy)).shown(80, 24) as top:
        rule = next(n for n, line in enumerate(top.lines) if line.startswith("─────"))
        assert top.app.screen.query_one(Table).size.height >= min(14, healthy + 1)
        assert top.lines[rule + 1].startswith(" 01010101  9 flows failed:  9 × OOM error in sort")
        assert SENTENCE in top.text
        assert "all of them are on r5.2xlarge, so the cause may be the host type" in " ".join(top.text.split())
        await top.press("down")
        assert SENTENCE not in top.text


def failing_run(idents: Sequence[str]) -> Sequence[Row]:
    tasks = [make_task(n, 1, end=ago(minutes=n), err=OOM, ident=ident) for n, ident in enumerate(idents, start=1)]
    return [make_run(1), make_alloc(), make_pool(), *tasks]


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
@pytest.mark.parametrize("healthy", [0, 100])
async def test_causes_that_do_not_fit_into_the_line_of_the_run_have_lines_below(
    size: tuple[int, int], healthy: int
) -> None:
    others = [make_run(n, start=ago(minutes=n)) for n in range(2, 2 + healthy)]
    async with Dashboard(ScriptedDB(*failing_run(["samtools.sort", "rna.quantify"]), *others)).shown(*size) as top:
        rule = next(n for n, line in enumerate(top.lines) if line.startswith("─────"))
        assert [line.strip() for line in top.lines[rule + 1 : rule + 4]] == [
            "01010101  2 flows failed:",
            "1 × OOM error in rna.quantify on r5.2xlarge",
            "1 × OOM error in samtools.sort on r5.2xlarge",
        ]
        await top.pilot.resize_terminal(160, 24)
        await top.settle()
        line = "01010101 2 flows failed: 1 × OOM error in rna.quantify on r5.2xlarge 1 × OOM error in samtools.sort"
        assert line in top.line("flows failed")


async def test_below_the_line_of_a_run_an_explanation_follows_the_finding_that_it_is_about() -> None:
    async with Dashboard(LoggedDB()).shown(80, 24) as top:
        place = next(number for number, line in enumerate(top.lines) if "It stopped renewing" in line)
        finding = "host i-0dead is lost: its lease expired at 11:54:41 UTC, with 1 running task"
        assert top.lines[place - 1].strip() == finding


async def test_the_preview_the_run_and_its_description_agree_with_the_list_on_the_state() -> None:
    late: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(seconds=20)}
    async with Dashboard(ScriptedDB(make_run(1, **late), make_task(1, 1, **late)), preview="half").shown() as top:
        assert "● late" in top.line("▸")
        assert preview(top)[1].startswith("● late  0/1 tasks")
        await top.press("d")
        assert top.line("state").split() == ["state", "●", "late"]
        await top.press("escape", "enter")
        assert "● late  lease" in top.text
        assert preview(top)[1].startswith("● late  attempt 1")


async def test_long_lines_of_a_preview_are_wrapped() -> None:
    async with Dashboard(SharingDB(), preview="half").shown(100, 30) as top:
        shown = preview(top)
        (number,) = (n for n, line in enumerate(shown) if SENTENCE in line)
        assert "…" not in shown[number]
        assert shown[number + 1] == "the cause may be the host type"


async def test_a_preview_takes_the_lines_that_the_list_does_not_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "REST", NEVER)
    runs = [make_run(n, start=ago(minutes=n)) for n in range(2, 15)]
    async with Dashboard(LoggedDB(*runs), preview="half").shown() as top:
        table, shown = top.app.screen.query_one(Table), top.app.screen.query_one(PreviewPane)
        assert (table.size.height, shown.size.height) == (15, 17)  # titles and 14 runs
        assert "…" not in preview(top)
        await top.answer("slash", "align")
        assert shown.size.height == 17
        await top.press("escape")
        await top.pilot.resize_terminal(120, 30)
        await top.settle()
        assert shown.size.height == 13


@pytest.mark.parametrize("size", ["half", "small"])
async def test_errors_come_before_the_time_left_and_the_cost(size: str) -> None:
    running = make_task(9, 1, ident="sort", start=ago(minutes=2))
    prices = {"r5.2xlarge": Decimal("0.50")}
    async with Dashboard(LoggedDB(running), preview=size, prices=prices).shown() as top:
        top.app.poller.cluster.usual["sort"] = UsualDuration(20, timedelta(minutes=5), timedelta(minutes=9))
        await top.refresh(ahead(seconds=10))
        shown = preview(top)
        assert shown[2].startswith("▲ 2 × OOM error in sort")
        if size == "half":
            texts = ["▲ 1 × network error", "▲ host i-0dead is lost", "ETA ", "cost "]
            places = [next(n for n, line in enumerate(shown) if line.startswith(text)) for text in texts]
            assert places == sorted(places)


async def test_v_goes_from_half_the_screen_to_a_few_lines_to_none() -> None:
    async with Dashboard(LoggedDB(), preview="half").shown() as top:
        shown = top.app.screen.query_one(PreviewPane)
        assert shown.size.height == 27
        await top.press("v")
        assert shown.size.height == 8
        await top.press("v")
        assert not shown.display
        assert top.line("3 flows failed") == "01010101 1 task on dead hosts 3 flows failed:"
        number = next(n for n, line in enumerate(top.lines) if "3 flows failed" in line)
        assert top.lines[number + 1].strip() == "2 × OOM error in sort on r5.2xlarge"
        await top.type(":preview half")
        await top.press("enter")
        assert shown.size.height == 27
        await top.type(":preview huge")
        await top.press("enter")
        assert "no size 'huge' of a preview: use half, small, off" in top.text


async def test_a_small_terminal_keeps_the_line_below_the_list() -> None:
    async with Dashboard(LoggedDB(), preview="half").shown(80, 24) as top:
        assert not top.app.screen.query_one(PreviewPane).display
        assert top.line("3 flows failed").startswith("01010101 1 task on dead hosts 3 flows failed:")
        await top.press("v")
        assert "a preview needs 100x30 cells: this terminal has 80x24; enter opens the row" in top.text


@pytest.mark.parametrize(
    ("size", "width", "lines", "shown"),
    [
        ("half", 120, 36, 16),
        ("half", 100, 30, 13),
        ("small", 100, 30, 8),
        ("off", 200, 60, 0),
        ("half", 99, 60, 0),
        ("small", 200, 29, 0),
    ],
)
def test_height(size: str, width: int, lines: int, shown: int) -> None:
    assert height(size, width, lines) == shown


async def test_without_colours_and_in_ascii_it_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "REST", NEVER)
    monkeypatch.setenv("NO_COLOR", "1")
    async with Dashboard(LoggedDB(), preview="half", ascii=True).shown(100, 30) as top:
        shown = preview(top)
        assert shown[0].startswith("-- 01010101  align  amy --")
        assert shown[2] == "! 2 x OOM error in sort on r5.2xlarge  first 9m ago, last 1m ago"
        styles = {style for strip in top.app.screen._compositor.render_strips() for _, style, _ in strip}
        assert all(style is None or style.color is None or style.color.is_default for style in styles)


async def test_nothing_is_drawn_when_nothing_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "REST", NEVER)
    async with Dashboard(LoggedDB(), preview="half").shown() as top:
        shown, drawn = top.app.screen.query_one(PreviewPane), []
        monkeypatch.setattr(shown, "refresh", lambda *regions, **_: drawn.append(regions))
        await top.tick(ahead(seconds=1))
        await top.refresh(ahead(seconds=2))
        assert drawn == []
