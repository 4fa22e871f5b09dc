"""The process in which the simulated cluster runs, so that the dashboard has its own."""

import asyncio
import sys
import threading
from contextlib import AsyncExitStack

import store
from store import DynamoTaskDB, Error, aws
from store.repository import S3Repository
from tui.demo.child import exit_with_parent
from tui.demo.cluster import Cluster, WriterClock
from tui.demo.logs import CloudWatchStreams, LogWriter
from tui.demo.scenario import scenario
from tui.demo.workflow import WORKFLOWS

READY = b"ready\n"


async def simulate(endpoint_url: str, table: str, bucket: str, seed: int) -> None:
    """Run a cluster that writes to `table` and `bucket`, until cancelled. The same `seed` makes the same cluster."""
    clock = WriterClock()
    async with AsyncExitStack() as stack:
        dbs = {
            workflow.name: await stack.enter_async_context(
                DynamoTaskDB.open(table, bucket, endpoint_url=endpoint_url, labels=workflow.labels, clock=clock)
            )
            for workflow in WORKFLOWS
        }
        session = await aws.open_session()
        s3 = await stack.enter_async_context(aws.open_client(session, "s3", endpoint_url=endpoint_url))
        cloudwatch = await stack.enter_async_context(aws.open_client(session, "logs", endpoint_url=endpoint_url))
        streams = CloudWatchStreams(cloudwatch)
        await streams.create_group()
        logs = LogWriter(S3Repository(s3, bucket), streams)
        await Cluster(dbs, logs, clock).play(scenario(seed, clock.now()))


def main() -> None:
    """Set up the table and the bucket, say so on standard output, and simulate as long as standard input is open.

    The arguments are those of `simulate`.
    """
    threading.Thread(target=exit_with_parent, daemon=True).start()
    endpoint_url, table, bucket, seed = sys.argv[1:]
    try:
        store.setup(table, bucket, endpoint_url=endpoint_url)
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
        asyncio.run(simulate(endpoint_url, table, bucket, int(seed)))
    except (Error, ExceptionGroup) as error:
        sys.exit(" ".join(str(_first(error)).split()))


def _first(error: Exception) -> Exception:
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error
