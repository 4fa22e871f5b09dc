"""Untrusted text on every screen, down to the bytes that a terminal gets."""

import re

from tests.terminal import Terminal

# The dashboard on rows full of what must not reach a terminal.
DASHBOARD = r"""
from contextlib import asynccontextmanager
from store import Error, ErrorKind, StringDigest
from tests.rows import NOW, make_alloc, make_pool, make_run, make_task
from tests.scripted import ScriptedDB
from tui.app import ReflowTop
from tui.settings import Settings

BAD = "\x1b]52;c;eA==\x07\x9b31m\u202e\x1b[2J[/x][@click=app.quit]x[/]"
error = Error(ErrorKind.OTHER, BAD, (BAD,), BAD)
db = ScriptedDB(
    make_run(1, user=BAD, labels={"Name": BAD}, args=(BAD,)),
    make_task(1, 1, ident=BAD, end=NOW, err=error, uri=BAD),
    make_alloc(alloc_id=BAD),
    make_pool(pool_type=BAD, uri=BAD, pool_id=StringDigest(BAD)),
)
db.row_errors = [Error(ErrorKind.INVALID, BAD)]

@asynccontextmanager
async def open_db():
    yield db

ReflowTop(Settings(table="reflow-prod", region=BAD), open_db, clock=lambda: NOW).run()
"""
# A key, and what only the screen that it leads to has.
WALK = [
    ("\r", "run 01010101"),
    ("\r", "RESOURCES"),
    ("e", "failures"),
    ("\r", "flow"),
    ("p", "POOL / ALLOC"),
    ("\r", "pool "),
    ("1", "RUN"),
    ("t", "OVER TIME"),
    ("?", ":NAME"),
    ("q", "OVER TIME"),
    ("/", "state:"),
]
# What Textual sends of its own: moves, styles, modes, the pointer, a question for what the terminal can do.
EXPECTED = re.compile(rb"\x1b\[[0-9;?<>=$]*[A-Za-z]|\x1b[=>78]|\x1bP[^\x1b]*\x1b\\|\x1b\]22;[a-z]*\x07")


def test_nothing_hostile_reaches_the_terminal_from_any_screen() -> None:
    terminal = Terminal("-c", DASHBOARD, size=(160, 40), PYTHONPATH=".")
    try:
        terminal.wait_for("▲ failing".encode())
        for key, shown in WALK:
            seen = len(terminal.output)
            terminal.press(key)
            terminal.wait_for(shown.encode(), after=seen)
        assert "\x9b".encode() not in terminal.output
        assert "\u202e".encode() not in terminal.output
        assert b"\x1b" not in EXPECTED.sub(b"", terminal.output)
        assert b"[@click=app.quit]" in terminal.output
        terminal.press("\x1b")
        terminal.press("\x03")
        terminal.exit_code()
        terminal.assert_clean()
    finally:
        terminal.end()
