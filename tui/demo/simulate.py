"""The simulated cluster as a process of its own, separate from the dashboard."""

import asyncio
import sys
import threading
from contextlib import AsyncExitStack
from functools import partial

import store
from store import DynamoTaskDB, Error
from store.aws import session as aws
from store.dynamo.client import Client
from store.repository import S3Repository
from tui.demo.log_writer import CloudWatchStreams, LogWriter
from tui.demo.scenario import make_scenario
from tui.demo.service_process import exit_with_parent
from tui.demo.simulated_cluster import SimulatedCluster, WriterClock
from tui.demo.workflow import WORKFLOWS
from tui.exit_status import first_error
from tui.text.safe import safe


async def simulate(endpoint_url: str, table: str, bucket: str, seed: int) -> None:
    """Run a cluster that writes to `table` and `bucket`, forever. The same `seed` makes the same cluster."""
    clock = WriterClock()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client.open(endpoint_url=endpoint_url))
        # A TaskDB per workflow, because each writes its own labels; all share the client.
        dbs = {
            workflow.name: DynamoTaskDB(client, table, labels=workflow.labels, clock=clock) for workflow in WORKFLOWS
        }
        session = await aws.open_session()
        s3 = await stack.enter_async_context(aws.open_client(session, "s3", endpoint_url=endpoint_url))
        cloudwatch = await stack.enter_async_context(aws.open_client(session, "logs", endpoint_url=endpoint_url))
        streams = CloudWatchStreams(cloudwatch)
        await streams.create_group()
        logs = LogWriter(S3Repository(s3, bucket), streams)
        cluster = SimulatedCluster(dbs, partial(client.write_items, table), logs, clock)
        await cluster.play(make_scenario(seed, clock.now()), _print_ready)


def main() -> None:
    """Set up the table and the bucket and call `simulate` with `sys.argv`, until standard input is closed.

    Write a line to standard output when the runs of the first screen are written.
    """
    threading.Thread(target=exit_with_parent, daemon=True).start()
    endpoint_url, table, bucket, seed = sys.argv[1:]
    try:
        store.setup(table, bucket, endpoint_url=endpoint_url)
        asyncio.run(simulate(endpoint_url, table, bucket, int(seed)))
    except (Error, ExceptionGroup) as error:
        sys.exit(safe(" ".join(str(first_error(error)).split())))


def _print_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
