"""A walk over everything that the dashboard draws."""

import json
from collections.abc import AsyncIterator
from typing import get_args

from store import Digest, Error, ErrorKind, FailureReason, Resources
from store.location import Location
from tests.support.dashboard import Dashboard
from tests.support.rows import OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.screens.actions.routing import route_of
from tui.screens.base.routes import Route

_LOG = b"[bwa] reading\n2026/11/01 12:03:00 killed\n" + b"a long line " * 60 + b"\n\xe2\x80\xa6\n"
_INSPECT = {"Config": {"Image": "samtools:1.19", "Cmd": "sort"}, "Profile": {"mem": {"Max": 2.0**34, "N": 9}}}


class _Objects:
    """A repository in which everything is a log, but one inspect."""

    def location(self, id: Digest) -> Location:
        return Location("s3", "reflow-logs", f"objects/{id}", "us-west-2")

    async def stat(self, id: Digest) -> int:
        return len(_data(id))

    async def read(self, id: Digest, offset: int, size: int) -> bytes:
        return _data(id)[offset : offset + size]

    async def get(self, id: Digest) -> AsyncIterator[bytes]:
        yield _data(id)


def _data(id: Digest) -> bytes:
    return json.dumps(_INSPECT).encode() if id == digest("inspect") else _LOG


class TourDB(ScriptedDB):
    """A cluster in which there is one of everything."""

    def __init__(self, extra: str = "") -> None:
        chained = Error(
            ErrorKind.OTHER, "eval", ("flow",), Error(ErrorKind.OOM, "exec", ("sha256:00",), f"killed{extra}")
        )
        super().__init__(
            make_run(1, labels={"Name": f"align{extra}"}, run_log=digest("log"), args=("-n", "1")),
            make_task(1, 1, end=ago(seconds=20), err=chained, stderr=digest("e"), inspect=digest("inspect"), attempt=1,
                      flow_id=digest("f"), ident=f"sort{extra}"),
            make_task(2, 1, end=ago(minutes=1), err=OOM, flow_id=digest("f"), start=ago(minutes=2)),
            make_task(3, 1),
            make_task(4, 1, keepalive=ago(minutes=3), start=ago(minutes=20), alloc_id=digest("a2")),
            make_task(5, 1, end=ago(minutes=3), start=ago(minutes=5)),
            make_alloc(resources=Resources({"cpu": 8, "mem": 32 << 30})),
            make_pool(resources=Resources({"cpu": 16, "mem": 64 << 30})),
            make_alloc("a2", "i-0dead", keepalive=ago(minutes=9)),
            make_pool("i-0dead", keepalive=ago(minutes=9)),
            make_pool("i-0old", keepalive=ago(minutes=2), end=ago(minutes=4)),
            make_run(2, user=f"bob{extra}@example.com", start=ago(minutes=9)),
            make_run(3, keepalive=ago(minutes=3), start=ago(minutes=9)),
            make_run(4, end=ago(minutes=1), start=ago(minutes=9)),
            make_run(5, keepalive=ago(minutes=9), start=ago(minutes=19)),
            make_run(6, keepalive=None, start=ago(seconds=1)),
            *(make_run(10 + n, start=ago(minutes=9), labels={"Name": "qc"}) for n in range(40)),
        )  # fmt: skip
        self.row_errors = [Error(ErrorKind.INVALID, f"a field{extra}", reason=FailureReason.UNREADABLE)]

    @property
    def repository(self) -> _Objects:  # type: ignore[override]
        return _Objects()


_KEYS = {">": "greater_than_sign", "/": "slash", ":": "colon", "?": "question_mark"}
# What is drawn, and the keys that lead there from the one before.
STEPS = (
    ("runs", ()),
    ("all runs", ("a",)),
    ("sorted, the cursor further down", (">", ">", "down", "down")),
    ("asking", ("/", *"ali")),
    ("completions", ("tab",)),
    ("refused", ("escape", ":", *"xyz", "enter")),
    ("marked", ("escape", "/", *"align", "enter", "f")),
    ("all again", ("escape", "f", "home")),
    ("help", ("?",)),
    ("palette", ("escape", "ctrl+p")),
    ("palette, searching", (*"fil",)),
    ("run", ("escape", "enter")),
    ("idents", ("b",)),
    ("timeline", ("b", "t")),
    ("critical path", ("c",)),
    ("task", ("escape", "enter")),
    ("log", ("l",)),
    ("log, searched", ("/", *"long", "enter")),
    ("log, wrapped", ("w",)),
    ("failures", ("escape", "escape", "1", "e")),  # the first one clears the search
    ("found", ("enter",)),
    ("pools", ("p",)),
    ("host", ("enter",)),
    ("paused", ("1", "space")),
)  # fmt: skip


async def tour(top: Dashboard) -> AsyncIterator[str]:
    """Go to all that is drawn; yields the name of each as soon as one is there."""
    routes: set[type] = set()
    for name, keys in STEPS:
        await top.press(*(_KEYS.get(key, key) for key in keys))
        await top.settle()
        routes.add(type(route_of(top.app.screen)))
        yield name
    assert set(get_args(Route)) <= routes, "add a step that leads to the new route"
    top.app.action_pause()
    db = top.db
    assert isinstance(db, TourDB)
    db.failure = Error(ErrorKind.TIMEOUT)
    await top.press("r")
    yield "old data"
    top.app.notify("done", severity="error")
    await top.settle()
    yield "notification"
