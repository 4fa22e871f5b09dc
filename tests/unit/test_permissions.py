"""The policies in the README are sufficient and minimal, and no request of a reading command writes."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import pytest_asyncio

from store import DynamoTaskDB
from store.dynamo import schema
from store.times import utc_now
from tests.support.dashboard import Dashboard
from tests.support.fault_proxy import json_reply
from tests.support.iam_policy import REGION, read_policies
from tests.support.incident_world import ENDED_RUN, RUN, STDERR, TASK, IncidentWorld, write_incident
from tests.support.metrics import scrape
from tests.support.policy_proxy import PolicyProxy, policed
from tests.support.servers import wait_until
from tui import cli, exit_status
from tui.cost import price_list
from tui.cost.price_list import HostType
from tui.demo.service import LocalService
from tui.exit_status import ExitCode
from tui.screens.runs import RunsScreen

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

TABLE, BUCKET = "reflow-prod", "reflow-logs"  # those of the policies
READER, PRICES, ADMINISTRATOR = read_policies()

# The arguments of each command that reads, as users give them; `{digest}` is that of an object.
COMMANDS = {
    "ps": ["-i"],
    "tasks": ["state:failed"],
    "pools": ["--allocs"],
    "failures": ["-o", "ndjson"],
    "describe": [RUN.short, TASK.short],
    "info": [RUN.short, "-o", "json"],
    "logs": [TASK.short],
    "inspect": [TASK.hex],
    "cat": ["{digest}"],
    "watch": [ENDED_RUN.short],
    "wait": [ENDED_RUN.short],
    "refresh-completions": [],
    "share": [RUN.short, "--output", "{folder}"],
    "record": ["{folder}/recording", "--for", "1s"],
    "handoff": [],
    "compare": [RUN.short, ENDED_RUN.short],
    "export": ["--listen", "127.0.0.1:0"],
}
# These commands send no requests, write on purpose, or have a service or a test of their own.
OTHERS = {"settings", "setup", "demo", "doctor", "help", "completion", "prices", "replay-rules", "note"}


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    with LocalService.start() as service:
        yield service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def incident(service: LocalService) -> IncidentWorld:
    return await write_incident(service.endpoint_url, TABLE, BUCKET)


def fill_in(args: list[str], incident: IncidentWorld, folder: Path) -> list[str]:
    return [arg.format(digest=incident.stdout.short, folder=folder) for arg in args]


async def run_command(way: PolicyProxy, program: Path, name: str, *args: str) -> None:
    given = (name, *args, "--endpoint-url", way.url, "--table", TABLE, "--bucket", BUCKET)
    if name == "record":  # signals end it, which only the main thread of a process can ask for
        process = await asyncio.create_subprocess_exec(program, *given)
        code = await process.wait()
    elif name == "export":
        code = await scrape_once(program, given)
    else:
        code = await asyncio.to_thread(exit_status.run_command, cli.reflowtop, given)
    assert code == ExitCode.OK, name


async def scrape_once(program: Path, args: tuple[str, ...]) -> int:
    """Run the exporter until a scrape has data, end it with SIGTERM, and return its exit status."""
    process = await asyncio.create_subprocess_exec(program, *args, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    url = re.search(r"http://\S+/metrics", (await process.stderr.readline()).decode())
    assert url is not None
    await asyncio.to_thread(wait_until, lambda: "reflow_runs{" in scrape(url[0]), seconds=60)
    process.terminate()
    assert await process.stderr.read() == b""
    return await process.wait()


async def show_dashboard(way: PolicyProxy) -> None:
    """Go through the lists, a log and a time before the session; refresh twice."""
    async with DynamoTaskDB.open(TABLE, BUCKET, endpoint_url=way.url, read_only=True) as db:
        dashboard = Dashboard(db, preview="half")
        dashboard.now = utc_now()
        async with dashboard.shown(120, 40):
            await dashboard.until(lambda: "amy" in dashboard.text)
            await dashboard.refresh()
            await dashboard.press("enter")
            await dashboard.until(lambda: "samtools.sort" in dashboard.text)
            await dashboard.press("l")
            await dashboard.until(lambda: STDERR in dashboard.text)
            await dashboard.press("escape", "t", "escape", "p", "1", "e", "1")
            await dashboard.type("T5m ago")
            await dashboard.press("enter")
            await dashboard.until(lambda: isinstance(dashboard.app.screen, RunsScreen))


async def test_every_command_is_run() -> None:
    assert set(COMMANDS) | OTHERS == set(cli.reflowtop.commands), "add the arguments of the command to COMMANDS"


async def test_dashboard_and_commands_need_all_of_the_policy_and_no_more(
    service: LocalService, incident: IncidentWorld, program: Path, tmp_path: Path
) -> None:
    async with policed(service.endpoint_url, READER) as way:
        await show_dashboard(way)
        for name, args in COMMANDS.items():
            await run_command(way, program, name, *fill_in(args, incident, tmp_path))
    assert way.denied == []
    assert [access for access in way.accessed if not access.is_read] == []
    assert set(READER.allowed) - way.used == set()


async def test_doctor_tries_all_of_the_policy_and_needs_no_more(
    service: LocalService, incident: IncidentWorld, program: Path
) -> None:
    async with policed(service.endpoint_url, READER) as way:
        await run_command(way, program, "doctor")
    assert way.used == set(READER.allowed)
    assert {access.action for access in way.denied} == {"dynamodb:DescribeTable"}
    assert [access for access in way.accessed if not access.is_read] == []


async def test_an_update_of_prices_needs_all_of_its_policy_and_no_more() -> None:
    async with policed("http://127.0.0.1:1", PRICES) as way:
        way.lay(b"GetProducts", json_reply('{"PriceList": []}'))
        found = await price_list.fetch([HostType(REGION, "r5.large")], utc_now().date(), endpoint_url=way.url)
    assert found.missing == (HostType(REGION, "r5.large"),)
    assert way.denied == []
    assert way.used == set(PRICES.allowed)


async def test_setup_needs_all_of_its_policy_and_no_more() -> None:
    """An index is missing, so that one is added."""
    definition = schema.table_definition(TABLE)
    definition["GlobalSecondaryIndexes"].pop()
    definition["AttributeDefinitions"] = schema.attribute_definitions(*list(schema.INDEXES)[:-1])
    with LocalService.start() as own:  # the tests above may yet need the table of theirs
        client = boto3.client("dynamodb", endpoint_url=own.endpoint_url, region_name=REGION)
        async with policed(own.endpoint_url, ADMINISTRATOR) as way:
            args = ("setup", TABLE, BUCKET, "--endpoint-url", way.url)
            for prepare in (lambda: client.create_table(**definition), lambda: client.delete_table(TableName=TABLE)):
                await asyncio.to_thread(prepare)
                assert await asyncio.to_thread(exit_status.run_command, cli.reflowtop, args) == ExitCode.OK
    assert way.denied == []
    assert way.used == set(ADMINISTRATOR.allowed)
