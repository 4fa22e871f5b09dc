"""The first screen of a small terminal: failing and lost runs are visible among many healthy ones."""

from datetime import timedelta

from store import Run, Task
from tests.support.dashboard import Dashboard
from tests.support.rows import OOM, ago, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.query.time_expressions import Moment

FAILED_AGO = {1: 5, 2: 30, 3: 59}  # run -> minutes since its end


def failed_runs() -> list[Run | Task]:
    found: list[Run | Task] = []
    for n, minutes in FAILED_AGO.items():
        end = ago(minutes=minutes)
        found.append(make_run(n, start=ago(minutes=minutes + 90), keepalive=end, end=end))
        found.append(make_task(n, n, start=ago(minutes=minutes + 9), keepalive=end, end=end, err=OOM))
    return found


async def test_trouble_stands_above_100_healthy_runs_at_80x24() -> None:
    db = ScriptedDB(
        *failed_runs(),
        make_run(4, keepalive=ago(minutes=20)),
        make_run(5, start=ago(hours=9)),
        make_task(4, 5, end=ago(minutes=8), err=OOM, start=ago(minutes=9)),
        make_task(5, 5),
        make_run(6, start=ago(hours=9)),
        make_task(6, 6, keepalive=ago(minutes=20), start=ago(hours=1)),
        make_task(7, 6),
        *(make_run(n, start=ago(minutes=n)) for n in range(10, 110)),
    )
    # With the default window, runs that ended before it are read behind the first refresh, which tests do not wait for.
    async with Dashboard(db, since=Moment("2h", age=timedelta(hours=2))).shown(80, 24) as top:
        assert top.ids[:7] == [5, 4, 6, 1, 2, 3, 10]
        assert "02020202" in top.text
        assert "03030303" in top.text
        assert [line.split()[0] for line in top.lines if line[2:10] == "06060606"] == ["06060606"]
        for _ in range(2):
            await top.press("down")
        assert top.line("tasks done") == "06060606 1 lost task 0 of 2 tasks done"
        assert "Only this task stopped" in top.text
