"""What a dashboard that is left open costs: a first refresh, those for changes, the full ones between; and history.

What deserves attention is found out after each: that is to take no more than 16 ms, but for the first time. The Go
engine's `reflow ps` reads everything every time: its figures are for one of them, measured on DynamoDB Local.
"""

import asyncio
import random
import statistics
import time
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from store import DynamoTaskDB
from store.dynamo import encode
from store.lease import LEASE
from tests.bench import page_server, report, rows
from tests.bench.read import LoopWatch
from tui.connect import tune_garbage_collector
from tui.watch.model.cluster import Cluster
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import FULL_EVERY, Poller

INTERVAL = timedelta(seconds=5)
WINDOW = timedelta(minutes=10)
PRICE = 0.125
# runs, tasks of each, and what Go needs: requests, RCU, MB in.
SIZES = ((10, 100, 354, 427, 1.4), (100, 100, 3_534, 4_264, 14.5), (100, 1000, 33_715, 42_187, 143))

Figures = dict[str, float]


def main(json_file: str | None = None) -> int:
    """Print the tables; `json_file` takes the figures. Returns the exit code."""
    figures: dict[str, Any] = {}
    for runs, tasks, *_ in SIZES:
        figures[f"{runs}x{tasks}"] = measure(later(live(list(rows.table(runs, tasks)))))
    few = live(list(rows.table(10, 100)))
    old = past(list(rows.table(100, 100, seed=7)))
    figures["history"] = {"none": figures["10x100"], "10 times as much": measure(later([*few, *old]))}
    show(figures)
    return report.save(json_file, figures)


def live(items: list[rows.Item]) -> list[rows.Item]:
    """Make the rows of a healthy cluster: open rows hold a lease, ended rows ended while they held one."""
    chance = random.Random(2)
    return [_ended(item, chance) if "EndTime" in item else item | _lease(chance.randint(30, 120)) for item in items]


def past(items: list[rows.Item]) -> list[rows.Item]:
    """The same rows hours ago, all of them ended."""
    chance = random.Random(3)
    return [
        item | _lease(seconds) | {"EndTime": {"S": encode.lease_columns(_at(seconds))["Keepalive"]["S"]}}
        for item in items
        for seconds in (-chance.randint(3_600, 11 * 3_600),)
    ]


def later(items: list[rows.Item]) -> list[list[rows.Item]]:
    """The same cluster at one refresh after the other: leases are renewed, tasks end, others begin."""
    chance = random.Random(4)
    generations = [items]
    for number in range(1, FULL_EVERY + 1):
        now = number * INTERVAL.seconds
        generations.append([_moved(item, now, chance) for item in generations[-1]])
    return generations


def _moved(item: rows.Item, now: int, chance: random.Random) -> rows.Item:
    if "EndTime" in item:
        return item
    if item["Type"]["S"] == "task" and chance.random() < 0.01:
        return item | {"EndTime": encode.lease_columns(_at(now))["Keepalive"]}
    lease = encode.lease_columns(_at(now + 30))["Keepalive"]["S"]
    return item | _lease(now + LEASE.seconds) if item["Keepalive"]["S"] < lease else item


def _ended(item: rows.Item, chance: random.Random) -> rows.Item:
    seconds = chance.randint(-480, 100)
    end = encode.lease_columns(_at(min(seconds - chance.randint(0, 120), 0)))["Keepalive"]
    return item | _lease(seconds) | {"EndTime": end}


def _lease(seconds: int) -> rows.Item:
    return encode.lease_columns(_at(seconds))


def _at(seconds: int) -> datetime:
    return rows.NOW + timedelta(seconds=seconds)


def measure(generations: list[list[rows.Item]]) -> dict[str, Figures]:
    """Measure the first refresh, one for changes (the median), and the next full scan."""
    tune_garbage_collector()
    with page_server.serve(generations, "Date") as (url, control):
        costs = asyncio.run(_measure(url, control, len(generations)))
    first, *changes, full = costs
    median = {name: statistics.median(cost[name] for cost in changes) for name in first}
    return {"first": first, "changes": median, "full": full}


async def _measure(url: str, control: Connection, count: int) -> list[Figures]:
    now = rows.NOW
    costs = []

    def opened() -> AbstractAsyncContextManager[DynamoTaskDB]:
        return DynamoTaskDB.open("bench", endpoint_url=url, read_only=True, clock=lambda: now)

    def poller() -> Poller:
        return Poller(Cluster(now), lambda now: now - WINDOW, Budget(100, PRICE), clock=lambda: now)

    async with opened() as first, opened() as db:
        # The server makes a page when it is first asked for it: watching the loop while that lasts would count as CPU.
        rehearsal, measured = poller(), poller()
        for number in range(count):
            now = rows.NOW + number * INTERVAL
            control.send(number)
            control.recv()
            await rehearsal.refresh(first)
            costs.append(await _cost(measured, db))
    return costs


async def _cost(poller: Poller, db: DynamoTaskDB) -> Figures:
    """The cost of one refresh, and of finding what deserves attention after it."""
    before = (db.meter.requests, db.meter.rcu, db.meter.bytes_in)
    watch = LoopWatch()
    tune_garbage_collector()
    started = time.process_time()
    await watch.over(lambda: poller.refresh(db))
    cpu = time.process_time() - started
    assert poller.status.error is None
    started = time.process_time()
    assert poller.findings
    find = time.process_time() - started
    after = (db.meter.requests, db.meter.rcu, db.meter.bytes_in)
    requests, rcu, size = (b - a for a, b in zip(before, after, strict=True))
    return {"requests": requests, "rcu": rcu, "bytes": size, "cpu": cpu, "block": watch.longest, "find": find}


def show(figures: dict[str, Any]) -> None:
    """Print the figures beside those of Go."""
    lines = []
    for runs, tasks, requests, rcu, megabytes in SIZES:
        of = figures[f"{runs}x{tasks}"]
        lines.append(
            [f"{runs} x {tasks}", "Go, each time", f"{requests:,}", f"{rcu:,}", f"{megabytes:,.1f}", "", "", "", ""]
        )
        lines += [[*_line("", name, of[name]), ""] for name in ("first", "changes", "full")]
        each = (of["changes"]["rcu"] * (FULL_EVERY - 1) + of["full"]["rcu"]) / FULL_EVERY
        lines.append(["", "on average", "", f"{each:,.0f}", "", "", "", "", f"{rcu / each:.1f}"])
    header = [
        "runs x tasks",
        "refresh",
        "requests",
        "RCU",
        "MB in",
        "CPU ms",
        "block ms",
        "findings ms",
        "Go's RCU / ours",
    ]
    report.table(f"a refresh; after the first, every {FULL_EVERY}th is full", header, lines)
    with_history = [
        _line(name if refresh == "first" else "", refresh, of[refresh])
        for name, of in figures["history"].items()
        for refresh in ("first", "changes", "full")
    ]
    report.table("10 x 100, and history in the table", ["history", *header[1:-1]], with_history)


def _line(name: str, refresh: str, of: Figures) -> list[str]:
    return [
        name,
        refresh,
        f"{of['requests']:,.0f}",
        f"{of['rcu']:,.0f}",
        f"{of['bytes'] / 1e6:,.2f}",
        f"{of['cpu'] * 1e3:,.0f}",
        f"{of['block'] * 1e3:,.1f}",
        f"{of['find'] * 1e3:,.1f}",
    ]
