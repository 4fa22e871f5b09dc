"""The cost of moving the cursor with a preview, in the dashboard: without one, small, and half the screen."""

import contextlib
import statistics

from tests.bench import report
from tests.bench.terminal import Reply, Terminal

DOWN = "\x1b[B"
SIZES = ("off", "small", "half")
PRESSES = 30
IDLE = 3.0  # seconds


def main(json_file: str | None = None) -> int:
    """Print the table; `json_file` takes the figures. Returns the exit code."""
    with contextlib.ExitStack() as stack:
        terminals = {
            size: stack.enter_context(Terminal.running(size, module="tests.bench.preview_app")) for size in SIZES
        }
        replies: dict[str, list[Reply]] = {size: [] for size in SIZES}
        for _ in range(PRESSES):  # they take turns, for the machine may get slower
            for size, terminal in terminals.items():
                replies[size].append(terminal.press(DOWN))
        idle = {size: terminal.idle(IDLE) for size, terminal in terminals.items()}
    figures = {
        "cursor down, ms": {
            size: statistics.median(each.seconds for each in some) * 1e3 for size, some in replies.items()
        },
        "cursor down, ms of CPU": {
            size: statistics.median(each.cpu for each in some) * 1e3 for size, some in replies.items()
        },
        "cursor down, B": {size: statistics.median(each.written for each in some) for size, some in replies.items()},
        "idle, B/s": {size: each.written / each.seconds for size, each in idle.items()},
        "idle, % CPU": {size: each.cpu / each.seconds * 100 for size, each in idle.items()},
    }
    lines = [[what, *(f"{figure[size]:,.1f}" for size in SIZES)] for what, figure in figures.items()]
    report.table("moving over 240 runs, 80 of them with 60 failures, 200 x 50; medians", ["", *SIZES], lines)
    return report.save(json_file, figures)
