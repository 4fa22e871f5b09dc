"""Snapshots of whole screens.

`RENEW_SNAPSHOTS=1 pytest tests/screens/test_snapshots.py` writes them again: read the difference before you commit it.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.dashboard import Dashboard, cluster
from tui.screens.preview import pane

FOLDER = Path(__file__).parent / "snapshots"


class Shot(NamedTuple):
    """A screen at a size, and the keys that lead to it."""

    name: str
    width: int
    height: int
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}-{self.width}x{self.height}"


SHOTS = (
    Shot("runs", 80, 24),
    Shot("runs", 100, 30),
    Shot("runs", 120, 36),
    Shot("run", 120, 36, ("enter",)),
    Shot("failures", 120, 36, ("e",)),
    Shot("pools", 100, 30, ("p",)),
    Shot("task", 80, 24, ("enter", "enter")),
    Shot("timeline", 120, 36, ("enter", "t")),
)


def approve(name: str, shown: str) -> None:
    """Compare a screen with its snapshot, or write the snapshot again."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("RENEW_SNAPSHOTS"):
        path.write_text(shown, "utf-8")
    assert path.exists(), f"RENEW_SNAPSHOTS=1 writes {path.name}"
    assert shown.split("\n") == path.read_text("utf-8").split("\n"), __doc__


@pytest.mark.parametrize("shot", SHOTS, ids=str)
async def test_screens_as_they_were_approved(shot: Shot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "REST", 3600.0)  # no log comes after the picture was taken
    async with Dashboard(cluster(), preview="half").shown(shot.width, shot.height) as top:
        await top.press(*shot.keys)
        assert len(top.lines) == shot.height
        # How far it has looked back depends on how fast this machine is.
        approve(str(shot), re.sub(r"loading history \d+%", lambda found: " " * len(found[0]), top.text))


def styled(top: Dashboard) -> Iterator[str]:
    """Each text on the screen with its style."""
    for number, strip in enumerate(top.app.screen._compositor.render_strips()):
        yield f"line {number}"
        yield from (f"  {segment.text!r:60} {segment.style}" for segment in strip.simplify())


async def test_styles_as_they_were_approved() -> None:
    async with Dashboard(cluster()).shown(80, 24) as top:
        approve("runs-80x24-styles", "\n".join(styled(top)))
