"""Record what the screenshots are of, `python screenshots/record.py`: some minutes of the demo's cluster, in memory.

The cluster runs at a clock that is moved, so that it is always the same one at the same time. Of its logs, those of the
task that is shown are kept beside the recording.
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
UNSEEN = 100  # seconds until the silent runs are known as such, and the histories of runs are read
SECONDS = 60


class WholeLogs(LogWriter):
    """Puts what a task has said into the repository itself, where there is no CloudWatch."""

    async def task(self, task: TaskPlan, since: object = None) -> TaskLogs:
        """Write the logs of a task that has ended."""
        logs = await super().task(task)
        said = "".join(f"{text}\n" for _, text in artifacts.make_stderr(task))
        return logs._replace(stderr=await self._objects.put(said.encode()))


async def main() -> None:
    """Run the cluster, read it as the dashboard does, and write the last minute of that."""
    world = World(SEED, WholeLogs)
    playing = asyncio.create_task(world.play())
    await world.clock.advance(0)
    RECORDING.unlink(missing_ok=True)
    with RecordingWriter(RECORDING, Header(TABLE, region="us-west-2", since="10m", program="reflowtop demo")) as writer:

        def notice(changes: Changes) -> None:
            if (refresh := recorder.record(changes)) is not None and world.clock.now() >= begin:
                writer.add(recorder.keyframe() if writer.needs_keyframe else refresh)

        begin = world.clock.now() + timedelta(seconds=UNSEEN)
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
        await world.clock.advance(UNSEEN + SECONDS)
    for task in (reading, playing):
        task.cancel()
    await asyncio.wait([reading, playing])
    keep(world.kept, first_task(poller.cluster))
    print(f"{RECORDING}: {writer.refreshes} refreshes, {writer.size:,} bytes")


def first_task(cluster: Cluster) -> Task:
    """The task that is shown: the first one of the first run."""
    return task_list.tasks(cluster, run_list.rows(cluster)[0].run.id)[0]


def keep(kept: Kept, task: Task) -> None:
    """Write what was left by a task into the folder beside the recording."""
    LOGS.mkdir(exist_ok=True)
    for name, digest in (("stdout.txt", task.stdout), ("stderr.txt", task.stderr), ("inspect.json", task.inspect)):
        (LOGS / name).write_bytes(kept.objects[digest])


if __name__ == "__main__":
    asyncio.run(main())
