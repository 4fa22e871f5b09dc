"""`reflowtop setup`."""

import asyncio
import json
from datetime import timedelta

import pytest

import store
from store import DynamoTaskDB, Error, ErrorKind, RunID, StringDigest, Task, TaskID
from store.times import utc_now
from tests.support.command_line import run
from tests.support.servers import Server

pytestmark = pytest.mark.usefixtures("empty_home")

Captured = pytest.CaptureFixture[str]


def test_setup_makes_a_table_that_ps_reads(ministack: Server, capsys: Captured) -> None:
    service = ("--endpoint-url", ministack.endpoint_url, "--region", "us-west-2")
    flags = f"--region us-west-2 --endpoint-url {ministack.endpoint_url}"
    ready = f"Ready. To watch it: reflowtop --table cli-table --bucket cli-bucket {flags}\n"
    for _ in range(2):
        assert run("setup", "cli-table", "cli-bucket", *service) == 0
        assert capsys.readouterr().out.endswith(ready)
    run_id = RunID.new()

    async def write() -> None:
        async with DynamoTaskDB.open(
            "cli-table", "cli-bucket", endpoint_url=ministack.endpoint_url, region="us-west-2", labels={"Name": "align"}
        ) as db:
            await db.create_run(run_id, "amy@example.com")
            await db.keep_run_alive(run_id, utc_now() + timedelta(minutes=2))
            await db.start_pool(store.Pool(pool_id=StringDigest("i-0abc"), pool_type="r5.2xlarge"))
            await db.start_alloc(StringDigest("a1"), StringDigest("i-0abc").digest, store.Resources())
            task = Task(id=TaskID.new(), run_id=run_id, alloc_id=StringDigest("a1").digest, ident="sort")
            await db.create_task(task)
            await db.set_task_complete(task.id, Error(ErrorKind.OOM, "exec", (), "killed"))

    asyncio.run(write())
    assert run("ps", "--table", "cli-table", *service, "-o", "json", "--tasks") == 0
    (found,) = json.loads(capsys.readouterr().out)["runs"]
    assert (found["id"], found["state"], found["labels"]) == (str(run_id), "failing", {"Name": "align"})
    (task,) = found["tasks"]
    assert (task["state"], task["err_kind"], task["pool_type"]) == ("failed", "OOM", "r5.2xlarge")
    assert run("ps", "--table", "cli-table", *service, "-u", "bob", "-o", "ndjson") == 0
    assert capsys.readouterr() == (
        "",
        "reflowtop: No runs found (active, user bob, alive since 10m, ended since 1h, lost since 1d)\n",
    )


def test_a_table_name_that_cannot_be_one_names_the_argument(capsys: Captured) -> None:
    assert run("setup", "p", "reflow-logs") == 2
    assert capsys.readouterr().err.startswith("reflowtop: TABLE: 'p' is not a table name (3 to 255 letters")
