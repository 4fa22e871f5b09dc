"""Untrusted text on every screen, down to the bytes that a terminal gets."""

import re
from pathlib import Path
from typing import get_args

import pytest

from tests.support.terminal import Terminal
from tui.screens.base.routes import Route

# The dashboard on rows, errors and objects full of what must not reach a terminal.
DASHBOARD = r"""
import asyncio, json, sys
from contextlib import asynccontextmanager
from store import Error, ErrorKind, LocalRepository, StringDigest
from store.location import Location
from tests.support.rows import NOW, ago, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.app import ReflowTop
from tui.settings import Settings

BAD = "\x1b]52;c;eA==\x07\x9b31m\u202e\x1b[2J\x1b]8;;http://e.vil\x1b\\[/x][@click=app.quit]x[/]"

class Repository(LocalRepository):
    def location(self, id):
        return Location("s3", "reflow-logs", f"objects/{id}", "us-west-2")

class DB(ScriptedDB):
    repository = Repository(sys.argv[1])

def put(data):
    return asyncio.run(DB.repository.put(data if isinstance(data, bytes) else json.dumps(data).encode()))

error = Error(ErrorKind.OTHER, BAD, (BAD,), BAD)
logged = {
    "stderr": put(f"stderr: {BAD} error\n".encode() * 3),
    "stdout": put({"Type": "cloudwatch", "LogGroupName": BAD, "LogStreamName": BAD}),
    "inspect": put({"Config": {"Image": BAD, "Cmd": BAD, "Ident": BAD}, "Docker": {"State": {"Status": BAD}}}),
}
of_run = {
    "run_log": put(f"2026/11/01 12:00:00 [error] runlog: {BAD}\n".encode()),
    "trace": put({"traceEvents": [{"ph": "X", "name": BAD, "cat": BAD, "ts": 1e15, "dur": 5e6, "args": {BAD: BAD}}]}),
    "eval_graph": put(f"graph: {BAD}\n".encode()),
}
db = DB(
    make_run(1, user=BAD, labels={"Name": BAD, BAD: BAD}, args=(BAD,), bundle=put(b"x"), **of_run),
    make_task(1, 1, ident=BAD, end=NOW, err=error, uri=BAD, attempt=1, **logged),
    make_task(2, 1, ident=BAD, end=ago(seconds=9), err=error, uri=BAD, flow_id=digest("flow 1")),
    make_alloc(alloc_id=BAD),
    make_pool(pool_type=BAD, uri=BAD, pool_id=StringDigest(BAD)),
)
db.row_errors = [Error(ErrorKind.INVALID, BAD)]

@asynccontextmanager
async def open_db():
    yield db

ReflowTop(Settings(table="reflow-prod", region=BAD, profile=BAD), open_db, clock=lambda: NOW).run()
"""
# Keys, and what only the screen that they lead to writes. Every kind of place is there, and what opens over them.
WALK = {
    "RunsRoute": [("a", "ll")],
    "RunRoute": [("\r", "run 01010101")],
    "IdentsRoute": [("b", "single tasks"), ("b", "by ident")],
    "TaskRoute": [("\r", "RESOURCES"), ("G", "OBJECTS")],
    "what can be copied": [("Y", "COPY"), ("q", "attempt 2 of")],
    "LogsRoute": [
        ("l", "stderr: "),
        ("/x\r", " of 3"),
        ("&x\r", "only with x"),
        ("L", "console.aws.amazon.com"),
        ("2", "stream"),
        ("3", "image"),
        ("4", "runlog: "),
        ("5", "span in "),
        ("\x1b", "attempt 2 of"),
    ],
    "FindingsRoute": [("e", " critical"), ("/", "user:"), ("user:", "user:"), ("\x1b", "pause")],
    "FindingRoute": [("\r", "flow")],
    "PoolsRoute": [("p", " / ALLOC")],
    "HostRoute": [("\r", "pool ")],
    "Logs of a run": [("1l", "runlog: "), ("2", "span in "), ("3", "graph: "), ("q", "window")],
    "TimelineRoute": [("t", "m from 11:03"), ("?", "next page"), ("q", "m from 11:03")],
    "the palette": [("\x10", "All runs"), ("zz", "No matches found"), ("\x1b", "m from 11:03")],
    "what is typed": [
        ("/", "help, text"),
        ("ident:", "ident:"),
        ("\t", ""),  # the only ident is not safe to type, so nothing is offered and nothing drawn
        ("\x1b", "zoom"),
        ("1", "window"),
        ("u", "user "),
        ("\x1b", "window"),
        (":", "such as failures"),
        # Pasted: whatever the clipboard has.
        ("\x1b[200~\u009b31m\u202e[/x]\x1b[201~\r", "no command"),
        ("\x1b", "pause"),  # of the line of keys: what may be typed speaks of windows, and previews of tasks
        (":sort \u009b31m[/x]\r", "no column"),
    ],
}
# What Textual sends of its own: moves, styles, modes, the pointer, a question for what the terminal can do.
EXPECTED = re.compile(rb"\x1b\[[0-9;?<>=$]*[A-Za-z]|\x1b[=>78]|\x1bP[^\x1b]*\x1b\\|\x1b\]22;[a-z]*\x07")
CONSOLE = rb"https://us-west-2\.console\.aws\.amazon\.com/s3/object/reflow-logs\?region=us-west-2&prefix=[%0-9A-Za-z]+"
LINK = re.compile(rb"\x1b\]8;id=[0-9-]+;(" + CONSOLE + rb")\x1b\\((?:\x1b\[[0-9;]*m|[!-~])*)\x1b\]8;;\x1b\\")


@pytest.mark.slow
def test_nothing_hostile_reaches_the_terminal_from_any_screen(tmp_path: Path) -> None:
    assert {place.__name__ for place in get_args(Route)} <= WALK.keys(), "add the keys that lead to the new route"
    terminal = Terminal("-c", DASHBOARD, str(tmp_path), forked=True, size=(200, 60))
    try:
        terminal.wait_for("▲ failing".encode())
        for keys, shown in (step for steps in WALK.values() for step in steps):
            seen = len(terminal.output)
            terminal.press(keys)
            try:
                terminal.wait_for(shown.encode(), after=seen)
            except AssertionError as error:
                raise AssertionError(f"{shown!r} does not follow {keys!r}") from error
        assert "\x9b".encode() not in terminal.output
        assert "\u202e".encode() not in terminal.output
        links = LINK.findall(terminal.output)
        assert len({address for address, _ in links}) == 6, "of the task and of the run"
        for address, text in links:
            assert EXPECTED.sub(b"", text) == address, "one sees where it leads"
        assert terminal.output.count(b"[@click=app.quit]") > len(WALK)
        terminal.press("\x03")
        terminal.exit_code()
        assert b"\x1b" not in EXPECTED.sub(b"", LINK.sub(b"", terminal.output)), "the whole output: no sequence is cut"
        terminal.assert_clean()
    finally:
        terminal.end()
