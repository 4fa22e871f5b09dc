"""The bytes and CPU of table refreshes: Textual's DataTable and ours."""

import statistics
from collections.abc import Iterator

from tests.bench import report
from tests.bench.table import ROUNDS, Figure, named, show
from tests.bench.table_app import APPS
from tests.bench.terminal import Reply, Terminal

INTERVAL = 2.0  # seconds between refreshes, for shares of CPU
IDLE = 5.0  # seconds to watch
MINUTE, EVERY = 60, 5  # seconds of a live cluster, and between its refreshes

GOALS = (
    Figure("a refresh that changes 20 visible cells", "B", 3_000),
    Figure(f"the same, every {INTERVAL:g} s", "% CPU", 1),
    Figure("a refresh in which nothing visible changed", "B", 0),
    Figure(f"the same, every {INTERVAL:g} s", "% CPU", 1),
    Figure("idle", "B/s", 0),
    Figure("idle", "% CPU", 0.5),
    Figure(f"a live cluster of 5,000 tasks, {EVERY} s refresh, a tick every second", "KB a minute", 30),
    Figure("the same", "% CPU", 3),
)


def main(json_file: str | None = None) -> int:
    """Print the table; `json_file` takes the figures. Returns the exit code."""
    measured = {}
    for name in APPS:
        with Terminal.running(name) as terminal:
            measured[name] = list(measure(terminal))
            if name == "ours":
                measured[name] += live(terminal)
    figures = [
        {name: some[number] for name, some in measured.items() if number < len(some)} for number in range(len(GOALS))
    ]
    show("refreshing 12 columns, 200 x 50, 10,000 rows; medians", GOALS, figures)
    return report.save(json_file, named(GOALS, figures))


def measure(terminal: Terminal) -> Iterator[float]:
    """The first figures of `GOALS`, in their order."""
    terminal.press("1")
    for key in ("v", "n"):
        terminal.press(key)
        replies = [terminal.press(key) for _ in range(ROUNDS)]
        yield statistics.median(reply.written for reply in replies)
        yield statistics.median(reply.cpu for reply in replies) / INTERVAL * 100
    idle = terminal.idle(IDLE)
    yield idle.written / idle.seconds
    yield idle.cpu / idle.seconds * 100


def live(terminal: Terminal) -> tuple[float, float]:
    """The last two: a minute in which time passes, leases are renewed and the table is refreshed."""
    terminal.press("l")
    replies = list(_a_minute(terminal))
    return sum(reply.written for reply in replies) / 1e3, sum(reply.cpu for reply in replies) / MINUTE * 100


def _a_minute(terminal: Terminal) -> Iterator[Reply]:
    for second in range(1, MINUTE + 1):
        yield terminal.press("t")
        if second % EVERY == 0:
            yield terminal.press("r")
