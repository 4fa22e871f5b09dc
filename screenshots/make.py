"""Make the screenshots in this folder, `python screenshots/make.py`: the dashboard on the running demo."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from textual.pilot import Pilot  # noqa: E402

from tui.app import ReflowTop  # noqa: E402
from tui.connect import open_db  # noqa: E402
from tui.demo.run import BUCKET, TABLE, Simulation  # noqa: E402
from tui.demo.service import LocalService, isolate  # noqa: E402
from tui.screens.failures import FailuresScreen  # noqa: E402
from tui.screens.help import HelpScreen  # noqa: E402
from tui.screens.log import LogScreen  # noqa: E402
from tui.screens.pools import PoolsScreen  # noqa: E402
from tui.screens.run import RunScreen  # noqa: E402
from tui.screens.task import TaskScreen  # noqa: E402
from tui.screens.timeline import TimelineScreen  # noqa: E402
from tui.settings import Settings  # noqa: E402
from tui.watch.states import State  # noqa: E402

SIZE = (120, 36)
SEED = 1
PATIENCE = 60.0  # seconds


async def main() -> None:
    """Start the demo, and take the picture of one screen after the other."""
    isolate(os.environ)
    os.environ.pop("NO_COLOR", None)
    with LocalService.start() as service, Simulation(service.endpoint_url, SEED) as simulation:
        await asyncio.to_thread(simulation.wait_until_ready)
        settings = Settings(table=TABLE, bucket=BUCKET, endpoint_url=service.endpoint_url)
        app = ReflowTop(settings, lambda: open_db(settings))
        async with app.run_test(size=SIZE) as pilot:
            cluster = app.poller.cluster
            # By then each state that matters is there: the silent run has become stale.
            await until(pilot, lambda: State.STALE in {cluster.run_state(run.id) for run in cluster.runs})
            await pilot.press("home")
            await take(pilot, "runs")

            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, RunScreen) and cluster.is_whole(app.screen.run_id))
            await take(pilot, "run")
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, TaskScreen))
            await take(pilot, "task")
            await pilot.press("l")
            await until(pilot, lambda: isinstance(app.screen, LogScreen))
            await take(pilot, "log")
            await pilot.press("escape", "escape", "t")
            await until(pilot, lambda: isinstance(app.screen, TimelineScreen))
            await take(pilot, "timeline")
            await pilot.press("1", "e")
            await until(pilot, lambda: isinstance(app.screen, FailuresScreen))
            await take(pilot, "failures")
            await pilot.press("1", "p")
            await until(pilot, lambda: isinstance(app.screen, PoolsScreen))
            await take(pilot, "pools")
            await pilot.press("question_mark")
            await until(pilot, lambda: isinstance(app.screen, HelpScreen))
            await take(pilot, "help")


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Wait until the condition holds and is drawn. Raises TimeoutError when it does not for too long."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await pilot.pause(0.2)
    await pilot.pause(1)


async def take(pilot: Pilot[Any], name: str) -> None:
    """Write what is on the screen to a file."""
    await pilot.pause()
    path = HERE / f"{name}.svg"
    path.write_text(pilot.app.export_screenshot(title="reflowtop demo"), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    asyncio.run(main())
