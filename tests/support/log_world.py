"""A run and a task with logs, in memory, for the tests of commands that print logs."""

import json
from pathlib import Path

from store import (
    Digest,
    LocalRepository,
    MemoryTaskDB,
    RunID,
    Task,
    TaskID,
    TaskQuery,
)
from tests.support.rows import NOW

RUN, TASK = RunID.parse("77aa01ff" + "0" * 55 + "1"), TaskID.parse("4f2a91c0" + "0" * 55 + "2")
RUN_LOG = b"""2026/11/01 12:00:00 [info] begin
2026/11/01 12:00:01 [debug] detail
\tof it
2026/11/01 12:00:02 [error] failed
\tfor a reason
2026/11/01 12:00:03 [info] end
"""
INSPECT = {"Config": {"Ident": "samtools.sort", "Cmd": "samtools sort\n\x1b]0;x\x07"}, "Status": "exec complete"}


class LogWorld:
    """A run and one of its tasks, with logs, in memory. The time is `now`."""

    def __init__(self, folder: Path) -> None:
        self.repository = LocalRepository(folder)
        self.db = MemoryTaskDB(repository=self.repository, clock=lambda: NOW)
        self.now = NOW

    async def begin(self) -> None:
        await self.db.create_run(RUN, "amy@example.com")
        await self.db.create_task(
            Task(id=TASK, run_id=RUN, alloc_id=Digest.compute(b"a"), flow_id=Digest.compute(b"f"), uri="h/a/e")
        )

    async def task(self) -> Task:
        (task,) = await self.db.tasks(TaskQuery(id=TASK))
        return task

    async def end_task(self, stdout: bytes = b"out\n", stderr: bytes = b"err\n") -> None:
        contents = (stdout, stderr, json.dumps(INSPECT).encode())
        await self.db.set_task_attrs(TASK, *[await self.repository.put(content) for content in contents])
        await self.db.set_task_complete(TASK, None, NOW)

    async def end_run(self, log: bytes = RUN_LOG) -> None:
        other = await self.repository.put(b"{}")
        await self.db.set_run_complete(RUN, await self.repository.put(log), other, other, end=NOW)
