"""Make the screenshots in this folder from the recording in it: `python screenshots/make.py`.

The same recording makes the same screenshots. `screenshots/record.py` makes the recording.
"""

import asyncio
import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from textual.pilot import Pilot  # noqa: E402

from store import Digest, LocalRepository  # noqa: E402
from store.location import Location  # noqa: E402
from tui.app import ReflowTop  # noqa: E402
from tui.commands.replay import apply_header, open_recorded  # noqa: E402
from tui.logs.recorded_db import RecordedDB  # noqa: E402
from tui.settings import Settings  # noqa: E402
from tui.watch.recording.file_reader import RecordingFile  # noqa: E402
from tui.watch.recording.replay import Replay  # noqa: E402

RECORDING = HERE / "demo.reflowtop"
LOGS = HERE / "logs"
SIZE = (120, 36)
SETTLE_TIME = 0.3  # seconds to read files and draw

# The keys that lead from each screenshot to the next.
TOUR = {
    "runs": ("home",),
    "run": ("enter",),
    "task": ("enter",),
    "log": ("l",),
    "timeline": ("escape", "escape", "t"),
    "failures": ("1", "e"),
    "pools": ("1", "p"),
    "help": ("question_mark",),
}


class StillReplay(Replay):
    """A recording that stands still, drawn as live data: previews read logs, which they do not while paused."""

    @property
    def is_paused(self) -> bool:
        """Whether it is paused: never."""
        return False


class ScreenshotRepository(LocalRepository):
    """Objects in a folder, shown as if they were in S3."""

    def location(self, digest: Digest) -> Location:
        """Return the location in S3 to show for the object."""
        return Location("s3", "reflow-demo", f"objects/{digest}", "us-west-2")


async def main() -> None:
    """Show the end of the recording and take a screenshot of each screen."""
    os.environ.pop("NO_COLOR", None)
    with tempfile.TemporaryDirectory() as folder, closing(RecordingFile(RECORDING)) as tape:
        repository = ScreenshotRepository(folder)
        for log in sorted(LOGS.iterdir()):
            await repository.put(log.read_bytes())
        end = tape.time(tape.last)
        replay = StillReplay(tape, tape.last, clock=lambda: end)
        settings = apply_header(tape.header, Settings(table="recorded"), end)
        app = ReflowTop(settings, lambda: open_recorded(RecordedDB(repository)), clock=lambda: end, replay=replay)
        async with app.run_test(size=SIZE) as pilot:
            app.session.replay = None  # draw the screens as live ones
            for name, keys in TOUR.items():
                await pilot.pause(SETTLE_TIME)
                await pilot.press(*keys)
                await pilot.pause(SETTLE_TIME)
                take(pilot, name)
            app.session.replay = replay
            await pilot.press("escape", "1", *("comma",) * 6)
            await pilot.pause(SETTLE_TIME)
            take(pilot, "replay")


def take(pilot: Pilot[Any], name: str) -> None:
    """Write a screenshot of the current screen."""
    path = HERE / f"{name}.svg"
    path.write_text(pilot.app.export_screenshot(title="reflowtop demo"), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    asyncio.run(main())
