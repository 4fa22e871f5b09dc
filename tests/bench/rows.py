"""Rows as a busy table holds them: 1 alloc to 4 tasks, 1 pool to 4 allocs, four tasks of five ended."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from store import ClusterID, Digest, Error, ErrorKind, ImgCmdID, Pool, Resources, RunID, StringDigest, Task, TaskID
from store.dynamo import encode

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

IDENTS = ("align.bwa_mem", "samtools.sort", "qc.fastqc", "variants.call", "merge")

Item = dict[str, Any]


def table(runs: int, tasks: int, seed: int = 0) -> Iterator[Item]:
    """The items of `runs` runs of `tasks` tasks each, all with a lease in the last ten minutes."""
    chance = random.Random(seed)
    labels = ["Name=align"]
    for number in range(runs):
        run = RunID(chance.randbytes(32))
        item = encode.run_item(run, f"user{number % 20}@example.com", labels, NOW - timedelta(hours=2))
        yield item | encode.lease_columns(_lease(chance))
        pool = alloc = Digest.ZERO
        for task in range(tasks):
            if task % 16 == 0:
                pool, item = _pool(chance)
                yield item
            if task % 4 == 0:
                alloc, item = _alloc(chance, pool)
                yield item
            yield _task(chance, run, alloc, labels)


def task_items(count: int) -> list[Item]:
    """Only tasks: what a run of `count` of them has."""
    return [item for item in table(1, count) if item["Type"]["S"] == "task"]


def renewed(items: list[Item], share: float, seed: int = 1) -> list[Item]:
    """The same rows later: the lease of a share of them has moved."""
    chance = random.Random(seed)
    lease = encode.lease_columns(NOW + timedelta(seconds=115))
    return [item | lease if chance.random() < share else item for item in items]


def _lease(chance: random.Random) -> datetime:
    return NOW + timedelta(seconds=chance.randint(-480, 110))


def _resources(chance: random.Random) -> Resources:
    return Resources({"cpu": chance.choice([1, 2, 4]), "mem": chance.choice([2, 4, 8]) << 30, "disk": 100e9})


def _pool(chance: random.Random) -> tuple[Digest, Item]:
    pool = Pool(
        pool_id=StringDigest(f"i-{chance.randbytes(8).hex()}"),
        pool_type=chance.choice(["c5.2xlarge", "r5.2xlarge", "m5.4xlarge"]),
        resources=Resources({"cpu": 8, "mem": 32 << 30, "disk": 2e12}),
        uri=f"ec2-{chance.randint(1, 250)}-{chance.randint(1, 250)}.us-west-2.compute.amazonaws.com:9000",
        cluster=ClusterID("default", "ops@example.com", "reflow1.9.0"),
        start=NOW - timedelta(hours=1),
    )
    return pool.pool_id.digest, encode.pool_item(pool, NOW) | encode.lease_columns(_lease(chance))


def _alloc(chance: random.Random, pool: Digest) -> tuple[Digest, Item]:
    name = StringDigest(f"ip-10-1-2-3:9000/{chance.randbytes(8).hex()}")
    item = encode.alloc_item(name, pool, _resources(chance), NOW - timedelta(minutes=30), NOW)
    return name.digest, item | encode.lease_columns(_lease(chance))


def _task(chance: random.Random, run: RunID, alloc: Digest, labels: list[str]) -> Item:
    ident = chance.choice(IDENTS)
    task = Task(
        id=TaskID(chance.randbytes(32)),
        run_id=run,
        alloc_id=alloc,
        flow_id=Digest(chance.randbytes(32)),
        img_cmd_id=ImgCmdID.compute(ident, ident),
        ident=ident,
        resources=_resources(chance),
        uri=f"ip-10-1-2-3:9000/{chance.randbytes(8).hex()}",
    )
    started = NOW - timedelta(seconds=chance.randint(60, 3600))
    item = encode.task_item(task, labels, started) | encode.lease_columns(_lease(chance))
    if chance.random() < 0.8:
        for column in ("Stdout", "Stderr", "Inspect", "ResultID"):
            item[column] = {"S": str(Digest(chance.randbytes(32)))}
        item["EndTime"] = encode.lease_columns(_lease(chance))["Keepalive"]
        if chance.random() < 0.02:
            error = Error(ErrorKind.OOM, "exec", (ident,), "killed: out of memory")
            item["Error"] = {"S": error.to_json()}
    return item


def pages(items: list[Item]) -> Iterator[list[Item]]:
    """Return items in pages of 1 MB, by the service's measure of an item."""
    page: list[Item] = []
    size = 0
    for item in items:
        page.append(item)
        size += encode.item_size(item)
        if size >= 1 << 20:
            yield page
            page, size = [], 0
    if page:
        yield page


def everything(_: Item) -> bool:
    """A filter that keeps everything."""
    return True


def rcu(items: list[Item]) -> float:
    """Return the RCU of an eventually consistent read of these items."""
    return max(-(-sum(map(encode.item_size, items)) // 4096), 1) / 2


def body(page: list[Item], next_page: int | None = None, keep: Callable[[Item], bool] = everything) -> bytes:
    """The reply to a Query for a page, of which a filter keeps some; `next_page` is the number of the one after it."""
    kept = [item for item in page if keep(item)]
    reply: Item = {
        "ConsumedCapacity": {"CapacityUnits": rcu(page), "TableName": "bench"},
        "Count": len(kept),
        "Items": kept,
        "ScannedCount": len(page),
    }
    if next_page is not None:
        reply["LastEvaluatedKey"] = {"ID": {"S": str(next_page)}}
    return msgspec.json.encode(reply)


def bodies(items: list[Item], keep: Callable[[Item], bool] = everything) -> list[bytes]:
    """Return the replies for all pages of `items`, with the items that a filter keeps."""
    split = list(pages(items)) or [[]]
    return [body(page, number + 1 if number + 1 < len(split) else None, keep) for number, page in enumerate(split)]
