"""Writers that are killed at random, on a service with faults: is every acknowledged write there, and no other?"""

import asyncio
import json
import math
import os
import random
import signal
import sys
from dataclasses import dataclass, field

import boto3

from store import DynamoTaskDB, RunID, Task, TaskQuery
from store.dynamo import schema
from store.times import utc_now
from tests.faults.front import Answer, Exchange, Front, front

_FAULTS = 0.3
_WRITER_LIFE = 30  # lines, on average: in seconds, a busy machine would kill writers that have written nothing


@dataclass
class Journal:
    """Everything that writers said: ids that were sent, created and ended, each with its ident, and kills."""

    sent: dict[str, str] = field(default_factory=dict)
    created: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    kills: int = 0

    def add(self, line: bytes) -> int:
        """Add a line of a writer; return the number of its process."""
        process, what, id, ident = json.loads(line)
        getattr(self, what)[id] = ident
        return int(process)

    def faults(self, rows: list[Task]) -> list[str]:
        """Return what is missing in the table, different, or was never sent."""
        stored = {str(row.id): row for row in rows}
        found = [f"{id} was acknowledged and is not there" for id in self.created.keys() - stored.keys()]
        found += [f"{id} is there and was never sent" for id in stored.keys() - self.sent.keys()]
        for id, row in stored.items():
            if id in self.sent and row.ident != self.sent[id]:
                found.append(f"{id} has the ident {row.ident}, not {self.sent[id]}")
            if id in self.ended and (row.end is None or row.err is None or row.err.args != (row.ident,)):
                found.append(f"the acknowledged end of {id} is not there")
        return sorted(found)


async def play(endpoint_url: str, table: str, *, writers: int, rows: int, seed: int = 6) -> tuple[Journal, list[str]]:
    """Let so many writers write until `rows` tasks were created, and kill them at random; return what went wrong."""
    run, journal, chance = RunID.new(), Journal(), random.Random(seed)
    admin = boto3.client("dynamodb", endpoint_url=endpoint_url, region_name="us-west-2")
    await asyncio.to_thread(lambda: admin.create_table(**schema.table_definition(table)))
    async with front(endpoint_url, utc_now) as way:
        way.answer = _with_faults(chance)
        await _write_and_kill(way, table, run, journal, chance, writers, rows)
    async with DynamoTaskDB.open(table, endpoint_url=endpoint_url, region="us-west-2", read_only=True) as db:
        stored = (await db.tasks(TaskQuery(run_id=run))).check()
    return journal, journal.faults(stored)


async def _write_and_kill(
    way: Front, table: str, run: RunID, journal: Journal, chance: random.Random, writers: int, rows: int
) -> None:
    """Let writers write, and kill each after some of its lines, until `rows` tasks were created."""
    lives: dict[int, int] = {}
    arguments = ["-m", "tests.soak.writer_process", str(writers), way.url, table, str(run)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        while len(journal.created) < rows:
            line = await process.stdout.readline()
            assert line, "the writers have ended"
            writer = journal.add(line)
            if writer not in lives:
                lives[writer] = 1 + math.ceil(chance.expovariate(1 / _WRITER_LIFE))
            lives[writer] -= 1
            if lives[writer] == 0:  # it may have written more lines
                os.kill(writer, signal.SIGKILL)
                journal.kills += 1
    finally:
        process.terminate()
        async for line in process.stdout:
            journal.add(line)
        await process.wait()


def _with_faults(chance: random.Random) -> Answer:
    async def answer(exchange: Exchange) -> None:
        fault = chance.random() / _FAULTS
        if fault > 1:
            await exchange.pass_on()
        elif fault < 0.25:
            await exchange.send_error("ProvisionedThroughputExceededException", "throughput exceeded")
        elif fault < 0.5:
            await exchange.send(b"<html>busy</html>", 500)
        elif fault < 0.75:
            exchange.reset()  # it was not written
        else:
            await exchange.forward()  # it was written, but the writer is not told
            exchange.reset()

    return answer
