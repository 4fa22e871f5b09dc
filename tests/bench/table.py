"""Drawing a table: Textual's DataTable and ours, in a terminal of 200 x 50, from the key to the last byte."""

import asyncio
import contextlib
import gc
import statistics
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tests.bench import report
from tests.bench.table_app import APPS, tasks
from tests.bench.terminal import Reply, Terminal

DOWN, PAGE_DOWN = "\x1b[B", "\x1b[6~"
ROUNDS = 5
PRESSES = 20
# Rounds of what takes long are not repeated.
LONG = 3.0  # seconds
MEMORY_ROWS = 10_000


class Figure(NamedTuple):
    """A figure: its name, unit and upper bound."""

    what: str
    unit: str
    goal: float


GOALS = (
    Figure("100,000 rows, model to painted", "ms", 150),
    Figure("10,000 rows, model to painted", "ms", 100),
    Figure("cursor down, 100,000 rows", "ms", 5),
    Figure("cursor down, 100,000 rows", "B", 900),
    Figure("page down", "ms", 20),
    Figure("page down", "B", 15_000),
    Figure("sort 100,000 rows", "ms", 100),
    Figure("1,000 rows changed in the model, 20 visible", "ms", 15),
    Figure("1,000 rows changed in the model, 20 visible", "B", 3_000),
    Figure("memory of the widget per row", "B", 200),
)


def main(json_file: str | None = None) -> int:
    """Print the table; `json_file` takes the figures. Returns the exit code."""
    with contextlib.ExitStack() as stack:
        figures = list(measure({name: stack.enter_context(Terminal.running(name)) for name in APPS}))
    figures.append({name: asyncio.run(memory(name)) for name in APPS})
    show("drawing 12 columns, 200 x 50; medians, from the key to the last byte", GOALS, figures)
    return report.save(json_file, named(GOALS, figures))


def show(title: str, goals: Sequence[Figure], figures: Sequence[Mapping[str, float]]) -> None:
    """Print figures beside their goals."""
    rows = [
        [
            f"{goal.what}, {goal.unit}",
            *(_number(figure[name]) if name in figure else "" for name in ("DataTable", "ours")),
            f"<= {goal.goal:,g}",
            "yes" if figure["ours"] <= goal.goal else "NO",
        ]
        for goal, figure in zip(goals, figures, strict=True)
    ]
    report.table(title, ["", "DataTable", "ours", "goal", "held"], rows)


def named(goals: Sequence[Figure], figures: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """The same for a file."""
    return {
        f"{goal.what}, {goal.unit}": {**figure, "goal": goal.goal} for goal, figure in zip(goals, figures, strict=True)
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def measure(terminals: Mapping[str, Terminal]) -> Iterator[dict[str, float]]:
    """The figures of `GOALS` for each app, in their order. The apps take turns, for the machine may get slower."""

    def rounds(press: Callable[[Terminal], Reply], count: int = ROUNDS) -> dict[str, list[Reply]]:
        replies: dict[str, list[Reply]] = {name: [] for name in terminals}
        for _ in range(count):
            for name, terminal in terminals.items():
                if not replies[name] or replies[name][0].seconds < LONG:
                    replies[name].append(press(terminal))
        return replies

    thousands = rounds(lambda terminal: _show(terminal, "1"))
    yield _ms(rounds(lambda terminal: _show(terminal, "2")))
    yield _ms(thousands)
    for key in (DOWN, PAGE_DOWN):
        presses = rounds(lambda terminal, key=key: terminal.press(key), PRESSES)  # type: ignore[misc]
        yield _ms(presses)
        yield _bytes(presses)
    for terminal in terminals.values():
        terminal.press("g")
    changes = rounds(lambda terminal: terminal.press("c"))
    yield _ms(rounds(lambda terminal: terminal.press("s")))
    yield _ms(changes)
    yield _bytes(changes)


def _show(terminal: Terminal, key: str) -> Reply:
    terminal.press("0")
    return terminal.press(key)


def _ms(replies: Mapping[str, list[Reply]]) -> dict[str, float]:
    return {name: statistics.median(reply.seconds for reply in some) * 1e3 for name, some in replies.items()}


def _bytes(replies: Mapping[str, list[Reply]]) -> dict[str, float]:
    return {name: statistics.median(reply.written for reply in some) for name, some in replies.items()}


async def memory(name: str) -> float:
    """Bytes that the widget takes for a row that it is given, without the row itself."""
    app: Any = APPS[name]()
    app.all = tasks(MEMORY_ROWS)
    async with app.run_test(size=(200, 50)) as pilot:
        gc.collect()
        tracemalloc.start()
        app.show(app.all)
        await pilot.pause()
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return taken / MEMORY_ROWS
