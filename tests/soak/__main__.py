"""`python -m tests.soak`: play a long night, print what grew, and fail if anything did.

With --writers, let so many processes write 1,000 rows on a service with faults, kill them at random, and compare.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable

from tests.soak import killed_writers
from tests.soak.churn import Size
from tests.soak.night import Night, Sample, play
from tui.demo.service import LocalService, isolate_aws_environment

_ROWS = 1_000
_REFRESHES, _RUNS = 10_000, 92  # 92 runs have 5,014 open rows
# A slope of memory below this is noise: of some 150 MB, a malloc arena more or less.
_NOISE = 1_000_000


def main() -> int:
    """Play the night; returns 1 if anything grew or differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--refreshes", type=int, default=_REFRESHES)
    parser.add_argument("--runs", type=int, default=_RUNS)
    parser.add_argument("--writers", type=int, help="kill so many writers instead, until 1,000 rows are written")
    given = parser.parse_args()
    isolate_aws_environment(os.environ)
    if given.writers:
        return _kill_writers(given.writers)
    night = asyncio.run(play(given.refreshes, Size(runs=given.runs), _report))
    print()
    return _show(night)


def _kill_writers(writers: int) -> int:
    with LocalService.start() as service:
        journal, faults = asyncio.run(
            killed_writers.play(service.endpoint_url, "killed-writers", writers=writers, rows=_ROWS)
        )
    counts = f"{len(journal.sent)} sent, {len(journal.created)} created, {len(journal.ended)} ended"
    print(f"{counts}, {journal.kills} writers killed, {len(faults)} writes lost or never sent")
    for fault in faults[:10]:
        print(f"  {fault}")
    return int(bool(faults))


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
    first = night.settled[0]
    print(f"{'':<16} {f'after {first.refreshes:,}':>12} {'last':>12} {'per 1,000 refreshes':>20}")
    for name, (measure, most) in measures.items():
        slope = night.slope(measure)
        failed |= slope > most
        print(f"{name:<16} {measure(first):>12,} {measure(night.samples[-1]):>12,} {slope:>20,.1f}")
    print(f"{night.rows} rows in the table, {len(night.differences)} differences to the model")
    for difference in night.differences[:10]:
        print(f"  {difference}")
    return int(failed)


sys.exit(main())
