"""Logs: our view, which reads what it shows, and a log read whole into Textual's own, from the key to the last byte."""

import contextlib
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench import log_server, report
from tests.bench.terminal import Reply, Terminal

PAGE_UP, PAGE_DOWN = "\x1b[5~", "\x1b[6~"
PRESSES = 20
ROUNDS = 3
MB = 1024 * 1024

Figures = dict[str, tuple[str, float | None, float, float | None]]
"""By what was measured: its unit, the figure of the log read whole, ours, and the most that ours may be."""


class Measured(NamedTuple):
    """The result of a key, and how far memory rose above that of the app at its start."""

    reply: Reply
    peak: float  # MB


class App:
    """One of the apps in a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._process = Path(f"/proc/{terminal.process}")
        self._baseline = self._memory("VmRSS")

    def press(self, keys: str) -> Measured:
        """Press keys and wait until the app is done."""
        (self._process / "clear_refs").write_text("5")  # the peak is that from now on
        reply = self._terminal.press(keys)
        return Measured(reply, self._memory("VmHWM") - self._baseline)

    def page(self, key: str) -> float:
        """Milliseconds that a page takes, the median of some."""
        return statistics.median(self.press(key).reply.seconds for _ in range(PRESSES)) * 1e3

    def _memory(self, name: str) -> float:
        lines = (self._process / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def main(json_file: str | None = None) -> int:
    """Print the table; `json_file` takes the figures. Returns the exit code."""
    figures: Figures = {}
    with log_server.serve() as url, _apps(url) as (ours, whole):
        figures |= _million(ours, whole)
    # Each in a process of its own, whose memory nothing else has had to do with.
    with log_server.serve() as url:
        for measure in (_huge, _one_line):
            with _app("ours", url) as app:
                figures |= measure(app)
    rows = [
        [
            f"{what}, {unit}",
            *("" if figure is None else _number(figure) for figure in (whole_figure, our_figure)),
            "" if goal is None else f"<= {_number(goal)}",
            "" if goal is None else "yes" if our_figure <= goal else "NO",
        ]
        for what, (unit, whole_figure, our_figure, goal) in figures.items()
    ]
    title = "a log of 100 bytes a line, 200 x 50; from the key to the last byte, and the peak of memory over the start"
    report.table(title, ["", "read whole", "ours", "goal", "held"], rows)
    return report.save(json_file, {what: dict(zip(_NAMES, each, strict=True)) for what, each in figures.items()})


_NAMES = ("unit", "read whole", "ours", "goal")


@contextlib.contextmanager
def _app(name: str, url: str) -> Iterator[App]:
    with Terminal.running(name, url, module="tests.bench.log_app") as terminal:
        yield App(terminal)


@contextlib.contextmanager
def _apps(url: str) -> Iterator[tuple[App, App]]:
    with _app("ours", url) as ours, _app("whole", url) as whole:
        yield ours, whole


def _million(ours: App, whole: App) -> Figures:
    """1,000,000 lines, 100 MB; and ten lines, to compare."""
    figures: Figures = {}
    ten = {app: app.press("1").reply.seconds * 1e3 for app in (ours, whole)}
    figures["open 10 lines"] = "ms", ten[whole], ten[ours], None
    opened = {app: app.press("2") for app in (ours, whole)}
    milliseconds = {app: each.reply.seconds * 1e3 for app, each in opened.items()}
    figures["open 1,000,000 lines at the end"] = "ms", milliseconds[whole], milliseconds[ours], 1000
    figures["    memory"] = "MB", opened[whole].peak, opened[ours].peak, 64
    searched = {app: app.press("g").reply.seconds + app.press("n").reply.seconds for app in (ours, whole)}
    chosen = {app: app.press("c") for app in (ours, whole)}
    for app in (ours, whole):
        app.press("2")
        app.press("g")
    # In turns, for the machine may get slower.
    pages: dict[App, tuple[list[float], list[float]]] = {app: ([], []) for app in (ours, whole)}
    for _ in range(ROUNDS):
        for app, (at_head, at_end) in pages.items():
            app.press("g")
            at_head.append(app.page(PAGE_DOWN))
            app.press("e")
            at_end.append(app.page(PAGE_UP))
    near, far = ({app: statistics.median(each[side]) for app, each in pages.items()} for side in (0, 1))
    figures["a page near line 10"] = "ms", near[whole], near[ours], None
    figures["a page near line 1,000,000"] = "ms", far[whole], far[ours], None
    figures["    the one by the other"] = "x", far[whole] / near[whole], far[ours] / near[ours], 1.5
    both = {app: milliseconds[app] / 1e3 + searched[app] for app in (ours, whole)}
    figures["open and search all of it"] = "s", both[whole], both[ours], both[whole]
    figures["filter all of it, with context"] = "s", chosen[whole].reply.seconds, chosen[ours].reply.seconds, None
    figures["    memory "] = "MB", chosen[whole].peak, chosen[ours].peak, 64
    return figures


def _huge(app: App) -> Figures:
    """5 GB."""
    opened = app.press("3")
    return {
        "open 5 GB at the end": ("ms", None, opened.reply.seconds * 1e3, 1000),
        "    memory  ": ("MB", None, opened.peak, 64),
        "    a page": ("ms", None, app.page(PAGE_UP), None),
        "    memory after 20 pages": ("MB", None, app.press(PAGE_UP).peak, 64),
    }


def _one_line(app: App) -> Figures:
    """A line of 100 MB."""
    opened = app.press("4")
    pages = app.page(PAGE_UP)
    wrapped = app.press("w")
    wrapped_pages = app.page(PAGE_UP)
    start = app.press("g")
    searched = app.press("n")
    peaks = [each.peak for each in (opened, wrapped, start, searched)]
    return {
        "open a line of 100 MB at its end": ("ms", None, opened.reply.seconds * 1e3, 1000),
        "    a page ": ("ms", None, pages, None),
        "    wrap it": ("ms", None, wrapped.reply.seconds * 1e3, None),
        "    a page of it wrapped": ("ms", None, wrapped_pages, None),
        "    go to its beginning, all of it read": ("s", None, start.reply.seconds, None),
        "    search all of it": ("s", None, searched.reply.seconds, None),
        "    memory   ": ("MB", None, max(peaks), 64),
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"
