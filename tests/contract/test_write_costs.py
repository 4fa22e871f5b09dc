"""The write capacity of each method on DynamoDB Local, and the worked example that store/README.md makes of it."""

import re
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from store import Digest, DynamoTaskDB, ImgCmdID, Pool, Resources, RunID, StringDigest, Task, TaskID
from store.dynamo.client import Client
from tests.contract.conftest import new_table
from tests.support.clock import MockClock

GUIDE = (Path(__file__).parents[2] / "store" / "README.md").read_text("utf-8")
RUN, TASK, DIGEST = RunID.compute(b"run"), TaskID.compute(b"task"), Digest.compute(b"digest")
POOL, ALLOC = StringDigest("i-0b07b0ea"), StringDigest("host:9000/6f1c09d2")
SIZE = Resources({"cpu": 8, "mem": 64e9, "disk": 1e12})
# Mean seconds between two renewals of a keeper, by its `renew_after`: 4 s to 10 % early.
RENEWALS = {90: 90 - (4 + 9) / 2, 60: 60 - (4 + 6) / 2}


def guide_costs() -> dict[str, float]:
    """Return the WCU in the guide's table of writes, by method or by what is renewed."""
    table = GUIDE.partition("| write | WCU | |\n|---|---|---|\n")[2].partition("\n\n")[0]
    costs = {}
    for line in table.splitlines():
        writes, amounts = line.split("|")[1:3]
        for group, amount in zip(writes.split(";"), amounts.replace(" each", "").split(";"), strict=True):
            for name in re.findall(r"`(\w+)`", group) or [group.strip()]:
                costs[name] = float(amount)
    return costs


@pytest.mark.parametrize("service", ["dynamodb_local"], indirect=True)
async def test_writes_cost_what_the_guide_says(client: Client, admin: Any, clock: MockClock) -> None:
    db = DynamoTaskDB(client, new_table(admin), clock=clock.now)
    lease = clock.time + timedelta(seconds=120)
    later = lease + timedelta(seconds=90)
    measured: dict[str, float] = {}

    async def measure(name: str, write: Awaitable[None]) -> None:
        before = db.meter.wcu
        await write
        cost = db.meter.wcu - before
        assert measured.setdefault(name, cost) == cost, name

    task = Task(
        id=TASK,
        run_id=RUN,
        alloc_id=ALLOC.digest,
        flow_id=DIGEST,
        ident="align",
        img_cmd_id=ImgCmdID.compute("i"),
        resources=SIZE,
    )
    await measure("create_run", db.create_run(RUN, "amy"))
    await measure("set_run_attrs", db.set_run_attrs(RUN, DIGEST, ["-a"]))
    await db.keep_run_alive(RUN, lease)
    await measure("start_pool", db.start_pool(Pool(pool_id=POOL, resources=SIZE)))
    await measure("start_alloc", db.start_alloc(ALLOC, POOL.digest, SIZE))
    for id in (RUN, POOL.digest, ALLOC.digest):
        await measure("renewal of a run, alloc or pool", db.keep_id_alive(id, later))
    await measure("create_task", db.create_task(task))
    await measure("renewal of a task", db.keep_task_alive(TASK, lease))
    await measure("set_task_uri", db.set_task_uri(TASK, "host:9000/6f1c09d2/01"))
    await measure("set_task_attrs", db.set_task_attrs(TASK, DIGEST, DIGEST, DIGEST))
    await measure("set_task_result", db.set_task_result(TASK, DIGEST))
    await measure("set_task_complete", db.set_task_complete(TASK))
    await measure("set_run_complete", db.set_run_complete(RUN))
    for id in (POOL.digest, ALLOC.digest):
        await measure("set_end_time", db.set_end_time(id))
    assert measured == guide_costs()


def test_the_example_of_the_guide_adds_up() -> None:
    tasks, hosts, tasks_per_second = 10_000, 2 * 500, 10_000 / (20 * 60)
    costs = guide_costs()
    logs = costs["set_task_uri"] + costs["set_task_attrs"] + costs["set_task_result"]
    life = costs["create_task"] + costs["renewal of a task"] + logs + costs["set_task_complete"]
    started = round(tasks_per_second * life)
    totals = {
        seconds: round(tasks * costs["renewal of a task"] / mean)
        + round(hosts * costs["renewal of a run, alloc or pool"] / mean)
        + started
        for seconds, mean in RENEWALS.items()
    }
    # In Date-Keepalive-index: creation, first lease, URI, logs, result and end are 7 WCU.
    in_index = {seconds: (tasks + hosts) * 2 / mean + tasks_per_second * 7 for seconds, mean in RENEWALS.items()}
    assert f"| **total** | | **{totals[90]:,}** |" in GUIDE
    assert f"the total is {totals[60]:,} WCU/s" in GUIDE
    assert f"needs {in_index[90]:.0f} of the 1,000" in GUIDE
    assert f"(33 WCU) | 8.3 | {started} |" in GUIDE
    most = {seconds: tasks * 1000 / used for seconds, used in in_index.items()}
    assert 30_000 <= most[90] < 32_000
    assert 21_500 < most[60] < 22_500
