"""A dashboard on a real server whose rows change in real time: delays from write to shown, and the model at the end.

Engines in a process of their own write by the public API for some minutes, then stop. The dashboard's poller reads all
the time, as it does in the terminal. Two minutes after the last write its model must equal the table.
"""

import argparse
import asyncio
import multiprocessing
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import boto3

from store import Digest, DynamoTaskDB
from store.dynamo import schema
from store.dynamo.client import Client
from store.lease import LEASE
from store.times import utc_now
from tests.bench import report
from tests.support.live_engines import Engines, Journal, Traffic, Write
from tests.support.servers import dynamodb_local_command, run_dynamodb_local
from tests.support.table_check import read_table, row_differences, state_differences
from tui.connect import tune_garbage_collector
from tui.demo.service import LocalService
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller

TABLE = "bench"
INTERVAL = timedelta(seconds=5)
WINDOW = timedelta(minutes=10)
BUDGET, PRICE = 100, 0.125
KINDS = ("started", "renewed", "ended", "failed", "host ended")
# Writers start their rows within this share of the minutes, and no slower than over a minute.
_RAMP, _LONGEST_RAMP = 0.25, 60.0

Figures = dict[str, Any]


def parse(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the options of `main`."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench live", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="for how long the engines write (default: 5)")
    parser.add_argument("--runs", type=int, default=100, help="runs that are open at a time (default: 100)")
    parser.add_argument("--tasks", type=int, default=2000, help="tasks that are open at a time (default: 2000)")
    parser.add_argument("--ministack", action="store_true", help="on ministack rather than DynamoDB Local")
    return vars(parser.parse_args(arguments))


def main(
    json_file: str | None = None, *, minutes: float = 5.0, runs: int = 100, tasks: int = 2000, ministack: bool = False
) -> int:
    """Print the tables; `json_file` takes the figures. Returns the exit code, 1 if the model differs from the table."""
    traffic = Traffic(runs, tasks, ramp=min(minutes * 60 * _RAMP, _LONGEST_RAMP))
    with _serve(ministack=ministack) as url:
        boto3.client("dynamodb", endpoint_url=url).create_table(**schema.table_definition(TABLE))
        ours, theirs = multiprocessing.Pipe()
        writers = multiprocessing.get_context("fork").Process(
            target=_write, args=(url, traffic, minutes * 60, theirs), daemon=True
        )
        writers.start()
        try:
            figures = asyncio.run(_Watch().over(url, ours))
        finally:
            writers.terminate()
            writers.join()
    figures["server"] = "ministack" if ministack else "DynamoDB Local"
    show(figures, minutes, traffic)
    report.save(json_file, figures)
    return 1 if figures["differences"] else 0


@contextmanager
def _serve(*, ministack: bool) -> Iterator[str]:
    if ministack:
        with LocalService.start() as service:
            yield service.endpoint_url
    else:
        with run_dynamodb_local(dynamodb_local_command()) as server:
            yield server.endpoint_url


def _write(url: str, traffic: Traffic, seconds: float, results: Connection) -> None:
    """Let engines write for so many seconds; send the journal, how late they were, and the seconds of CPU."""

    async def write() -> None:
        journal, late = Journal(time.monotonic), [0.0]

        async def sleep(seconds: float) -> None:
            due = time.monotonic() + seconds
            await asyncio.sleep(seconds)
            late.append(time.monotonic() - due)

        async with Client.open(endpoint_url=url) as client:
            engines = Engines(client, TABLE, traffic, random.Random(5), journal, clock=utc_now, sleep=sleep)
            try:
                async with asyncio.timeout(seconds):
                    await engines.run()
            except TimeoutError:
                pass
        results.send((journal.writes, late, journal.spans, time.process_time()))

    asyncio.run(write())


class _Watch:
    """A poller, and when it showed which state of each row."""

    def __init__(self) -> None:
        self.cluster = Cluster(utc_now())
        self.poller = Poller(
            self.cluster,
            lambda now: now - WINDOW,
            Budget(BUDGET, PRICE),
            interval=INTERVAL,
            notify=self._changed,
        )
        self._shown: dict[Digest, list[tuple[float, Row]]] = defaultdict(list)
        self._refreshes: list[float] = []
        self._rationed = 0  # refreshes that left changes unread, to stay within the budget

    async def over(self, url: str, writers: Connection) -> Figures:
        tune_garbage_collector()
        async with DynamoTaskDB.open(TABLE, endpoint_url=url, read_only=True) as db:
            polling = asyncio.create_task(self.poller.run(db))
            began, cpu = time.monotonic(), time.process_time()
            writes, late, spans, writers_cpu = await asyncio.to_thread(writers.recv)
            stopped = time.monotonic()
            cost = (db.meter.rcu, db.meter.requests, time.process_time() - cpu)
            rows, equal_after = await self._converge(url, stopped)
            polling.cancel()
            await asyncio.wait([polling])
        took = stopped - began
        return {
            "seconds": took,
            "rcu_per_s": cost[0] / took,
            "requests_per_s": cost[1] / took,
            "cpu_share": cost[2] / took,
            "refreshes": len(self._refreshes),
            "rationed": self._rationed,
            "rows": len(rows),
            "open_rows": sum(row.end is None for row in rows),
            "writes": dict(Counter(write.kind for write in writes)),
            "delay_s": self._delays(write for write in writes if write.is_exact),
            "delay_of_wrong_clocks_s": self._delays(write for write in writes if not write.is_exact),
            "writers": {"late_s": percentiles(late), "write_s": percentiles(spans), "cpu_share": writers_cpu / took},
            "equal_after_s": equal_after,
            "differences": self._differences(rows, writes),
            "missed_by_narrow_reads": self.poller.status.differences,
            "error": str(self.poller.status.error or ""),
        }

    async def _converge(self, url: str, stopped: float) -> tuple[list[Row], float | None]:
        """Wait until two minutes after the last write; return the table, and when the model was equal to it."""
        async with Client.open(endpoint_url=url) as client:
            rows = await read_table(client, TABLE)
        equal_after = None
        while (after := time.monotonic() - stopped) <= LEASE.total_seconds():
            is_equal = not row_differences(self.cluster, rows)
            equal_after = (after if equal_after is None else equal_after) if is_equal else None
            await asyncio.sleep(1)
        return rows, equal_after

    def _differences(self, rows: list[Row], writes: Sequence[Write]) -> list[str]:
        # The journal's clock is the one of time-outs: it does not jump.
        offset = datetime.now(UTC) - timedelta(seconds=time.monotonic())
        renewed = {write.id: offset + timedelta(seconds=write.at) for write in writes if write.kind == "renewed"}
        return row_differences(self.cluster, rows) + state_differences(self.cluster, rows, renewed)

    def _changed(self, changes: Changes) -> None:
        at = time.monotonic()
        for id in {*changes.added, *changes.changed}:
            row = self._find(id, changes)
            if row is not None:
                self._shown[id].append((at, row))
        if not self._refreshes or self.poller.status.refreshes > len(self._refreshes):
            self._refreshes.append(at)
            self._rationed += self.poller.status.left_out is not None

    def _find(self, id: Digest, changes: Changes) -> Row | None:
        cluster = self.cluster
        tasks = (cluster.tally(run).tasks.get(id) for run in changes.runs)
        found = (cluster.open.rows.get(id), cluster.run(id), cluster.alloc(id), cluster.pool(id), *tasks)  # type: ignore[arg-type]
        return next((row for row in found if row is not None), None)

    def _delays(self, writes: Iterable[Write]) -> dict[str, Figures]:
        """Return the seconds from writes to the first refresh that showed them; infinite for those that none did."""
        delays: dict[str, list[float]] = defaultdict(list)
        for write in writes:
            if write.kind in KINDS:
                times = (at for at, row in self._shown[write.id] if _shows(row, write))
                delays[write.kind].append(max(next(times, float("inf")) - write.at, 0.0))
        return {kind: percentiles(delays[kind]) for kind in KINDS}


def _shows(row: Row, write: Write) -> bool:
    if write.kind == "started":
        return True
    if write.until is not None:
        return row.keepalive is not None and row.keepalive >= write.until.replace(microsecond=0)
    return row.end is not None


def percentiles(spans: Sequence[float]) -> Figures:
    """Return p50, p99 and the longest of some spans."""
    ordered = sorted(spans)
    if not ordered:
        return {}
    return {
        "p50": statistics.median_low(ordered),
        "p99": ordered[len(ordered) * 99 // 100],
        "max": ordered[-1],
        "count": len(ordered),
    }


def show(figures: Figures, minutes: float, traffic: Traffic) -> None:
    """Print the figures."""
    title = (
        f"{figures['server']}, {minutes:g} minutes, {traffic.runs} runs, {traffic.tasks} tasks at a time: "
        f"{figures['rows']} rows, {figures['open_rows']} of them open"
    )
    header = ["write", "count", "p50", "p99", "max"]
    print(f"\n{title}")
    for name, of in (
        ("delay_s", "with the right clock"),
        ("delay_of_wrong_clocks_s", "with a clock off by up to 60 s"),
    ):
        lines = [[kind, *_cells(figures[name][kind])] for kind in KINDS]
        report.table(f"seconds from a write to the screen, of writers {of}", header, lines)
    writers = figures["writers"]
    lines = [["late by", *_cells(writers["late_s"])], ["a write", *_cells(writers["write_s"])]]
    report.table("the writers, in seconds", ["", *header[1:]], lines)
    costs = ["rcu_per_s", "requests_per_s", "cpu_share"]
    cells = [f"{figures[name]:.{digits}f}" for name, digits in zip(costs, (1, 1, 3), strict=True)]
    report.table(
        "the cost of the dashboard (and the writers' share of a core)",
        ["refreshes", "rationed", "RCU/s", "requests/s", "of a core", "writers"],
        [[str(figures["refreshes"]), str(figures["rationed"]), *cells, f"{writers['cpu_share']:.3f}"]],
    )
    equal, differences = figures["equal_after_s"], figures["differences"]
    when = "never" if equal is None else f"{equal:.0f} s after the last write"
    print(f"\nThe model equalled the table: {when}. Differences after two minutes: {len(differences)}.")
    for difference in differences[:20]:
        print(f"  {difference}")
    if figures["error"]:
        print(f"The last refresh failed: {figures['error']}")


def _cells(of: Figures) -> list[str]:
    return [str(of["count"]), *(f"{of[name]:.2f}" for name in ("p50", "p99", "max"))] if of else ["0", "", "", ""]
