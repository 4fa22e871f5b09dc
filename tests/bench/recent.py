"""The cost of time travel: keeping the last half hour in memory, going back, and recording to a file."""

import asyncio
import gc
import random
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec

from store import Task
from store.dynamo.decode import Decoder
from store.lease import LEASE
from tests.bench import report, rows
from tests.bench.refresh import live
from tui.connect import tune_garbage_collector
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.header import Header
from tui.watch.recording.recorder import Recorder, Refresh
from tui.watch.recording.replay import Replay
from tui.watch.recording.session_history import KEPT, RefreshHistory, SessionHistory

# Runs, tasks of each, and seconds between refreshes: what the default budget allows for.
SIZES = ((10, 100, 5), (100, 100, 5), (100, 1000, 60))
_RENEWED = timedelta(seconds=30)  # before it lapses

Figures = dict[str, float]


def main(json_file: str | None = None) -> int:
    """Print the tables; `json_file` takes the figures. Returns the exit code."""
    figures = {f"{runs} x {tasks}": measure(runs, tasks, interval) for runs, tasks, interval in SIZES}
    memory = ["refreshes", "rows changed", "us a refresh", "us at most", "first ms", "MB more", "back ms", "block ms"]
    report.table(
        f"the last {KEPT.seconds // 60} minutes in memory: CPU to keep them, memory, and to go back to their beginning",
        ["runs x tasks", *memory],
        [
            [
                name,
                f"{of['refreshes']:,.0f}",
                f"{of['changed']:,.0f}",
                f"{of['keep'] * 1e6:,.0f}",
                f"{of['keep_most'] * 1e6:,.0f}",
                f"{of['keep_first'] * 1e3:.1f}",
                f"{of['memory'] / 1e6:.1f}",
                f"{of['back'] * 1e3:,.0f}",
                f"{of['block'] * 1e3:.1f}",
            ]
            for name, of in figures.items()
        ],
    )
    report.table(
        "the same as a file: CPU to write it, bytes, and to go to its end",
        ["runs x tasks", "first ms", "first KB", "ms a refresh", "KB a refresh", "KB a minute", "open ms", "end ms"],
        [
            [
                name,
                f"{of['write_first'] * 1e3:,.0f}",
                f"{of['size_first'] / 1e3:,.0f}",
                f"{of['write'] * 1e3:.1f}",
                f"{of['size'] / 1e3:.1f}",
                f"{of['size_minute'] / 1e3:,.1f}",
                f"{of['open'] * 1e3:.0f}",
                f"{of['end'] * 1e3:,.0f}",
            ]
            for name, of in figures.items()
        ],
    )
    return report.save(json_file, figures)


class Watched:
    """A cluster that is refreshed regularly: leases of open rows move, and a few tasks end."""

    def __init__(self, runs: int, tasks: int, interval: timedelta) -> None:
        items = live(list(rows.table(runs, tasks)))
        bodies = [msgspec.json.encode(item) for item in items]
        self.rows: list[Row] = list(Decoder().decode(bodies, []))
        self.now = rows.NOW
        self.poller = Poller(Cluster(self.now), lambda now: now, Budget(100, 0.125), clock=lambda: self.now)
        self.recorder = Recorder(self.poller)
        self.changed: list[int] = []
        self._interval = interval
        self._chance = random.Random(5)

    def refresh(self) -> Changes:
        """Read it, for the first time or again; returns what has changed."""
        read = self.rows
        if self.changed:
            self.now += self._interval
            read = [later for row in self.poller.cluster.open_rows if (later := self._later(row)) is not row]
        cluster, changes = self.poller.cluster, Changes()
        cluster.merge(read, changes)
        cluster.finish_refresh(self.now, rows.NOW, changes)
        status = self.poller.status
        self.poller.status = msgspec.structs.replace(status, refreshes=status.refreshes + 1, as_of=self.now)
        self.changed.append(len(read))
        return changes

    def _later(self, row: Row) -> Row:
        if isinstance(row, Task) and self._chance.random() < 0.0002 * self._interval.seconds:
            return msgspec.structs.replace(row, end=self.now)
        if row.keepalive is not None and row.keepalive < self.now + _RENEWED:
            return msgspec.structs.replace(row, keepalive=self.now + LEASE)
        return row


def measure(runs: int, tasks: int, interval: int) -> Figures:
    """Measure everything for one size of cluster."""
    watched = Watched(runs, tasks, timedelta(seconds=interval))
    tune_garbage_collector()
    count = int(KEPT.total_seconds() * 1.2) // interval
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        found = _record(watched, count, path)
        found["memory"] = _memory(runs, tasks, interval, count)
        recorded = RecordingFile(path)
        found["open"] = _timed(lambda: RecordingFile(path).close())
        found["end"], _ = asyncio.run(_go(recorded, recorded.last))
        recorded.close()
    return found


def _record(watched: Watched, count: int, path: Path) -> Figures:
    history, keeping, writing, sizes = SessionHistory(), list[float](), list[float](), list[int]()
    with RecordingWriter(path, Header("bench")) as writer:
        for _ in range(count):
            refresh, cpu = _kept(watched, history)
            keeping.append(cpu)
            whole = watched.recorder.keyframe() if writer.needs_keyframe else refresh
            before = writer.size
            writing.append(_timed(lambda: writer.add(whole)))  # noqa: B023 - called at once
            sizes.append(writer.size - before)
        total = writer.size
    back, block = asyncio.run(_go(history, history.first))
    return {
        "refreshes": history.last - history.first + 1,
        "changed": statistics.median(watched.changed[1:]),
        "keep": statistics.median(keeping[1:]),
        "keep_most": max(keeping[1:]),
        "keep_first": keeping[0],
        "back": back,
        "block": block,
        "write_first": writing[0],
        "size_first": sizes[0],
        "write": statistics.median(writing[1:]),
        "size": statistics.median(sizes[1:]),
        "size_minute": (total - sizes[0]) / ((count - 1) * watched._interval.seconds / 60),
    }


def _kept(watched: Watched, history: SessionHistory) -> tuple[Refresh, float]:
    """Read once and keep that; returns it, and the CPU that keeping it took."""
    changes = watched.refresh()
    started = time.process_time()
    refresh = watched.recorder.record(changes)
    assert refresh is not None
    history.add(refresh)
    return refresh, time.process_time() - started


def _memory(runs: int, tasks: int, interval: int, count: int) -> float:
    """The bytes freed when the session history is dropped."""
    watched, history = Watched(runs, tasks, timedelta(seconds=interval)), SessionHistory()
    watched.rows, first = [], watched.rows
    gc.collect()
    tracemalloc.start()
    watched.rows = [msgspec.structs.replace(row) for row in first]  # the history keeps parts of them alive
    del first
    for number in range(count):
        _kept(watched, history)
        if not number:
            watched.rows = []
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    del history
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return before - after


async def _go(history: RefreshHistory, place: int) -> tuple[float, float]:
    """Go to a place: how long that takes, and the longest the loop stands still."""
    shown = asyncio.Event()
    replay = Replay(history, place, notify=shown.set)
    longest, last = 0.0, time.perf_counter()
    started = last
    task = asyncio.create_task(replay.run())
    while not shown.is_set():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    task.cancel()
    await asyncio.wait([task])
    return last - started, longest


def _timed(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started
