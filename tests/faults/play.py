"""Plays a fault on a world and reports what came of it."""

import contextlib
import resource
from pathlib import Path
from typing import NamedTuple

from store import Error
from tests.faults.fault import Fault
from tests.faults.world import INTERVAL, World
from tests.support.table_check import known_rows

_MOST_MEMORY = 400  # MB, for 16 replies of 20 MB at a time
_AFTER = 24  # refreshes, in two minutes, after which the model equals the table


class Outcome(NamedTuple):
    """The outcome of a fault.

    `kept` tells of rows and writes that were lost, or is "yes". `recovered` are the seconds until reads succeed again,
    None for never; `rate` the requests a second meanwhile, `memory` the MB that were taken at most.
    """

    fault: str
    raised: str
    said: str
    kept: str
    recovered: int | None
    rate: float
    memory: float

    def failures(self, fault: Fault) -> list[str]:
        """Return what is not as it should be."""
        checks = {
            f"raised {self.raised!r}, not {fault.reason!r}": self.raised.rpartition(": ")[2] in fault.reason.split("|"),
            f"the screen does not say {fault.says!r}": fault.says in self.said,
            f"kept: {self.kept}": self.kept.startswith("yes"),
            "never well again": self.recovered is not None,
            f"{self.rate:.0f} requests a second": self.rate < fault.most_requests,
            f"{self.memory:.0f} MB": self.memory < _MOST_MEMORY,
        }
        return [failure for failure, is_right in checks.items() if not is_right]


async def play(world: World, fault: Fault, seconds: int | None = None) -> Outcome:
    """Let a fault last its time, or so many seconds, and end; wait until reads succeed again."""
    _forget_peak()
    before, known = _resident(), set(known_rows(world.poller.cluster))
    requests, began = world.front.requests, world.clock.now()
    world.limit_waits(is_short=True)
    world.front.answer = fault.answer
    if fault.begin is not None:
        await fault.begin(world)
    raised, said = "", ""
    false_deaths = 0
    for _ in range(0, fault.seconds if seconds is None else seconds, INTERVAL):
        await world.step()
        status = world.poller.status
        error = status.error or status.background_error or next(iter(status.unreadable), None)
        raised, said = raised or _name(error), said or world.problem
        if fault.begin is None:
            false_deaths = max(false_deaths, await world.false_deaths())
    gone = len(known - set(known_rows(world.poller.cluster)))
    rate = (world.front.requests - requests) / (world.clock.now() - began).total_seconds()
    world.front.answer = None
    if fault.end is not None:
        await fault.end(world)
    world.limit_waits(is_short=False)
    recovered = await world.until(world.is_well, fault.recovery)
    world.is_writing = False
    for _ in range(_AFTER):
        if not (differences := await world.differences()):
            break
        await world.step()
    lost = await world.lost_writes()
    world.is_writing = True
    notes = [
        *([f"{gone} rows gone"] if gone and not fault.removes_rows else ()),
        *([f"{false_deaths} false deaths"] if false_deaths else ()),
        *([f"{lost} writes lost"] if lost else ()),
        *([f"{len(differences)} differ later ({differences[0]})"] if differences else ()),
    ]
    return Outcome(
        fault.name,
        raised,
        said,
        ", ".join(notes) or ("yes; old rows gone" if fault.removes_rows else "yes"),
        recovered,
        rate,
        _peak() - before,
    )


def _name(error: Error | None) -> str:
    return "" if error is None else f"{error.kind.value}: {error.reason}"


def _resident() -> float:
    return _status("VmRSS")


def _peak() -> float:
    return _status("VmHWM")


def _status(field: str) -> float:
    """Return a figure of the memory of this process in MB."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:  # not on Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(text.partition(f"{field}:")[2].split()[0]) / 1024


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
