"""A table, a bucket and a log group of a service, with a run that fails and its logs, as an engine leaves them."""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import store
from store import Digest, DynamoTaskDB, Error, ErrorKind, Pool, Resources, RunID, StringDigest, Task, TaskID
from store.aws import session as aws
from store.lease import LEASE
from store.times import utc_now
from tui.demo.log_writer import GROUP, CloudWatchStreams

RUN, ENDED_RUN = RunID.compute(b"incident run"), RunID.compute(b"ended run")
TASK, LIVE_TASK = TaskID.compute(b"failed task"), TaskID.compute(b"live task of the incident")
STREAM = "alloc/exec/stderr"
STDERR = "killed by the kernel: out of memory"


@dataclass(frozen=True)
class IncidentWorld:
    """The names of what was written."""

    table: str
    bucket: str
    stdout: Digest  # of an object of the bucket


async def write_incident(endpoint_url: str, table: str, bucket: str) -> IncidentWorld:
    """Create `table` and `bucket`; write a live run with a failed and a live task, and a run that has ended."""
    await asyncio.to_thread(store.setup, table, bucket, endpoint_url=endpoint_url)
    now = utc_now()
    async with AsyncExitStack() as stack:
        session = await aws.open_session(endpoint_url=endpoint_url)
        client = await stack.enter_async_context(aws.open_client(session, "logs", endpoint_url=endpoint_url))
        streams = CloudWatchStreams(client)
        await streams.create_group()
        await streams.write(STREAM, [(now, STDERR)])
        db = await stack.enter_async_context(DynamoTaskDB.open(table, bucket, endpoint_url=endpoint_url))
        pool, alloc = StringDigest("i-1"), StringDigest("host/alloc")
        await db.start_pool(Pool(pool_id=pool, pool_type="r5.large", uri="host"))
        await db.start_alloc(alloc, pool.digest, Resources({"cpu": 4}))
        for id in (pool.digest, alloc.digest):
            await db.keep_id_alive(id, now + LEASE)
        for run in (RUN, ENDED_RUN):
            await db.create_run(run, "amy@example.com")
            await db.keep_run_alive(run, now + LEASE)
        for task, run in ((TASK, RUN), (LIVE_TASK, RUN)):
            ident, flow = "samtools.sort", Digest.compute(bytes(task))
            uri = "host/alloc/exec"
            await db.create_task(Task(id=task, run_id=run, alloc_id=alloc.digest, flow_id=flow, ident=ident, uri=uri))
            await db.keep_task_alive(task, now + LEASE)
        reference = {"Type": "cloudwatch", "LogGroupName": GROUP, "LogStreamName": STREAM}
        contents = (b"no output\n", json.dumps(reference).encode(), b'{"Config": {"Cmd": "sort"}}')
        digests = [await db.repository.put(content) for content in contents]
        await db.set_task_attrs(TASK, *digests)
        await db.set_task_complete(TASK, Error(ErrorKind.OOM, "exec", (), "killed"))
        log, other = [await db.repository.put(content) for content in (b"2026/11/01 12:00:00 begin\n", b"{}")]
        await db.set_run_complete(ENDED_RUN, log, other, other, end=now + timedelta(seconds=1))
    return IncidentWorld(table, bucket, digests[0])
