"""Some faults for held leases and ends; `python -m tests.faults --keepers` plays all of them."""

import asyncio
import os
import signal
from pathlib import Path

import boto3
import pytest

from store import DynamoTaskDB, RunID, RunQuery
from store.dynamo import schema
from store.times import utc_now
from tests.faults import bodies, errors, pages
from tests.faults.fault import ALL, always, error, only
from tests.faults.front import Answer, Exchange, front
from tests.faults.keeper_process import TERMINATED
from tests.faults.keepers import keeper_world, play_keepers
from tests.support.servers import Server
from tests.support.terminal import PATIENCE, Terminal

# Faults that affect writes and are answered at once.
NAMES = (
    *("throttling", "expired credentials, renewed", "500 with HTML", "200 with HTML", "connection reset", "wrong CRC"),
    *("no such host", "service gone for 5 minutes", "table deleted and created again between two refreshes"),
)
FAULTS = {fault.name: fault for module in (errors, bodies, pages) for fault in module.FAULTS}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_a_lost_lease_raises_an_error_and_ends_are_written(name: str, ministack: Server) -> None:
    async with keeper_world(ministack.endpoint_url) as world:
        assert await play_keepers(world, FAULTS[name]) == []


async def _reset(exchange: Exchange) -> None:
    exchange.reset()


async def _cut(exchange: Exchange) -> None:
    reply = await exchange.forward()  # the row was written, but the writer cannot know
    await exchange.send(reply.body[:5], 200, {"x-amz-crc32": "1"})


ANSWERS: dict[str, Answer] = {
    "no fault": Exchange.pass_on,
    "throttled": only(ALL, error("ProvisionedThroughputExceededException", "exceeded")),
    "500": always(b"<html>busy</html>", 500, content_type="text/html"),
    "reset": _reset,
    "cut": _cut,
}


# As `-X dev` does for a process that is forked.
_ENGINE = """
import warnings
warnings.simplefilter("default")
from tests.faults.keeper_process import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["asyncio", "blocking"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_an_engine_that_is_terminated_writes_the_end_through_a_fault(
    name: str, kind: str, ministack: Server, tmp_path: Path
) -> None:
    table = f"terminated-{kind}-{name.replace(' ', '-')}"
    admin = boto3.client("dynamodb", endpoint_url=ministack.endpoint_url, region_name="us-west-2")
    await asyncio.to_thread(lambda: admin.create_table(**schema.table_definition(table)))
    out, err = tmp_path / "out", tmp_path / "err"
    async with front(ministack.endpoint_url, utc_now) as way:
        with out.open("wb") as stdout, err.open("wb") as stderr:
            # Without a fault, in a Python of its own.
            arguments = ("-X", "dev", "-m", "tests.faults.keeper_process") if name == "no fault" else ("-c", _ENGINE)
            engine = Terminal(
                *(*arguments, way.url, table, kind),
                forked=name != "no fault",
                stdout=stdout,
                stderr=stderr,
                PYTHONASYNCIODEBUG="1",
            )
        process = engine.process
        try:
            while not (line := out.read_text()).endswith("\n"):
                assert process.poll() is None, err.read_text()
                await asyncio.sleep(0.01)
            run = RunID.parse(line.strip())
            tried = asyncio.Event()

            async def answer(exchange: Exchange) -> None:
                tried.set()
                await ANSWERS[name](exchange)

            way.answer = answer
            os.kill(process.pid, signal.SIGTERM)
            await asyncio.wait_for(tried.wait(), 60)  # the end is tried
            way.answer = None
            await asyncio.wait_for(asyncio.to_thread(process.wait), PATIENCE)
        finally:
            engine.end()
    told = err.read_text()
    lines = [line for line in told.splitlines() if "Warning" in line or "Traceback" in line or "never" in line]
    assert (process.returncode, lines) == (TERMINATED, []), told
    async with DynamoTaskDB.open(table, endpoint_url=ministack.endpoint_url, region="us-west-2", read_only=True) as db:
        (stored,) = (await db.runs(RunQuery(id=run))).check()
    assert stored.end is not None
