"""`python -m tests.soak`: play a long night, print what grew, and fail if anything did."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable

from tests.soak.night import Night, Sample, play
from tui.demo.service import isolate_aws_environment

_REFRESHES, _RUNS = 10_000, 92  # 92 runs have 5,014 open rows
# A slope of memory below this is noise: of some 150 MB, a malloc arena more or less.
_NOISE = 1_000_000


def main() -> int:
    """Play the night; returns 1 if anything grew or differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--refreshes", type=int, default=_REFRESHES)
    parser.add_argument("--runs", type=int, default=_RUNS)
    given = parser.parse_args()
    isolate_aws_environment(os.environ)
    night = asyncio.run(play(given.refreshes, given.runs, _report))
    print()
    return _show(night)


def _report(sample: Sample) -> None:
    print(f"\r{sample.refreshes} refreshes, {sample.memory >> 20} MB ", end="", flush=True)


def _show(night: Night) -> int:
    measures: dict[str, tuple[Callable[[Sample], int], float]] = {
        "memory, bytes": (lambda sample: sample.memory, _NOISE),
        "asyncio tasks": (lambda sample: sample.tasks, 0.5),
        "descriptors": (lambda sample: sample.descriptors, 0.5),
        "temporary files": (lambda sample: sample.temporary_files, 0.5),
    }
    failed = bool(night.differences)
    print(f"{'':<16} {'first':>12} {'last':>12} {'per 1,000 refreshes':>20}")
    for name, (measure, most) in measures.items():
        slope = night.slope(measure)
        failed |= slope > most
        print(f"{name:<16} {measure(night.samples[0]):>12,} {measure(night.samples[-1]):>12,} {slope:>20,.1f}")
    print(f"{night.rows} rows in the table, {len(night.differences)} differences to the model")
    for difference in night.differences[:10]:
        print(f"  {difference}")
    return int(failed)


sys.exit(main())
