"""Writers that are killed at random, on a service with faults: is every acknowledged write there, and no other?"""

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import boto3

from store import DynamoTaskDB, RunID, Task, TaskQuery
from store.dynamo import schema
from store.times import utc_now
from tests.faults.front import Answer, Exchange, Front, front

_FAULTS = 0.3
_WRITER_LIFE = 1.5  # seconds after its first acknowledgement, on average


@dataclass
class Journal:
    """Everything that writers said: ids that were sent, created and ended, each with its ident, and kills."""

    sent: dict[str, str] = field(default_factory=dict)
    created: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    kills: int = 0

    def add(self, line: bytes) -> None:
        """Add a line of a writer. The last one may be cut off by a kill: then nothing was acknowledged."""
        with contextlib.suppress(ValueError):
            what, id, ident = json.loads(line)
            getattr(self, what)[id] = ident

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
        async with asyncio.TaskGroup() as group:
            for _ in range(writers):
                group.create_task(_write_and_kill(way, table, run, journal, chance, rows))
    async with DynamoTaskDB.open(table, endpoint_url=endpoint_url, region="us-west-2", read_only=True) as db:
        stored = (await db.tasks(TaskQuery(run_id=run))).check()
    return journal, journal.faults(stored)


async def _write_and_kill(
    way: Front, table: str, run: RunID, journal: Journal, chance: random.Random, rows: int
) -> None:
    """Run one writer after the other, each until it is killed."""
    while len(journal.created) < rows:
        async with _writer(way.url, table, run) as process:
            assert process.stdout is not None
            journal.add(await process.stdout.readline())
            life = asyncio.get_running_loop().call_later(chance.expovariate(1 / _WRITER_LIFE), process.kill)
            while line := await process.stdout.readline():
                journal.add(line)
                if len(journal.created) >= rows:
                    process.kill()
            life.cancel()
        journal.kills += 1


@asynccontextmanager
async def _writer(url: str, table: str, run: RunID) -> AsyncIterator[asyncio.subprocess.Process]:
    arguments = ["-m", "tests.soak.writer_process", url, table, str(run)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
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
            await exchange.forward()  # it was written, but nobody is told
            exchange.reset()

    return answer
