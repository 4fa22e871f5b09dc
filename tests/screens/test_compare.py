"""Comparing a run with the last one that succeeded."""

from tests.support.dashboard import Dashboard
from tests.support.rows import OOM, ago, make_pool, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB


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
