"""The snapshot of a busy table, and a run's tasks: requests, RCU, CPU, loop block, memory.

Ours, aiobotocore as it is usually used, and the floor: signed HTTP, msgspec into structs, and nothing checked. Pages
are served from the memory of another process; CPU is that of this one.
"""

import asyncio
import gc
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from store import DynamoTaskDB, RunID, TaskQuery
from tests.bench import page_server, peers, report, rows
from tui.connect import tune_garbage_collector

SINCE = rows.NOW - timedelta(minutes=10)
RUNS, TASKS = 100, 1000
CHANGED = 0.02
# What the Go engine needs for the same snapshot: requests and RCU, as measured on DynamoDB Local.
GO_REQUESTS, GO_RCU = 33_715, 42_187


def main(json_file: str | None = None) -> int:
    """Print the tables; `json_file` takes the figures. Returns the exit code."""
    items = list(rows.table(RUNS, TASKS))
    later = rows.renewed(items, CHANGED)
    generations = [items, later]
    changed = sum(before is not after for before, after in zip(items, later, strict=True))
    count = len(items)
    tune_garbage_collector()  # as the program does; and what only the bench holds is not the contestants' to collect
    figures: dict[str, Any] = {"rows": count, "changed": changed}
    with page_server.serve(generations, "Date") as (url, control):
        figures["snapshot"] = asyncio.run(snapshot(url, control))
    for tasks in (1_000, 20_000):
        of_run = rows.task_items(tasks)
        run_id = of_run[0]["RunID"]["S"]
        with page_server.serve([of_run], "RunID") as (url, control):
            figures[f"run of {tasks}"] = asyncio.run(run(url, control, run_id))
    show(figures)
    return report.save(json_file, figures)


async def snapshot(url: str, control: Connection) -> dict[str, float]:
    """Seconds of CPU for each contestant, cold and again, and what ours asked for."""
    found: dict[str, list[float]] = {}

    async def timed(name: str, generation: int, call: Callable[[], Awaitable[Any]]) -> Any:
        control.send(generation)
        control.recv()
        gc.collect()
        gc.freeze()  # as the dashboard does: botocore's models take 0.1 s to go through
        started = time.process_time()
        result = await call()
        found.setdefault(name, []).append(time.process_time() - started)
        return result

    figures: dict[str, float] = {}
    for turn in range(3):
        async with peers.Floor.open(url) as floor:
            await timed("floor cold", 0, floor.scan)
        async with peers.Floor.open(url) as floor:
            await floor.rescan()
            await timed("floor repeat", 0, floor.rescan)
        async with DynamoTaskDB.open("bench", endpoint_url=url, clock=lambda: rows.NOW) as db:
            scan = partial(db.active, SINCE)
            watch, again = LoopWatch(), LoopWatch()
            seen = await timed("ours cold", 0, partial(watch.over, scan))
            figures["requests"], figures["rcu"] = db.meter.requests, seen.consumed
            await timed("ours repeat", 0, scan)
            await timed("ours changed", 1, partial(again.over, scan))
            found.setdefault("block cold", []).append(watch.longest)
            found.setdefault("block repeat", []).append(again.longest)
            del seen
        if not turn:
            async with peers.usual(url) as client:
                await timed("usual cold", 0, partial(peers.scan_usual, client))
    return figures | {name: statistics.median(times) for name, times in found.items()} | await memory(url)


async def run(url: str, control: Connection, run_id: str) -> dict[str, float]:
    """Seconds of CPU for the tasks of one run."""
    found: dict[str, list[float]] = {"ours": [], "floor": [], "usual": []}
    query = TaskQuery(run_id=RunID.parse(run_id))
    figures: dict[str, float] = {}
    async with (
        DynamoTaskDB.open("bench", endpoint_url=url) as db,
        peers.Floor.open(url) as floor,
        peers.usual(url) as client,
    ):
        calls: dict[str, Callable[[], Awaitable[Any]]] = {
            "ours": lambda: db.tasks(query),
            "floor": lambda: floor.scan(run_id),
            "usual": lambda: peers.scan_usual(client, run_id),
        }
        for turn in range(6):
            for name, call in calls.items():
                before = db.meter.requests
                started = time.process_time()
                await call()
                if turn:  # the first opens connections
                    found[name].append(time.process_time() - started)
                if name == "ours":
                    figures["pages"] = db.meter.requests - before
    return figures | {name: statistics.median(times) for name, times in found.items()}


async def memory(url: str) -> dict[str, float]:
    """Bytes that a row takes while it is kept: the snapshot, and what is remembered for the next one."""
    async with DynamoTaskDB.open("bench", endpoint_url=url, clock=lambda: rows.NOW) as db:
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        seen = await db.active(SINCE)
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        return {"bytes a row": used / (len(seen.tasks) + len(seen.runs) + len(seen.allocs) + len(seen.pools))}


class LoopWatch:
    """The longest time, in seconds of CPU, that the event loop did nothing else."""

    longest = 0.0
    _last = 0.0

    async def over(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Make a call and watch the loop meanwhile."""
        self._last = time.process_time()
        watcher = asyncio.create_task(self._watch())
        try:
            return await call()
        finally:
            self._note()
            watcher.cancel()

    async def _watch(self) -> None:
        while True:
            # At most 1 ms of what is measured is that of callbacks which do not block; waiting takes no CPU.
            await asyncio.sleep(0.001)
            self._note()

    def _note(self) -> None:
        now = time.process_time()
        self.longest, self._last = max(self.longest, now - self._last), now


def show(figures: dict[str, Any]) -> None:
    """Print the figures beside what they are to be held against."""
    of = figures["snapshot"]
    repeat_floor = of["floor repeat"] * 1.5 + figures["changed"] * 10e-6
    report.table(
        f"a snapshot of {figures['rows']:,} rows; in the repeat {figures['changed']:,} leases have moved",
        ["", "ours", "floor", "usual", "goal", "ours / floor"],
        [
            ["requests", f"{of['requests']:,.0f}", "", f"{GO_REQUESTS:,} (Go)", "<= 130", ""],
            ["RCU", f"{of['rcu']:,.0f}", "", f"{GO_RCU:,} (Go)", "<= 12,500", ""],
            report.seconds("CPU s, cold", of["ours cold"], of["floor cold"], of["usual cold"], "<= 1.4 x floor"),
            report.seconds("CPU s, nothing changed", of["ours repeat"], of["floor repeat"], None, "<= 1.5 x floor"),
            report.seconds(
                "CPU s, little changed", of["ours changed"], of["floor repeat"], None, f"<= {repeat_floor:.3f} s"
            ),
            ["loop block ms, cold", f"{of['block cold'] * 1e3:.1f}", "", "", "<= 50", ""],
            ["loop block ms, repeat", f"{of['block repeat'] * 1e3:.1f}", "", "", "<= 16", ""],
            ["bytes kept for a row", f"{of['bytes a row']:,.0f}", "", "", "<= 1,600", ""],
        ],
    )
    for tasks in (1_000, 20_000):
        of = figures[f"run of {tasks}"]
        pages = f"{of['pages']:.0f} pages"
        report.table(
            f"the tasks of a run of {tasks:,}: {pages}",
            ["", "ours", "floor", "usual", "goal", "ours / floor"],
            [report.seconds("CPU s", of["ours"], of["floor"], of["usual"], "<= 1.4 x floor")],
        )
