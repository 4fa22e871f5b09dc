"""The task screen at any width."""

import pytest

from store import Error, ErrorKind
from tests.support.dashboard import Dashboard
from tests.support.rows import ago, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB

HOST = "ec2-54-89-75-18.us-west-2.compute.amazonaws.com:9000"
URI = f"{HOST}/639ef0a5fec12ab6/{'ea3b3b92feabc086' * 4}"
MESSAGE = "killed process 37913, anon-rss 15.82 GiB of 16 GiB, " * 4


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_long_values_hang_below_their_start(width: int) -> None:
    error = Error(ErrorKind.OOM, "exec", ("sort",), MESSAGE)
    db = ScriptedDB(
        make_run(1), make_task(1, 1, end=ago(seconds=9), err=error, uri=URI), make_alloc(alloc_id=URI), make_pool()
    )
    async with Dashboard(db).shown(width=width, height=90) as top:
        await top.press("enter", "enter")
        page = top.lines[2:-1]
        titles = [line for line in page if line[:3].strip()]
        assert titles == [" ERROR", " WHERE", " RESOURCES", " TASK"]
        assert {len(line) - len(line.lstrip()) for line in page if line and line not in titles} <= {3, 5, 13}
        text = "".join("".join(page).split())
        for whole in (f"uri{URI}", URI, MESSAGE):
            assert "".join(whole.split()) in text


async def test_an_unset_digest_is_left_out() -> None:
    async with Dashboard(ScriptedDB(make_run(1), make_task(1, 1))).shown(height=90) as top:
        await top.press("enter", "enter")
        assert top.line("img cmd") == "img cmd -"
