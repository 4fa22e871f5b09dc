"""Comparing a run with the last one that succeeded."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from store import Rows, Task, TaskQuery
from tests.support.dashboard import Dashboard
from tests.support.rows import OOM, ago, ahead, make_pool, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.settings.clusters import Clusters
from tui.watch.model.rows import Row


def database() -> ScriptedDB:
    labels = {"Name": "align"}
    return ScriptedDB(
        make_run(1, labels=labels),
        make_task(1, 1, start=ago(minutes=9), end=ago(minutes=4), err=OOM),
        make_run(2, labels=labels, start=ago(hours=30), end=ago(hours=29), keepalive=ago(hours=29)),
        make_task(2, 2, start=ago(hours=30), end=ago(hours=29.9), keepalive=ago(hours=29.9)),
    )


async def test_c_shows_what_differs() -> None:
    async with Dashboard(database()).shown(width=120, height=30) as dashboard:
        await dashboard.press("c")
        await dashboard.until(lambda: "Compared with the last run that succeeded" in dashboard.text)
        assert "then        02020202 align, succeeded, started 2026-10-31 06:03 UTC, took 1h00m" in dashboard.text
        assert "samtools.sort: 1 of 1 failed, 0 of 1 then" in dashboard.text
        await dashboard.press("escape")
        assert "Compared" not in dashboard.text


async def test_c_on_a_finding_compares_the_run_of_its_newest_task() -> None:
    db = database()
    db.put(make_run(3, labels={"Name": "other"}), make_task(3, 3, start=ago(minutes=9), end=ago(minutes=7), err=OOM))
    async with Dashboard(db).shown(width=80, height=24) as dashboard:
        await dashboard.press("e")
        assert "c compare" in dashboard.lines[-1]
        await dashboard.press("c")
        await dashboard.until(lambda: "Compared with the last run that succeeded" in dashboard.text)
        assert "now         01010101 align, failing" in dashboard.text


async def test_c_on_a_host_without_tasks_says_what_to_select() -> None:
    async with Dashboard(ScriptedDB(make_run(1), make_pool())).shown(width=120, height=30) as dashboard:
        await dashboard.press("p", "c")
        assert "this host has no run; select a run, a task or a failure to compare" in dashboard.text


async def test_the_reason_is_shown_if_there_is_none() -> None:
    db = ScriptedDB(make_run(1), make_task(1, 1))
    async with Dashboard(db).shown(width=120, height=30) as dashboard:
        await dashboard.press("c")
        await dashboard.until(lambda: "the run has neither a label Name nor a bundle" in dashboard.text)


async def test_a_search_that_fails_is_one_line() -> None:
    db = database()
    async with Dashboard(db).shown(width=120, height=30) as dashboard:
        db.failures["ident"] = THROTTLED
        await dashboard.press("c")
        await dashboard.until(lambda: "no comparison: " in dashboard.text)


class SlowDB(ScriptedDB):
    """A TaskDB that lists the tasks of an ident once `gate` is open."""

    def __init__(self, *rows: Row) -> None:
        super().__init__(*rows)
        self.search = asyncio.Event()

    async def tasks(self, query: object) -> Rows[Task]:
        if isinstance(query, TaskQuery) and query.ident:
            await self.search.wait()
        return await super().tasks(query)


READY = "the comparison of run 01010101 is ready: c on the run opens it"


@pytest.mark.parametrize("keys", [["e"], ["slash", *"amy"]], ids=["another screen", "a prompt"])
async def test_a_comparison_found_later_opens_when_the_user_asks_for_it(keys: list[str]) -> None:
    db = SlowDB(*database().rows.values())
    async with Dashboard(db).shown(width=120, height=30) as top:
        await top.press("c", *keys)
        db.search.set()
        await top.until(lambda: READY in top.text)
        await top.press("escape", "escape")
        searches = len(db.called("ident"))
        await top.press("c")
        assert "Compared with the last run that succeeded" in top.text
        assert len(db.called("ident")) == searches
        await top.press("escape", "c")
        await top.until(lambda: len(db.called("ident")) > searches)  # a comparison opens once


async def test_a_comparison_does_not_open_over_another_time() -> None:
    db = SlowDB(*database().rows.values())
    async with Dashboard(db).shown(width=120, height=30) as top:
        await top.press("c")
        await top.answer("T", "11:30")
        assert top.app.session.past is not None
        db.search.set()
        await top.until(lambda: READY in top.text)
        await top.press("L", "c")
        assert "Compared with the last run that succeeded" in top.text


async def test_a_run_that_leaves_the_window_during_the_search_is_not_compared() -> None:
    db = SlowDB(*database().rows.values())
    db.put(make_run(1, labels={"Name": "align"}, keepalive=ago(minutes=3), end=ago(minutes=3)))
    async with Dashboard(db).shown(width=120, height=30) as top:
        await top.press("c")
        top.app.poller.cluster.forget(ahead(hours=1))
        db.search.set()
        await top.until(lambda: "no comparison: run 01010101 is no longer loaded" in top.text)


async def test_a_comparison_ends_with_the_cluster_that_it_is_about(tmp_path: Path) -> None:
    db = SlowDB(*database().rows.values())
    path = tmp_path / "config.toml"
    path.write_text("[clusters.other]\ntable = 'reflow-other'\n")
    dashboard = Dashboard(db)
    dashboard.app._clusters = dashboard.app.session.clusters = Clusters({"config": str(path)}, {})
    dashboard.app._connect = lambda _: contextlib.nullcontext(ScriptedDB(make_run(9)))
    async with dashboard.shown(width=120, height=30) as top:
        await top.press("c")
        await top.answer("colon", "ctx other")
        await top.until(lambda: top.ids == [9])
        assert not [worker for worker in top.app.workers if worker.group == "compare"]
        db.search.set()
        await top.settle()
        assert "compari" not in top.text.lower()
        assert len(top.app.screen_stack) == 1


async def test_c_compares_in_the_session_history() -> None:
    async with Dashboard(database()).shown(width=120, height=30) as top:
        await top.refresh(ahead(seconds=9))
        await top.press("comma")
        assert top.app.session.is_rewound
        await top.press("c")
        await top.until(lambda: "Compared with the last run that succeeded" in top.text)
