"""One case of the full product: a text in a form, in every place, on the dashboard and on the command line."""

import asyncio
import gc
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.conftest import pytest_configure
from tests.hostile import command_line, walk
from tests.hostile.texts import TEXTS, Form, write
from tests.hostile.world import make_db
from tests.support import idle

_PATIENCE = 900.0  # seconds for 1 MB in every place, on a busy machine


class Case(NamedTuple):
    """A text in a form. `turn` is its number: the commands of one screen run, another one in each case."""

    name: str
    form: Form
    turn: int


class Result(NamedTuple):
    """The places of a case, the number of commands that ran, CPU seconds, and the failures."""

    places: set[str]
    commands: int
    cpu: float
    problems: list[str]


def begin() -> None:
    """Prepare a process as pytest would."""
    pytest_configure()
    gc.enable()  # pytest does that after the collection; without it, processes had 3 GB after a few cases of 1 MB


def play(case: Case) -> Result:
    """Play a case on the dashboard and on the command line."""
    idle._LONGEST = _PATIENCE
    begin, used = time.process_time(), dict[str, int]()

    def text(place: str) -> str:
        return write(TEXTS[case.name], case.form, used.setdefault(place, len(used)))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            problems = asyncio.run(walk.walk(make_db([text]), [text], folder / "dashboard", turn=case.turn))
        except Exception as error:
            problems = [f"the dashboard ended: {error!r}"]
        count, found = 0, list[str]()
        try:
            count, found = command_line.walk(make_db([text]), text, folder)
        except Exception as error:
            problems.append(f"the commands ended: {error!r}")
    return Result({*used}, count, time.process_time() - begin, problems + found)
