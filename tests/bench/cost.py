"""The time to compute costs in a busy cluster: for the first query, and per refresh over five minutes."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from store import Error, RunID
from store.dynamo.decode import Decoder
from tests.bench import busy_minutes, refresh, report, rows
from tui.connect import tune_garbage_collector
from tui.cost.costs import Costs
from tui.cost.price_file import PriceList, PriceListSource
from tui.cost.prices import PriceBook
from tui.settings import Settings
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row

SIZES = ((10, 100), (100, 100), (100, 1000))
# Rows of a list in a terminal of 80x24, and of 200x60.
SCREENS = (20, 56)
TYPES = ("c5.2xlarge", "r5.2xlarge", "m5.4xlarge")
PRICES = PriceList(
    source=PriceListSource.AWS,
    as_of=date(2026, 11, 1),
    regions={"us-west-2": {name: Decimal("0.5") for name in TYPES}},
)


def main(json_file: str | None = None) -> int:
    """Print the tables; `json_file` takes the figures. Returns the exit code."""
    figures = {f"{runs} x {tasks}": measure(runs, tasks) for runs, tasks in SIZES}
    names = list(next(iter(figures.values())))
    lines = [[name, *(f"{found[name]:.2f}" for found in figures.values())] for name in names]
    report.table(
        "CPU time of costs in ms, by runs x tasks; medians and the longest of 60 refreshes", ["", *figures], lines
    )
    return report.save(json_file, figures)


def measure(runs: int, tasks: int) -> dict[str, float]:
    """Return times in milliseconds."""
    tune_garbage_collector()
    cluster = Cluster(rows.NOW)
    first, refreshes = _decoded(runs, tasks)
    cluster.merge(first, Changes())
    cluster.finish_refresh(rows.NOW, rows.NOW - refresh.WINDOW, Changes())
    found: dict[str, float] = {}
    ids = [run.id for run in cluster.runs]
    for shown in (*SCREENS, None):
        costs, slices = _make(cluster), [0.0]
        name = "every run" if shown is None else f"{shown} runs"
        while len(slices) == 1 or any(costs.run(id).is_pending for id in ids[:shown]):
            slices.append(_timed(lambda: _ask(costs, ids[:shown])))  # noqa: B023 - called at once
        found[f"first answer, {name}"] = sum(slices)
        found[f"first answer, {name}, longest slice"] = max(slices)
        found[f"first answer, {name}, slices"] = len(slices) - 1
    watched = {shown: _make(cluster) for shown in (0, *SCREENS, None)}
    times: dict[int | None, list[float]] = {shown: [] for shown in watched}
    merges: list[float] = []
    for number, some in enumerate(refreshes):
        at = rows.NOW + (number + 1) * refresh.INTERVAL
        merges.append(_timed(lambda: _merge(cluster, some, at)))  # noqa: B023 - called at once
        for shown, costs in watched.items():
            times[shown].append(_timed(lambda: _ask(costs, ids[:shown])))  # noqa: B023 - called at once
    found["a refresh without costs: merging its rows"] = statistics.median(merges)
    for shown, some_times in times.items():
        name = "every run" if shown is None else f"{shown} runs" if shown else "only $/h of all hosts"
        found[f"a refresh, {name}"] = statistics.median(some_times[1:])
        found[f"a refresh, {name}, longest"] = max(some_times[1:])
    return found


def _make(cluster: Cluster, *, is_sliced: bool = True) -> Costs:
    return Costs(cluster, PriceBook(Settings(table="bench", region="us-west-2"), PRICES), is_sliced=is_sliced)


def _ask(costs: Costs, ids: Sequence[RunID]) -> None:
    costs.update()
    costs.hourly()
    for id in ids:
        costs.run(id)


def _merge(cluster: Cluster, changed: list[Row], at: datetime) -> None:
    changes = Changes()
    cluster.merge(changed, changes)
    cluster.finish_refresh(at, None, changes)


def _decoded(runs: int, tasks: int) -> tuple[list[Row], Iterator[list[Row]]]:
    """Return the first rows, and those that are written between one refresh and the next."""
    decoder, errors = Decoder(), list[Error]()
    first, writes = busy_minutes.writes(refresh.live(list(rows.table(runs, tasks))), refresh.SECONDS)

    def decode(items: Sequence[rows.Item]) -> list[Row]:
        return decoder.decode(list(map(msgspec.json.encode, items)), errors)

    def batches() -> Iterator[list[Row]]:
        seconds = int(refresh.INTERVAL / timedelta(seconds=1))
        for start in range(0, refresh.SECONDS, seconds):
            yield decode([write.item for write in writes if start <= write.at < start + seconds])

    return decode(first), batches()


def _timed(run: Callable[[], None]) -> float:
    started = time.process_time()
    run()
    return (time.process_time() - started) * 1e3
