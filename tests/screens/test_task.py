"""The task screen at any width."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from store import Digest, Error, ErrorKind
from tests.support.dashboard import Dashboard
from tests.support.logged_db import LoggedDB
from tests.support.rows import OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB

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


async def test_an_unset_digest_is_shown_as_a_dash() -> None:
    async with Dashboard(ScriptedDB(make_run(1), make_task(1, 1))).shown(height=90) as top:
        await top.press("enter", "enter")
        assert top.line("img cmd") == "img cmd -"


async def test_an_ended_attempt_without_an_inspect_object_says_so_also_after_a_running_one() -> None:
    flow: dict[str, Any] = {"flow_id": digest("flow")}
    db = ScriptedDB(
        make_run(1),
        make_task(1, 1, end=ago(minutes=5), err=OOM, start=ago(minutes=9), **flow),
        make_task(2, 1, attempt=1, **flow),
    )
    async with Dashboard(db).shown(height=60) as top:
        await top.press("enter", "enter")
        await top.until(lambda: "attempt 2 of 2" in top.text)
        assert "no inspect object" not in top.text
        await top.press("[")
        assert "no inspect object was written" in top.text
        await top.press("]")
        assert "no inspect object" not in top.text


class UnreachableObjects(LoggedDB):
    """A cluster whose task has an inspect object, which cannot be read while `error` is set."""

    def __init__(self) -> None:
        super().__init__(text=b'{"Config": {"Image": "quay.io/sort", "Cmd": "sort x"}}')
        self.put(make_task(1, 1, end=ago(seconds=90), err=OOM, inspect=digest("inspect"), ident="sort"))
        self.error: Error | None = THROTTLED

    async def get(self, id: Digest) -> AsyncIterator[bytes]:
        if self.error is not None:
            raise self.error
        async for piece in super().get(id):
            yield piece


async def test_r_reads_an_inspect_object_again_that_could_not_be_read() -> None:
    db = UnreachableObjects()
    async with Dashboard(db).shown(height=60) as top:
        await top.press("enter", "enter")
        await top.until(lambda: "; r tries again" in " ".join(top.text.split()))
        db.error = None
        await top.press("r")
        await top.until(lambda: "quay.io/sort" in top.text)
        reads = len(db.reads)
        await top.press("r")
        assert len(db.reads) == reads


async def test_without_a_bucket_the_inspect_names_the_flag_and_no_key() -> None:
    """Reading it again would not help."""
    db = UnreachableObjects()
    db.error = Error(ErrorKind.NOT_SUPPORTED, "repository", ("reflow-prod",), "the TaskDB was opened without a bucket")
    async with Dashboard(db).shown(height=60) as top:
        await top.press("enter", "enter")
        await top.until(lambda: "the inspect object cannot be read" in top.text)
        text = " ".join(top.text.split())
        assert "cannot be read: no bucket is configured for logs: set it with --bucket" in text
        assert "tries again" not in text


async def test_the_page_of_a_task_stays_when_the_user_goes_back_to_before_it_started() -> None:
    db = ScriptedDB(make_run(1))
    async with Dashboard(db).shown() as top:
        await top.refresh(ahead(seconds=5))
        db.put(make_task(1, 1, start=ahead(seconds=8)))
        await top.refresh(ahead(seconds=10))
        await top.press("enter", "enter", "comma")
        assert top.app.session.is_rewound
        assert not top.app.session.cluster.tally(run_id(1)).tasks
        await top.press("right_square_bracket", "left_square_bracket")
        assert "attempt 1 of 1" in top.where
        await top.press("L")
        assert "attempt 1 of 1" in top.where
