"""The tables and figures that benchmarks print."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table under its title; all columns but the first are aligned to the right."""
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"\n{title}\n")
    for number, line in enumerate(lines):
        first, *others = line
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        print("  ".join(cells).rstrip())
        if not number:
            print("  ".join("-" * width for width in widths))


def seconds(label: str, ours: float, floor: float, usual: float | None, goal: str) -> list[str]:
    """A row of seconds: ours, the floor, the usual way, the goal, and ours by the floor."""
    return [
        label,
        f"{ours:.3f}",
        f"{floor:.3f}",
        "" if usual is None else f"{usual:.3f}",
        goal,
        f"{ours / floor:.2f}",
    ]


def save(json_file: str | None, figures: dict[str, Any]) -> int:
    """Write the figures to a file, if one is named. Returns the exit code, 0."""
    if json_file:
        Path(json_file).write_text(json.dumps(figures, indent=2) + "\n")
    return 0
