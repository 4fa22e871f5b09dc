"""Make the recording behind the screenshots: `python screenshots/record.py`.

It records the demo's cluster in memory, on a simulated clock, so the result is the same every time but for the date.
The logs of the task on the screenshots are kept beside the recording.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from store import Task  # noqa: E402
from tests.support.simulated import Kept, World  # noqa: E402
from tui.demo import artifacts  # noqa: E402
from tui.demo.log_writer import LogWriter, TaskLogs  # noqa: E402
from tui.demo.run_plan import TaskPlan  # noqa: E402
from tui.demo.simulation import TABLE  # noqa: E402
from tui.lists import runs as run_list  # noqa: E402
from tui.lists import tasks as task_list  # noqa: E402
from tui.watch.model.changes import Changes  # noqa: E402
from tui.watch.model.cluster import Cluster  # noqa: E402
from tui.watch.polling.budget import Budget  # noqa: E402
from tui.watch.polling.poller import Poller  # noqa: E402
from tui.watch.recording.file_writer import RecordingWriter  # noqa: E402
from tui.watch.recording.header import Header  # noqa: E402
from tui.watch.recording.recorder import Recorder  # noqa: E402

RECORDING = HERE / "demo.reflowtop"
LOGS = HERE / "logs"

SEED = 1
WINDOW = timedelta(minutes=10)
WARM_UP = 100  # seconds until stale runs are detected and the tasks of all runs are read
SECONDS = 60


class WholeLogs(LogWriter):
    """Writes the stderr of tasks to the repository, in place of CloudWatch."""

    async def task(self, task: TaskPlan, since: object = None) -> TaskLogs:
        """Write the logs of a task that has ended."""
        logs = await super().task(task)
        text = "".join(f"{line}\n" for _, line in artifacts.make_stderr(task))
        return logs._replace(stderr=await self._objects.put(text.encode()))


async def main() -> None:
    """Run the cluster, poll it as the dashboard does, and record the last minute."""
    world = World(SEED, WholeLogs)
    playing = asyncio.create_task(world.play())
    await world.clock.advance(0)
    RECORDING.unlink(missing_ok=True)
    with RecordingWriter(RECORDING, Header(TABLE, region="us-west-2", since="10m", program="reflowtop demo")) as writer:

        def notice(changes: Changes) -> None:
            if (refresh := recorder.record(changes)) is not None and world.clock.now() >= begin:
                writer.add(recorder.keyframe() if writer.needs_keyframe else refresh)

        begin = world.clock.now() + timedelta(seconds=WARM_UP)
        poller = Poller(
            Cluster(world.clock.now()),
            lambda now: now - WINDOW,
            Budget(100, 0.125),
            clock=world.clock.now,
            sleep=world.clock.sleep,
            notify=notice,
        )
        recorder = Recorder(poller)
        reading = asyncio.create_task(poller.run(world.db))
        await world.clock.advance(WARM_UP + SECONDS)
    for task in (reading, playing):
        task.cancel()
    await asyncio.wait([reading, playing])
    keep(world.kept, first_task(poller.cluster))
    print(f"{RECORDING}: {writer.refreshes} refreshes, {writer.size:,} bytes")


def first_task(cluster: Cluster) -> Task:
    """Return the task on the screenshots: the first task of the first run."""
    return task_list.tasks(cluster, run_list.rows(cluster)[0].run.id)[0]


def keep(kept: Kept, task: Task) -> None:
    """Write the logs and the inspect of a task to the folder beside the recording."""
    LOGS.mkdir(exist_ok=True)
    for name, digest in (("stdout.txt", task.stdout), ("stderr.txt", task.stderr), ("inspect.json", task.inspect)):
        (LOGS / name).write_bytes(kept.objects[digest])


if __name__ == "__main__":
    asyncio.run(main())
