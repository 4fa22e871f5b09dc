"""The cost of an open dashboard, and the delay from a write to the screen: five minutes of a busy table.

Time is simulated: a refresh takes none of it, so that delays leave out the time of the requests, which depends on the
service. Refreshes follow each other every 5 s whatever they cost, and as the default read budget allows. The cost of
audits, which go on all the time, is part of theirs, as is that of the findings, which the dashboard wants after each.

The largest table is far beyond the default budget: what is shown there are the changes that the budget leaves room for.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

from store import Digest, DynamoTaskDB
from store.dynamo import encode
from store.times import parse_time
from tests.bench import big_table, busy_minutes, live_table, report, rows
from tests.bench.live_table import Write
from tests.bench.read import LoopWatch
from tui.connect import tune_garbage_collector
from tui.watch.findings import findings  # noqa: F401 - a dashboard imports this before it reads
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller

SECONDS = 300
INTERVAL = timedelta(seconds=5)
WINDOW = timedelta(minutes=10)
BUDGET, PRICE = 100, 0.125
PACES = {"fixed": 1e9, "budget": BUDGET}  # RCU/s
KINDS = ("started", "renewed", "ended", "failed")
# Runs, tasks of each, and the goal in RCU/s.
SIZES = ((10, 100, 3), (100, 100, 15), (100, 1000, 90))
# Runs, and open tasks of each, for the default budget only.
BIG = (1000, 200)

Figures = dict[str, Any]


def parse(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the options of `main`."""
    sizes = [*(f"{runs}x{tasks}" for runs, tasks, _ in SIZES), "1000x1000"]
    parser = argparse.ArgumentParser(prog="python -m tests.bench refresh", description=__doc__)
    parser.add_argument("--size", choices=sizes, action="append", help="runs x tasks; may be repeated (default: all)")
    parser.add_argument("--pace", choices=tuple(PACES), help="only this pace (default: both)")
    options = parser.parse_args(arguments)
    return {"sizes": options.size or sizes, "paces": [options.pace] if options.pace else list(PACES)}


def main(json_file: str | None = None, *, sizes: Sequence[str], paces: Sequence[str]) -> int:
    """Print the tables for some sizes and paces; `json_file` takes the figures. Returns the exit code."""
    figures: dict[str, Figures] = {}
    for runs, tasks, _ in SIZES:
        if (size := f"{runs}x{tasks}") in sizes:
            items = live(list(rows.table(runs, tasks)))
            figures[size] = {pace: play(items, budget=PACES[pace]) for pace in paces}
    if "1000x1000" in sizes:
        figures["1000x1000"] = {"budget": play_big()}
    show(figures)
    return report.save(json_file, figures)


def live(items: list[rows.Item]) -> list[rows.Item]:
    """Make the rows of a healthy cluster: open rows hold a lease, ended rows ended while they held one."""
    chance = random.Random(2)
    return [_ended(item, chance) if "EndTime" in item else item | _lease(chance.randint(30, 120)) for item in items]


def _ended(item: rows.Item, chance: random.Random) -> rows.Item:
    seconds = chance.randint(-480, 100)
    end = encode.lease_columns(_at(min(seconds - chance.randint(0, 120), 0)))["Keepalive"]
    return item | _lease(seconds) | {"EndTime": end}


def _lease(seconds: int) -> rows.Item:
    return encode.lease_columns(_at(seconds))


def _at(seconds: float) -> Any:
    return rows.NOW + timedelta(seconds=seconds)


def play(items: list[rows.Item], budget: float) -> Figures:
    """Play the minutes to a poller with a budget in RCU/s."""
    tune_garbage_collector()
    first, writes = busy_minutes.writes(items, SECONDS)
    with live_table.serve(first, writes) as (url, control):
        return asyncio.run(_Watch(writes, control, budget).play(url))


def play_big() -> Figures:
    """Play the minutes of the largest table to a poller with the default budget."""
    tune_garbage_collector()
    writes = big_table.writes(*BIG, SECONDS)
    with big_table.serve(*BIG) as (url, control):
        return asyncio.run(_Watch(list(writes), control, BUDGET).play(url))


class _Watch:
    """A poller, and when it showed each write."""

    def __init__(self, writes: list[Write], control: Connection, budget: float) -> None:
        self._writes = writes
        self._control = control
        self._seconds = 0.0
        self._changes = Changes()
        self.poller = Poller(
            Cluster(rows.NOW),
            lambda now: now - WINDOW,
            Budget(budget, PRICE),
            interval=INTERVAL,
            clock=lambda: _at(self._seconds),
            notify=self._changed,
        )
        # What the background would read was read before.
        self.poller._background.poll_finished = lambda: None  # type: ignore[method-assign]
        self._pending: dict[Digest, list[Write]] = defaultdict(list)
        self._delays: dict[str, list[float]] = defaultdict(list)

    async def play(self, url: str) -> Figures:
        written = 0
        found: list[tuple[float, ...]] = []
        async with DynamoTaskDB.open("bench", endpoint_url=url, read_only=True, clock=lambda: _at(self._seconds)) as db:
            while self._seconds <= SECONDS:
                self._control.send(self._seconds)
                self._control.recv()
                while written < len(self._writes) and self._writes[written].at <= self._seconds:
                    write = self._writes[written]
                    self._pending[Digest.parse(write.item["ID"]["S"])].append(write)
                    written += 1
                before = (db.meter.requests, db.meter.rcu)
                watch = LoopWatch()
                gone, started = self._seconds, time.process_time()
                await watch.over(lambda: self.poller.refresh(db))
                cpu = time.process_time() - started
                assert self.poller.status.error is None, self.poller.status.error
                self._seconds += self.poller.every.total_seconds()
                usage = (db.meter.requests - before[0], db.meter.rcu - before[1])
                found.append((self._seconds - gone, *usage, cpu, watch.longest))
                self._see(gone)
        first, *others = found
        return {
            "first": dict(zip(("requests", "rcu", "cpu", "block_s"), first[1:], strict=True)),
            **self._figures(others),
            "delay_s": {kind: _percentiles(self._delays[kind]) for kind in KINDS},
            "unseen": dict(Counter(write.kind for writes in self._pending.values() for write in writes)),
            "differences": self.poller.status.differences,
            "audit": {
                "every_s": self.poller.audit_every.total_seconds(),
                "rcu_per_s": self.poller._narrow.audit_cost / self._seconds,
            },
            "left_out": self._left_out(),
        }

    def _left_out(self) -> Figures | None:
        left_out = self.poller.status.left_out
        if left_out is None:
            return None
        late = {"leases_every_s": left_out.leases_every, "ends_late_s": left_out.ends_late}
        return {name: span.total_seconds() for name, span in late.items()}

    def _figures(self, found: list[tuple[float, ...]]) -> Figures:
        spans, requests, rcu, cpu, blocks = zip(*found, strict=True)
        return {
            "interval_s": statistics.median(spans),
            "rcu_per_s": sum(rcu) / sum(spans),
            "requests_per_s": sum(requests) / sum(spans),
            "requests_per_refresh": statistics.median(requests),
            "most_requests": max(requests),
            "cpu_share": sum(cpu) / sum(spans),
            "block_s": max(blocks),
        }

    def _changed(self, changes: Changes) -> None:
        self._changes.update(changes)
        _ = self.poller.findings

    def _see(self, now: float) -> None:
        """Note which writes the model shows."""
        changes, self._changes = self._changes, Changes()
        tasks = {id: task for run in changes.runs for id, task in self.poller.cluster.tally(run).tasks.items()}
        for id in {*changes.added, *changes.changed} & self._pending.keys():
            row = tasks.get(id) or self._row(id)
            left = [write for write in self._pending[id] if row is None or not _shows(row, write)]
            for write in self._pending[id]:
                if write not in left:
                    self._delays[write.kind].append(now - write.at)
            self._pending[id] = left

    def _row(self, id: Digest) -> Row | None:
        cluster = self.poller.cluster
        return cluster.run(id) or cluster.alloc(id) or cluster.pool(id)  # type: ignore[arg-type]


def _shows(row: Row, write: Write) -> bool:
    if write.kind == "started":
        return True
    if write.kind == "renewed":
        lease = parse_time(write.item["Keepalive"]["S"])
        return row.keepalive is not None and lease is not None and row.keepalive >= lease
    return row.end is not None


def _percentiles(delays: Iterable[float]) -> Figures:
    ordered = sorted(delays)
    if not ordered:
        return {}
    return {
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[len(ordered) * 99 // 100],
        "max": ordered[-1],
        "count": len(ordered),
    }


def show(figures: dict[str, Figures]) -> None:
    """Print the figures."""
    lines, delays = [], []
    goals = {f"{runs}x{tasks}": f"<= {goal}" for runs, tasks, goal in SIZES}
    for size, paces in figures.items():
        for number, (name, of) in enumerate(paces.items()):
            label = "" if number else size.replace("x", " x ")
            lines.append([label, name, *_costs(of), goals[size] if name == "fixed" else f"<= {BUDGET}"])
            delays.append([label, name, *(_delay(of["delay_s"][kind]) for kind in KINDS)])
    header = [
        "runs x tasks",
        "pace",
        "every s",
        "RCU/s",
        "requests/s",
        "a refresh",
        "at most",
        "of audits",
        "CPU %",
        "block ms",
        "of the first",
        "goal",
    ]
    report.table(
        f"{SECONDS // 60} minutes of refreshes: cost, requests (the median refresh and the largest)", header, lines
    )
    header = ["runs x tasks", "pace", *KINDS]
    report.table("seconds from a write to the screen: p50 / p99 (longest)", header, delays)
    for size, paces in figures.items():
        for name, of in paces.items():
            if of["left_out"] is not None:
                print(f"\n{size}, {name}: {_told(of)}")


def _costs(of: Figures) -> list[str]:
    return [
        f"{of['interval_s']:.1f}",
        f"{of['rcu_per_s']:.1f}",
        f"{of['requests_per_s']:.1f}",
        f"{of['requests_per_refresh']:.0f}",
        f"{of['most_requests']:.0f}",
        f"{of['audit']['rcu_per_s']:.1f}",
        f"{of['cpu_share'] * 100:.2f}",
        f"{of['block_s'] * 1e3:.1f}",
        f"{of['first']['block_s'] * 1e3:.1f}",
    ]


def _delay(of: Figures) -> str:
    return f"{of['p50']:.1f} / {of['p99']:.1f} ({of['max']:.0f})" if of else "none"


def _told(of: Figures) -> str:
    every, late = of["left_out"]["leases_every_s"], of["left_out"]["ends_late_s"]
    shown = {kind: of["delay_s"][kind].get("count", 0) for kind in KINDS}
    unseen = {kind: of["unseen"].get(kind, 0) for kind in KINDS}
    parts = ", ".join(f"{unseen[kind]} of {unseen[kind] + shown[kind]} {kind}" for kind in KINDS)
    return f"leases checked every {every:.0f} s, ends up to {late:.0f} s late; not shown after the minutes: {parts}"
