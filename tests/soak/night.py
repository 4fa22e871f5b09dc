"""A dashboard over thousands of refreshes at a simulated clock, and what grows meanwhile."""

import asyncio
import gc
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from store import DynamoTaskDB
from store.times import format_time
from tests.bench import rows
from tests.soak import churn
from tests.support.dashboard import Dashboard
from tui.watch.model.cluster import Cluster
from tui.watch.polling.poller import Poller

STEP = timedelta(seconds=5)
# Keys that open every screen and close it again; one of these walks every so many refreshes.
_WALKS = tuple(
    keys.split() for keys in ("enter enter escape escape", "e escape", "p escape", "t escape", "question_mark escape")
)
_WALK_EVERY = 10
_PRICES = {"c5.2xlarge": Decimal("0.34"), "r5.2xlarge": Decimal("0.504")}
_SAMPLE_EVERY = 25
# The session history is full after 360 refreshes and the window after 720. Runs keep their tasks while they live: one
# in a hundred lives for over 1,100 refreshes, and is in the window for an hour after that.
_WARM_UP = 2_000
# After the last write every row on screen equals the table within this time.
_SETTLED = timedelta(minutes=2)


class Sample(NamedTuple):
    """Measures after so many refreshes. `memory` is the resident memory in bytes."""

    refreshes: int
    memory: int
    tasks: int
    descriptors: int
    temporary_files: int


class Night(NamedTuple):
    """The result: samples, the number of rows of the table, and the differences to the rows of the model at the end."""

    samples: list[Sample]
    rows: int
    differences: list[str]

    @property
    def settled(self) -> list[Sample]:
        """The samples after the warm-up, or the last half of a short night."""
        after = min(_WARM_UP, self.samples[-1].refreshes // 2)
        return [each for each in self.samples if each.refreshes >= after]

    def slope(self, measure: Callable[[Sample], int]) -> float:
        """Return the growth of a measure for each 1,000 refreshes after the warm-up.

        It is the median of the slopes between all pairs of samples (Theil and Sen). A steady growth moves it as much as
        a line of least squares, and one step less: CPython rebuilds the largest dict, 5 MB with the rows that begin the
        session history, after 208,000 insertions, which is at refresh 3,850.
        """
        points = [(each.refreshes / 1000, measure(each)) for each in self.settled]
        slopes = [(after - before) / (end - start) for (start, before), (end, after) in combinations(points, 2)]
        return statistics.median(slopes) if slopes else 0.0


async def play(
    refreshes: int, size: churn.Size, report: Callable[[Sample], None] = lambda _: None, step: timedelta = STEP
) -> Night:
    """Play `refreshes` of a table, `step` apart, and open and close screens between them.

    With a longer `step`, more rows appear and end between two refreshes.
    """
    with _own_temporary_folder(), churn.serve(size) as (url, control):
        now = rows.NOW
        async with DynamoTaskDB.open("soak", endpoint_url=url, read_only=True, clock=lambda: now) as db:
            dashboard = Dashboard(db, preview="half", prices=_PRICES)
            dashboard.now = now
            async with dashboard.shown(120, 40):
                poller = dashboard.app.poller
                assert isinstance(poller, Poller)
                # Histories and durations are read through indexes that the server does not have.
                poller._background.poll_finished = lambda: None  # type: ignore[method-assign]
                # A key press after minutes without input would start an extra refresh.
                poller.attention = lambda **_: None  # type: ignore[method-assign]
                samples = []
                for number in range(1, refreshes + 1):
                    now += step
                    await _refresh(dashboard, poller, db, control, now)
                    if number % _WALK_EVERY == 0:
                        await dashboard.press(*_WALKS[number // _WALK_EVERY % len(_WALKS)])
                    if number % _SAMPLE_EVERY == 0:
                        samples.append(_measure(number))
                        report(samples[-1])
                written = _summaries(control)
                for _ in range(_SETTLED // STEP):
                    now += STEP
                    await _refresh(dashboard, poller, db, None, now)
                return Night(samples, len(written), _differences(written, poller.cluster))


@contextmanager
def _own_temporary_folder() -> Iterator[None]:
    """Count no files of other programs."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before


async def _refresh(
    dashboard: Dashboard, poller: Poller, db: DynamoTaskDB, control: Connection | None, now: Any
) -> None:
    if control is not None:
        control.send((now - rows.NOW).total_seconds())
        await asyncio.to_thread(control.recv)
    dashboard.now = now
    await poller.refresh(db)
    assert poller.status.error is None, poller.status.error
    dashboard.app.tick()
    await dashboard.settle()


def _summaries(control: Connection) -> dict[str, churn.Summary]:
    control.send(churn.SUMMARIZE)
    found: dict[str, churn.Summary] = control.recv()
    control.recv()
    return found


def _differences(written: dict[str, churn.Summary], cluster: Cluster) -> list[str]:
    """Return the rows that are open in the table or in the model, and not the same in the other."""
    shown = {str(row.id): row for row in cluster.open_rows}
    expected = {id: row for id, row in written.items() if not row.end}
    found = [f"{expected[id].type} {id} is not shown as open" for id in expected.keys() - shown.keys()]
    found += [f"{type(shown[id]).__name__} {id} is shown as open" for id in shown.keys() - expected.keys()]
    for id in expected.keys() & shown.keys():
        keepalive = shown[id].keepalive
        if keepalive is None or format_time(keepalive) != expected[id].keepalive:
            found.append(f"{expected[id].type} {id} has the lease {keepalive}, not {expected[id].keepalive}")
    return sorted(found)


def _measure(refreshes: int) -> Sample:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Sample(
        refreshes,
        pages * os.sysconf("SC_PAGE_SIZE"),
        len(asyncio.all_tasks()),
        _count(Path("/proc/self/fd")),
        _count(Path(tempfile.gettempdir())),
    )


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())
