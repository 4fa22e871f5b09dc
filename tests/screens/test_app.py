from datetime import datetime, timedelta

import pytest
from rich.console import RenderableType

from store import Error, ErrorKind, FailureReason, MemoryTaskDB, Pool, Resources, RunID, StringDigest, Task, TaskID
from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.app import ReflowTop
from tui.query.time_expressions import Moment
from tui.screens.runs import RunsScreen
from tui.widgets.textual_private import LayoutUpdate

HOSTILE = "\x1b]52;c;x\x07\x9b\u202e[/x][@click=app.quit]x[/]\n$[b]"


# Runs


async def test_runs_are_listed_most_urgent_first() -> None:
    async with Dashboard(cluster()).shown() as top:
        assert top.line("data").startswith("reflowtop reflow-prod us-west-2")
        assert top.line("data").endswith("data 0s old 12:03:41 UTC")
        assert top.where == "runs 1 failing 1 stale 0 lost 1 running 3 runs user all in the last 10m active"
        assert top.ids == [1, 3, 2]
        first = "▸ 01010101 amy align project=… 11:03 1h00m ▲ failing 1m40s left ━━━━━━××╌╌ 3/4 1 0 1"
        assert top.line("▸") == first
        assert "◌ stale expired 3m" in top.line("03030303")
        explained = "01010101 1 flow failed: 1 × OOM error in samtools.sort on r5.2xlarge"
        assert top.line("flow failed") == explained


async def test_all_and_active() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("a")
        assert top.ids == [1, 3, 2, 4]
        assert "4 runs user all in the last 10m all" in top.where
        assert "✓ succeeded" in top.line("04040404")
        await top.press("a")
        assert top.ids == [1, 3, 2]


async def test_runs_of_one_user() -> None:
    async with Dashboard(cluster(), user="bob").shown() as top:
        assert top.ids == [2]
        assert "user bob" in top.where


async def test_the_last_line_explains_the_selected_run() -> None:
    db = cluster()
    db.put(make_task(9, 2, end=NOW, err=OOM, flow_id=digest("f")), make_task(10, 2, attempt=1, flow_id=digest("f")))
    async with Dashboard(db).shown() as top:
        await top.press("j")
        assert "stale: lease expired at 2026-11-01 12:00:41 UTC" in top.text
        await top.press("down")
        assert top.line("of 2 tasks done") == "02020202 1 of 2 tasks done 1 retried attempt"


async def test_ages_tick_without_a_read() -> None:
    async with Dashboard(cluster()).shown() as top:
        reads = len(top.db.calls)  # type: ignore[attr-defined]
        await top.tick(ahead(seconds=65))
        assert "data 1m old" in top.line("data")
        assert "1h01m ▲ failing 35s left" in top.line("▸")
        assert len(top.db.calls) == reads  # type: ignore[attr-defined]


async def test_the_selection_stays_with_its_run() -> None:
    db = cluster()
    async with Dashboard(db).shown() as top:
        await top.press("j", "j")
        db.put(make_run(5, start=ago(minutes=30)), make_task(7, 5, end=NOW, err=OOM, alloc_id=digest("a1")))
        await top.refresh()
        assert top.ids == [5, 1, 3, 2]
        assert "02020202" in top.line("▸")


# A run


async def test_a_runs_tasks_failures_first() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("enter")
        assert top.where == "runs › run 01010101 align 3/4 tasks 1 failed"
        heading = "01010101 align project=p1 amy started 11:03, 1h00m ago ▲ failing lease 1m40s left"
        assert top.line("project=p1") == heading
        assert top.line("args") == f"log {digest('log').short} args -n 1"
        assert top.ids == [1, 2, 4, 3]
        assert "✗ failed" in top.line("▸")
        assert "12:02 12:03 40s OOM error: killed i-0abc" in top.line("▸")
        details = top.lines[-5:-1]
        assert f"attempt 1 of flow {digest('flow 1').short}  started" in details[0]
        assert details[1] == " alloc a1  pool i-0abc  r5.2xlarge  host i-0abc.example.com  mem:16G cpu:4"
        assert details[2] == f" stdout -  stderr {digest('stderr').short}  inspect -  result -"
        assert details[3] == " exec samtools: OOM error: killed"
        await top.press("j", "j")
        assert f"✗ retried  attempt 1 of flow {digest('flow 3').short}" in top.text
        await top.press("escape")
        assert top.ids == [1, 3, 2]


async def test_wide_terminals_show_more_of_a_task() -> None:
    async with Dashboard(cluster()).shown(width=232) as top:
        await top.press("enter")
        assert top.line("IDENT").split() == [
            *(
                "TASK",
                "IDENT",
                "ATT",
                "STATE",
                "STARTED",
                "ENDED",
                "TOOK",
                "ETA",
                "ERROR",
                "HOST",
                "TYPE",
                "POOL",
                "ALLOC",
            ),
            *("LEASE", "REQUESTED", "STDERR", "STDOUT"),
        ]
        assert digest("stderr").short in top.line("▸")


async def test_opening_a_run_reads_its_older_tasks() -> None:
    db = cluster()
    db.put(make_task(8, 2, keepalive=ago(hours=3), end=ago(hours=3)))
    async with Dashboard(db).shown() as top:
        await top.press("j", "j", "enter")
        assert top.ids == [8]
        db.put(make_task(9, 2))
        await top.refresh()
        assert top.ids == [9, 8]
        await top.press("escape")
        assert "1/2" in top.line("bob")


async def test_tasks_that_cannot_be_read() -> None:
    db = cluster()
    db.failures["tasks"] = THROTTLED
    async with Dashboard(db).shown() as top:
        await top.press("enter")
        assert "✗ Reading older tasks failed: AWS throttles the reads (throttled)" in top.line("older tasks")
        assert top.ids == [1, 2, 4, 3]


async def test_a_run_without_tasks() -> None:
    async with Dashboard(ScriptedDB(make_run(1))).shown() as top:
        await top.press("enter")
        assert "This run has no tasks." in top.text


# Reading goes well, not yet, no more


async def test_late_data_is_marked_before_a_read_fails() -> None:
    async with Dashboard(cluster(), interval=timedelta(minutes=1)).shown() as top:
        await top.tick(ahead(minutes=3))
        assert "  data 3m old" in top.lines[0]
        await top.tick(ahead(minutes=5))
        assert "◌ data 5m old" in top.lines[0]


async def test_a_service_that_stops_answering_leaves_the_last_data() -> None:
    db = cluster()
    async with Dashboard(db).shown() as top:
        db.failure = THROTTLED
        await top.refresh(ahead(minutes=2))
        assert "✗ data 2m old" in top.line("data")
        assert "✗ AWS throttles the reads (throttled): lower --read-budget" in top.line("throttled")
        assert "The last refresh is shown; r tries again." in " ".join(top.text.split())
        assert top.ids == [1, 3, 2]
        screen = top.app.screen
        assert isinstance(screen, RunsScreen)
        assert screen.table.stale
        # States and leases stand still: the silence is ours.
        assert "▲ failing 1m40s left" in top.line("▸")
        db.failure = None
        await top.refresh(ahead(minutes=2, seconds=5))
        assert "throttled" not in top.text
        assert not screen.table.stale


async def test_nothing_there_not_yet_and_failed_are_three_texts() -> None:
    db = ScriptedDB()
    db.gate.clear()
    async with Dashboard(db).shown() as top:
        assert "Reading …" in top.text
        db.gate.set()
        await top.settle()
        assert "No active runs in the last 10m. a shows those that have ended, w widens the window." in top.text
        await top.press("a")
        assert "No runs in the last 10m. w widens the window." in top.text
    db.failure = THROTTLED
    async with Dashboard(db, user="amy").shown() as top:
        reason = "✗ AWS throttles the reads (throttled): lower --read-budget or lengthen --interval."
        assert f"{reason} Retrying in 1d0h." in top.line("✗")
        await top.tick(ahead(days=1, seconds=-12))
        assert f"{reason} Retrying in 12s." in top.line("✗")
        await top.press("space")
        assert f"{reason} Paused: no retry until" in top.line("✗")
        assert "no data" in top.text
        db.failure = None
        await top.refresh()
        assert "No active runs of amy in the last 10m. u shows those of others, a shows those" in top.text


async def test_a_fixed_window_is_named() -> None:
    since = Moment("2026-11-01T02:10", time=datetime.fromisoformat("2026-11-01T02:10Z"))
    async with Dashboard(ScriptedDB(), since=since).shown() as top:
        assert "No active runs since 2026-11-01 02:10 UTC." in top.text


async def test_unreadable_rows_are_reported() -> None:
    db = cluster()
    db.row_errors = [
        Error(ErrorKind.INVALID, "decode row", ("sha256:00", "Keepalive"), HOSTILE, reason=FailureReason.UNREADABLE)
    ]
    async with Dashboard(db).shown() as top:
        assert "▲ 1 unreadable field, such as row sha256:00 Keepalive" in top.text
        assert top.ids == [1, 3, 2]
        await top.refresh(NOW + timedelta(seconds=20))
        assert "▲ 1 unreadable field" in top.text
        await top.refresh(NOW + timedelta(seconds=40))
        assert "▲ 1 unreadable field" not in top.text, "told once"
        assert "1 unreadable field" in top.lines[0]
        db.row_errors.append(
            Error(ErrorKind.INVALID, "decode row", ("sha256:01", "Start"), "no time", reason=FailureReason.UNREADABLE)
        )
        await top.refresh(NOW + timedelta(seconds=60))
        assert "▲ 1 unreadable field, such as row sha256:01 Start" in top.text


async def test_pausing_is_unmistakable_and_reads_nothing() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("space")
        assert "❚❚ paused · data 0s old" in top.text
        assert len(top.db.called("active")) == 1  # type: ignore[attr-defined]
        await top.press("space")
        assert "paused" not in top.line("data")
        assert len(top.db.called("active")) > 1  # type: ignore[attr-defined]


# Keys


async def test_redraw_draws_the_whole_screen_also_over_a_prompt_or_the_help(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Dashboard(cluster()).shown() as top:
        drawn: list[object] = []

        def note(_: ReflowTop, update: RenderableType | None) -> RenderableType | None:
            drawn.append(update)
            return update

        for keys in ((), ("slash",), ("escape", "question_mark")):
            await top.press(*keys)
            with monkeypatch.context() as patched:
                patched.setattr(ReflowTop, "transform_update", note)
                await top.press("ctrl+l")
            assert any(isinstance(update, LayoutUpdate) for update in drawn), keys
            drawn.clear()


async def test_unknown_keys_say_so_once_for_each_key() -> None:
    async with Dashboard(cluster()).shown() as top:
        for key, shown in (("z", "z"), ("ctrl+x", "^x"), ("f7", "f7"), ("percent_sign", "%")):
            await top.press(key)
            assert f"{shown} has no function here; ? lists the keys" in top.lines[-1]
        await top.press("escape", "slash", "x", "escape", "z")  # the prompt clears the message
        assert "has no function" not in top.text
        await top.press("l", "z")  # another screen
        assert "z has no function here" in top.text


async def test_unknown_keys_name_the_help_key_of_the_settings() -> None:
    async with Dashboard(cluster(), keys={"help": ("f1",)}).shown() as top:
        await top.press("question_mark")
        assert "? has no function here; f1 lists the keys" in top.lines[-1]


async def test_footer_of_80_columns_keeps_the_keys_that_matter_most() -> None:
    async with Dashboard(cluster()).shown(80, 24) as top:
        for keys in ((), ("enter",), ("enter", "enter"), ("p",), ("e",)):
            await top.start_over()
            await top.press(*keys)
            shown = {part.split(" ")[0] for part in top.lines[-1].strip().split("  ")}
            assert shown >= {"l", "t", "q", "?"}, keys


async def test_help() -> None:
    async with Dashboard(cluster()).shown(width=80, height=24) as top:
        await top.press("question_mark", "slash", *"failures first", "enter")
        assert "The run's tasks, failures first" in top.text
        await top.tick(ahead(seconds=5))
        await top.press("escape", "escape")
        assert "failures first" not in top.text
        assert "data 5s old" in top.line("data")
        await top.press("question_mark", "q")
        assert top.app.is_running


# Every size, every text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 10), (20, 5), (250, 60)])
async def test_lines_fit_every_size_of_terminal(width: int, height: int) -> None:
    async with Dashboard(cluster()).shown(width, height) as top:
        assert all(len(line) <= width for line in top.lines)
        await top.press("enter")
        assert all(len(line) <= width for line in top.lines)
        await top.pilot.resize_terminal(80, 24)
        await top.press("escape")
        assert "▲ failing" in top.line("▸")


async def test_at_80_columns_everything_that_matters_is_there() -> None:
    async with Dashboard(cluster()).shown(80, 24) as top:
        titles = ["RUN", "USER", "NAME", "/", "LABELS", "AGE", "STATE", "TASKS", "FAIL", "LOST"]
        assert top.line("RUN").split() == titles
        assert {"reflow-prod", "us-west-2", "12:03:41"} <= set(top.line("data").split())
        assert top.lines[-1].split()[:2] == ["enter", "tasks"]


async def test_hostile_text_comes_out_visible_and_harmless() -> None:
    error = Error(ErrorKind.OTHER, HOSTILE, (HOSTILE,), HOSTILE)
    db = ScriptedDB(
        make_run(1, user=HOSTILE, labels={HOSTILE: HOSTILE, "Name": HOSTILE}, args=(HOSTILE,)),
        make_task(1, 1, ident=HOSTILE, end=NOW, err=error),
        make_alloc(alloc_id=HOSTILE),
        make_pool(pool_type=HOSTILE, uri=HOSTILE, pool_id=StringDigest(HOSTILE)),
    )
    db.row_errors = [Error(ErrorKind.INVALID, HOSTILE, reason=FailureReason.UNREADABLE)]
    async with Dashboard(db, user=HOSTILE, region=HOSTILE, profile=HOSTILE).shown(220, 40) as top:
        for keys in (["enter"], ["enter"], ["e"], ["enter"], ["p"], ["enter"], ["slash", "a"], ["question_mark"]):
            assert all(char == "\n" or char.isprintable() for char in top.text)
            assert "[/x]" in top.text
            assert "[@click=app.quit]" in top.text
            await top.press(*keys)
        assert top.app.is_running


# On a TaskDB


async def test_writes_of_an_engine_appear() -> None:
    db = MemoryTaskDB(labels={"Name": "align"}, clock=lambda: NOW)
    run = RunID.new()
    await db.create_run(run, "amy@example.com")
    await db.keep_run_alive(run, ahead(minutes=2))
    pool = StringDigest("i-0abc")
    await db.start_pool(Pool(pool_id=pool, pool_type="r5.2xlarge", uri="https://ec2-1.example.com:9000"))
    await db.start_alloc(StringDigest("ec2-1/a1"), pool.digest, Resources({"cpu": 4}))
    task = Task(id=TaskID.new(), run_id=run, alloc_id=StringDigest("ec2-1/a1").digest, ident="samtools.sort")
    await db.create_task(task)
    async with Dashboard(db).shown() as top:
        assert "amy align" in top.line("▸")
        await top.press("enter")
        assert "○ starting" in top.line("▸")
        await db.set_task_complete(task.id, OOM)
        await top.refresh()
        assert "✗ failed" in top.line("▸")
        assert "ec2-1" in top.line("▸")


async def test_an_idle_dashboard_reads_less() -> None:
    async with Dashboard(cluster(), interval=timedelta(seconds=5)).shown() as top:
        poller = top.app.poller
        assert poller.every == timedelta(seconds=5)
        await top.tick(ahead(minutes=5))
        assert poller.every == timedelta(seconds=30)
        await top.press("down")
        await top.tick(ahead(minutes=5, seconds=1))
        assert poller.every == timedelta(seconds=5)
        top.app.app_focus = False
        await top.tick(ahead(minutes=5, seconds=2))
        assert poller.every == timedelta(seconds=30)
