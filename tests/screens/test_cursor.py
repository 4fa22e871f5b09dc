"""The row under the cursor while the rows change."""

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import NOW, OOM, ago, make_run, make_task

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_unmoved_cursor_stays_on_the_most_urgent_row() -> None:
    db = cluster()
    async with Dashboard(db).shown() as top:
        assert "01010101" in top.line("▸")
        for number in (6, 7):
            db.put(make_run(number, start=ago(minutes=30 - number)), make_task(number + 20, number, end=NOW, err=OOM))
            await top.refresh()
            assert f"0{number}0{number}" in top.line("▸")


async def test_going_back_restores_the_cursor() -> None:
    db = cluster()
    async with Dashboard(db).shown() as top:
        await top.press("enter")
        db.put(make_run(6, start=ago(minutes=5)), make_task(26, 6, end=NOW, err=OOM))
        await top.refresh()
        await top.press("escape")
        assert top.ids == [6, 1, 3, 2]
        assert "01010101" in top.line("▸")
