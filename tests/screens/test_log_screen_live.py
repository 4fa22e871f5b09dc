"""The logs of the dashboard the whole way: tasks, objects and streams on a service, and what goes wrong between."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import boto3
import pytest
import pytest_asyncio

import store
from store import Digest, DynamoTaskDB, Pool, Resources, RunID, StringDigest, Task, TaskID
from store.aws import session as aws
from store.aws.retry import Retries
from store.lease import LEASE
from tests.support.dashboard import Dashboard
from tests.support.fault_proxy import Proxy, broken, faulty, logs_error, s3_error
from tests.support.servers import Server
from tui.demo.log_writer import GROUP, CloudWatchStreams
from tui.screens.log import log_session

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "live-logs"
RUN = RunID.compute(b"live run")
TASK = TaskID.compute(b"live task")
STREAM = "alloc/exec/stderr"
GET_EVENTS = b"GetLogEvents"
DENIED = "User: arn:aws:iam::1:user/amy is not authorized to perform: {action} on resource: x"


class World:
    """An engine that writes, and a dashboard that reads by another way, on which faults can be laid."""

    def __init__(self, engine: DynamoTaskDB, streams: CloudWatchStreams, client: Any, s3: Any, way: Proxy) -> None:
        self.engine = engine
        self.streams = streams
        self.client = client
        self.s3 = s3
        self.way = way
        self.began = datetime.now(UTC).replace(microsecond=0)
        self.dashboard: Dashboard

    async def begin(self) -> None:
        """Start a run with a live task."""
        await self.engine.create_run(RUN, "amy@example.com")
        await self.engine.keep_run_alive(RUN, self.began + LEASE)
        pool = Pool(pool_id=StringDigest("i-1"), pool_type="r5.large", uri="host")
        await self.engine.start_pool(pool)
        await self.engine.start_alloc(StringDigest("host/alloc"), pool.pool_id.digest, Resources({"cpu": 4}))
        alloc = StringDigest("host/alloc").digest
        flow = Digest.compute(b"flow")
        task = Task(id=TASK, run_id=RUN, alloc_id=alloc, flow_id=flow, ident="samtools.sort", uri="host/alloc/exec")
        await self.engine.create_task(task)
        await self.engine.keep_task_alive(TASK, self.began + LEASE)

    async def end(self, stderr: bytes = b"", stdout: bytes = b"", inspect: bytes = b"{}") -> Digest:
        """End the task; returns the digest of its stderr."""
        digests = [await self.engine.repository.put(data) for data in (stdout, stderr, inspect)]
        await self.engine.set_task_attrs(TASK, *digests)
        await self.engine.set_task_complete(TASK, None)
        return digests[1]

    async def end_on_stream(self) -> None:
        """End the task, whose stderr is a stream."""
        reference = {"Type": "cloudwatch", "LogGroupName": GROUP, "LogStreamName": STREAM}
        await self.end(json.dumps(reference).encode())

    async def say(self, *lines: str) -> None:
        """Write to the stream of the task."""
        now = datetime.now(UTC)
        await self.streams.write(STREAM, [(now, line) for line in lines])

    async def overwrite(self, digest: Digest, content: bytes) -> None:
        await self.s3.put_object(Bucket=NAME, Key=f"objects/{digest}", Body=content)

    async def open(self) -> None:
        """Go to the logs of the task: the first one of the first run."""
        await self.until("amy")
        await self.dashboard.press("enter")
        await self.until("samtools.sort")
        await self.dashboard.press("l")

    async def until(self, *words: str, without: str = "") -> None:
        """Wait until all of this is on screen."""

        def is_shown() -> bool:
            text = self.text
            return all(word in text for word in words) and not (without and without in text)

        await self.dashboard.until(is_shown)

    async def refresh(self, at: datetime | None = None) -> None:
        """Read the table again, as the dashboard does by itself."""
        await self.dashboard.tick(at or datetime.now(UTC))
        await self.dashboard.app.run_action("app.refresh_now")

    @property
    def text(self) -> str:
        """The screen, with what is wrapped in one line."""
        return " ".join(self.dashboard.text.split())


@pytest.fixture(scope="module")
def table(ministack: Server) -> Iterator[Any]:
    """The table and the bucket: a client for the former."""
    store.setup(NAME, NAME, endpoint_url=ministack.endpoint_url)
    client = boto3.client("dynamodb", endpoint_url=ministack.endpoint_url)
    yield client
    client.delete_table(TableName=NAME)


class Services(NamedTuple):
    """Clients for the service, which take longer to make than most of these tests."""

    engine: DynamoTaskDB
    db: DynamoTaskDB
    """Reads by way of the proxy."""
    way: Proxy
    logs: Any
    s3: Any


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def services(ministack: Server, table: Any) -> AsyncIterator[Services]:
    url, region = ministack.endpoint_url, "us-west-2"
    async with AsyncExitStack() as stack:
        session = await aws.open_session(region=region, endpoint_url=url)
        way = await stack.enter_async_context(faulty(url))
        yield Services(
            await stack.enter_async_context(DynamoTaskDB.open(NAME, NAME, region=region, endpoint_url=url)),
            await stack.enter_async_context(
                DynamoTaskDB.open(NAME, NAME, region=region, endpoint_url=way.url, read_only=True)
            ),
            way,
            await stack.enter_async_context(aws.open_client(session, "logs", endpoint_url=url)),
            await stack.enter_async_context(aws.open_client(session, "s3", endpoint_url=url)),
        )


@pytest_asyncio.fixture(loop_scope="module")
async def world(services: Services, table: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(log_session, "_PAUSE", 0.2)  # in between the app is idle
    monkeypatch.setattr(Retries, "back_off", no_wait)
    streams = CloudWatchStreams(services.logs)
    await streams.create_group()
    world = World(services.engine, streams, services.logs, services.s3, services.way)
    await world.begin()
    world.dashboard = Dashboard(services.db, table=NAME)
    world.dashboard.now = world.began + timedelta(seconds=1)
    async with world.dashboard.shown():
        yield world
    services.way.clear()
    await services.logs.delete_log_group(logGroupName=GROUP)
    for item in (await services.s3.list_objects_v2(Bucket=NAME)).get("Contents", ()):
        await services.s3.delete_object(Bucket=NAME, Key=item["Key"])
    for item in table.scan(TableName=NAME)["Items"]:
        table.delete_item(TableName=NAME, Key={"ID": item["ID"]})


async def no_wait(retries: Retries, failures: int, *, throttled: bool) -> None:
    pass


# Streams.


async def test_a_stream_is_waited_for_and_followed_until_its_task_ends(world: World) -> None:
    await world.open()
    await world.until(f"nothing written yet: reflow {STREAM}")
    await world.say("first words")
    await world.until("first words", f"growing · CloudWatch reflow {STREAM}", "following")
    await world.say("and more", "of them")
    await world.until("and more", "of them")
    await world.end_on_stream()
    await world.say("last words")
    await world.refresh()
    await world.until("last words", f"complete · CloudWatch reflow {STREAM}", without="following")


async def test_a_deleted_stream(world: World) -> None:
    await world.end_on_stream()
    await world.open()
    await world.until(f"nothing was written, or the stream was deleted or expired: reflow {STREAM}")


async def test_a_missing_log_group(world: World) -> None:
    await world.client.delete_log_group(logGroupName=GROUP)
    world.way.lay(GET_EVENTS, logs_error("ResourceNotFoundException", "The specified log group does not exist."))
    await world.open()
    await world.until(" not found: check the region and the account")
    await world.streams.create_group()


async def test_a_task_that_was_lost_before_it_wrote(world: World) -> None:
    await world.open()
    await world.until("nothing written yet")
    await world.refresh(world.began + timedelta(minutes=8))
    await world.until("nothing was written before the task was lost")


async def test_a_stream_whose_task_was_lost(world: World) -> None:
    await world.say("half a")
    await world.open()
    await world.until("half a", "growing")
    await world.refresh(world.began + timedelta(minutes=8))
    await world.until("half a", "may be cut off: the task is lost · CloudWatch")


async def test_reading_a_stream_is_denied(world: World) -> None:
    await world.say("secret")
    denied = logs_error("AccessDeniedException", DENIED.format(action="logs:GetLogEvents"))
    world.way.lay(GET_EVENTS, denied)
    await world.open()
    await world.until("denied, logs:GetLogEvents is required: ")
    assert "secret" not in world.text


async def test_reading_a_stream_is_throttled_for_a_while(world: World) -> None:
    await world.say("at last")
    world.way.lay(GET_EVENTS, *[logs_error("ThrottlingException", "Rate exceeded")] * 3, None)
    await world.open()
    await world.until("at last", "growing")


async def test_reading_a_stream_is_throttled_for_good(world: World) -> None:
    world.way.lay(GET_EVENTS, logs_error("ThrottlingException", "Rate exceeded"))
    await world.open()
    await world.until("AWS throttles the reads (Rate exceeded): try again in a moment.")
    world.way.clear()
    await world.say("at last")
    await world.dashboard.press("r")
    await world.until("at last")


async def test_credentials_that_expire(world: World) -> None:
    world.way.lay(GET_EVENTS, logs_error("ExpiredTokenException", "The security token is expired"))
    await world.open()
    await world.until("it could not be read. The credentials have expired: export new ones")


async def test_a_long_stream(world: World) -> None:
    for start in range(0, 25_000, 5_000):
        await world.say(*(f"line {n}" for n in range(start, start + 5_000)))
    await world.end_on_stream()
    await world.open()
    await world.until("line 24999")
    await world.dashboard.press("g")
    await world.until("line 0 ", "line 1 ")
    await world.dashboard.type("/line 17777$")
    await world.dashboard.press("enter")
    await world.until("▸ line 17777", "1 of 1")


# Objects.


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello\n", "complete · 6B · digest verified"),
        (b"", "complete · empty · digest verified"),
    ],
)
async def test_an_object(content: bytes, said: str, world: World) -> None:
    digest = await world.end(content)
    await world.open()
    await world.until(said, f"s3://{NAME}/objects/{digest}", content.decode().strip())


async def test_an_object_that_is_missing(world: World) -> None:
    digest = await world.end(b"hello\n")
    await world.s3.delete_object(Bucket=NAME, Key=f"objects/{digest}")
    await world.open()
    await world.until(f"the object is missing, deleted or never uploaded: {NAME} objects/{digest}")


async def test_a_bucket_that_is_missing(world: World) -> None:
    await world.end(b"hello\n")
    world.way.lay(b"GET /", s3_error("NoSuchBucket", "The specified bucket does not exist", 404))
    await world.open()
    await world.until(f"bucket {NAME} not found: check its name, the region and the account")


@pytest.mark.parametrize("action", ["s3:GetObject", "kms:Decrypt"])
async def test_reading_an_object_is_denied(action: str, world: World) -> None:
    await world.end(b"secret\n")
    world.way.lay(b"GET /", s3_error("AccessDenied", DENIED.format(action=action), 403))
    await world.open()
    await world.until(f"denied, {action} is required: ")
    assert "secret" not in world.text


@pytest.mark.parametrize(
    ("content", "size"),
    [(b"jello\n", "6B"), (b"hel", "3B"), (b"hello\nand more\n", "15B")],
    ids=["corrupt", "cut", "grown"],
)
async def test_an_object_with_other_content(content: bytes, size: str, world: World) -> None:
    digest = await world.end(b"hello\n")
    await world.overwrite(digest, content)
    await world.open()
    await world.until(f"{size} · CORRUPT: the content does not match its digest", content.split()[0].decode())


async def test_an_object_truncated_while_it_is_read(world: World) -> None:
    digest = await world.end(b"".join(b"line %d\n" % n for n in range(300_000)))
    await world.open()
    await world.until("line 299999", "complete · 3.3M · digest not verified yet")
    await world.overwrite(digest, b"line 0\n")
    await world.dashboard.press("g")
    await world.until("CORRUPT: the content does not match its digest", "line 0 ")


async def test_a_reply_that_breaks_off_is_asked_for_again(world: World) -> None:
    await world.end(b"".join(b"line %d\n" % n for n in range(300_000)))
    await world.open()
    await world.until("line 299999")
    world.way.lay(b"ange: bytes=0-", broken, s3_error("SlowDown", "Reduce your request rate", 503), None)
    await world.dashboard.press("g")
    await world.until("line 0 ", "line 1 ")


async def test_a_connection_that_never_holds(world: World) -> None:
    await world.end(b"hello\n")
    world.way.lay(b"GET /", broken)
    await world.open()
    await world.until("it could not be read. The service cannot be reached")


async def test_other_tabs_of_a_task(world: World) -> None:
    await world.end(b"err\n", b"out\n", b'{"Config": {"Ident": "samtools.sort", "Cmd": "sort x"}}')
    await world.open()
    await world.until("err", "complete · 4B · digest verified")
    await world.dashboard.press("2")
    await world.until(" out ", "complete · 4B · digest verified")
    await world.dashboard.press("3")
    await world.until("command sort x", "complete", "digest verified")
    await world.dashboard.press("4")
    await world.until("no log of the run yet: it is written when the run ends")


async def test_the_log_of_a_run(world: World) -> None:
    log = b"2026/11/01 12:00:00 [info] begin\n2026/11/01 12:00:01 [error] it failed\n\tof this\n"
    graph, trace = b"digraph {}\n", b'{"traceEvents": [{"ph": "X", "name": "sort", "ts": 1, "dur": 2}]}'
    await world.end()
    digests = [await world.engine.repository.put(data) for data in (log, graph, trace)]
    await world.engine.set_run_complete(RUN, digests[0], digests[1], digests[2])
    await world.open()
    await world.dashboard.press("4")
    await world.until("▸ 2026/11/01 12:00:01 [error] it failed", "of this", "digest verified")
    await world.dashboard.press("5")
    await world.until("1 span in ", "sort")
