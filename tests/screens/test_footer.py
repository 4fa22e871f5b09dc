"""The keys in the footer: those that apply to the row under the cursor."""

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import OOM, ago, make_run, make_task
from tests.support.scripted_db import ScriptedDB


async def test_keys_of_the_row_under_the_cursor_fit_into_80_columns() -> None:
    db = ScriptedDB(
        make_run(1, start=ago(hours=2), end=ago(minutes=9), keepalive=ago(minutes=9)),
        make_task(1, 1, start=ago(minutes=20), end=ago(minutes=10), err=OOM),
        make_run(2, keepalive=ago(minutes=9)),
    )
    async with Dashboard(db).shown(80, 24) as top:
        await top.press("end")
        assert top.lines[-1] == (" enter tasks  x ack  e failures  c compare  l log  t timeline  q quit  ? help")
        await top.press("home")
        assert " ack" not in top.lines[-1]
        await top.press("e")
        notes = {}
        for _ in range(2):
            finding = top.app.screen.table.cursor_row  # type: ignore[attr-defined]
            notes[str(finding.kind)] = top.lines[-1]
            await top.press("down")
        assert notes == {
            "failing": " enter tasks  x ack  N note  c compare  l log  t timeline  q back  ? help",
            "lost run": " enter tasks  x ack  / filter  c compare  l log  t timeline  q back  ? help",
        }


@pytest.mark.parametrize(("key", "word"), [("e", "e failures"), ("p", "p pools"), ("t", "t timeline")])
async def test_a_screen_leaves_out_the_key_that_opens_it(key: str, word: str) -> None:
    async with Dashboard(cluster()).shown(200, 36) as top:
        assert word in top.lines[-1]
        await top.press(key)
        assert word not in top.lines[-1]


async def test_e_on_the_findings_of_all_runs_stays_there() -> None:
    async with Dashboard(cluster()).shown(120, 36) as top:
        await top.press("e")
        where = top.where
        await top.press("e")
        assert top.where == where
