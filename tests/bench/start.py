"""From the start of the process to the first frame: a bare Textual app with a DataTable, and the dashboard.

Both in a terminal of their own, in turns, with their bytecode at hand, as an installation has it.
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.bench import report

ROUNDS = 15
GOAL = 1.2
COLUMNS, LINES = 120, 36

BARE = """
from textual.app import App
from textual.widgets import DataTable

class Bare(App):
    def compose(self):
        yield DataTable()

    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("RUN", "USER", "NAME")
        table.add_row("Reading", "amy", "align")

Bare().run()
"""
DASHBOARD = ("-m", "tui", "--table", "reflow-prod", "--endpoint-url", "http://127.0.0.1:1")
# What stands in the first frame of both, and only when that is whole.
DRAWN = b"Reading"
COMMANDS: Mapping[str, Sequence[str]] = {"bare Textual": ("-c", BARE), "reflowtop": DASHBOARD}


def main(json_file: str | None = None) -> int:
    """Print the table; `json_file` takes the figures. Returns the exit code."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as bytecode:
        environ = {**os.environ, "TERM": "xterm-256color", "PYTHONDONTWRITEBYTECODE": ""}
        environ["PYTHONPYCACHEPREFIX"] = bytecode
        for warm in range(ROUNDS + 1):
            for name, command in COMMANDS.items():
                figures = start(command, environ)
                if warm:
                    taken[name].append(figures)
    bare, ours = (tuple(map(median, zip(*figures, strict=True))) for figures in taken.values())
    rows = [
        [what, f"{ours[index] * 1e3:.0f}", f"{bare[index] * 1e3:.0f}", f"{ours[index] / bare[index]:.2f}", f"<= {GOAL}"]
        for index, what in enumerate(("to the first frame, ms", "CPU for it, ms"))
    ]
    title = f"starting, {COLUMNS} x {LINES}; medians of {ROUNDS}, in turns"
    report.table(title, ["", *reversed(list(COMMANDS)), "ratio", "goal"], rows)
    return report.save(json_file, {"reflowtop": ours, "bare Textual": bare, "goal": GOAL})


def start(command: Sequence[str], environ: Mapping[str, str]) -> tuple[float, float]:
    """Seconds, and seconds of CPU, from the start of a Python to what it has drawn first."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    begin = time.perf_counter()
    with subprocess.Popen([sys.executable, *command], stdin=slave, stdout=slave, stderr=slave, env=environ) as process:
        os.close(slave)
        written = b""
        while DRAWN not in written:
            written += os.read(master, 1 << 16)
        taken = time.perf_counter() - begin, _cpu(process.pid)
        process.kill()
    os.close(master)
    return taken


def _cpu(process: int) -> float:
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in tasks) / 1e9
