"""When each exec of a run takes place, and where: a small scheduler over seconds since the run began. Pure."""

import heapq
import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from store import Error
from tui.demo.faults import Fault, host_gone
from tui.demo.workflow import Step, Workflow


@dataclass(frozen=True)
class FlowFaults:
    """What befalls one flow: its first attempts fail with `faults`, then it is given up (`fatal`) or succeeds.

    `slow` multiplies its duration.
    """

    faults: tuple[Fault, ...] = ()
    fatal: bool = False
    slow: float = 1.0


@dataclass(frozen=True)
class Attempt:
    """One exec: of `step`, for `sample`, on the host number `host`."""

    sample: int
    step: Step
    number: int
    host: int
    start: float
    end: float
    err: Error | None


@dataclass
class Host:
    """Cores and memory (GiB) to run in, from `opens` on.

    It may be lost, at `closes`; the run finds that out at `noticed`.
    """

    cpu: int
    mem: float
    opens: float
    closes: float = math.inf
    noticed: float = math.inf
    free: list[float] = field(init=False)  # when each core becomes free, in order

    def __post_init__(self) -> None:
        self.free = [self.opens] * self.cpu

    def start(self, step: Step, ready: float) -> float:
        """The earliest time at which there is room for `step`; never if the host is lost before."""
        start = max(ready, self.free[self._cores(step) - 1])
        return start if start < self.closes else math.inf

    def occupy(self, step: Step, until: float) -> None:
        """Take the cores that are free first."""
        cores = self._cores(step)
        self.free = sorted([*self.free[cores:], *[until] * cores])

    def _cores(self, step: Step) -> int:
        """The cores that it takes, and those that have no memory left then."""
        return max(step.cpu, math.ceil(step.mem / self.mem * self.cpu))


def make_schedule(
    workflow: Workflow,
    samples: int,
    hosts: Sequence[Host],
    trouble: Mapping[tuple[int, str], FlowFaults],
    rng: random.Random,
) -> list[Attempt]:
    """Every attempt of a run, in the order of their starts.

    Samples come in one after the other, as fast as the hosts can take them. A flow whose host is lost is tried again.
    """
    chain = [step for step in workflow.steps if not step.gather]
    gathers = [step for step in workflow.steps if step.gather]
    gap = sum(step.cpu * sum(step.seconds) / 2 for step in chain) / sum(host.cpu for host in hosts)
    opens = min(host.opens for host in hosts)

    attempts: list[Attempt] = []
    queue = [(opens + sample * gap, sample, 0, 0) for sample in range(samples)]
    through: list[float] = []
    while queue:
        ready, sample, place, number = heapq.heappop(queue)
        misfortune = trouble.get((sample, chain[place].ident), FlowFaults())
        attempt = _attempt(chain[place], sample, number, ready, hosts, misfortune, rng)
        attempts.append(attempt)
        if attempt.err is None and place + 1 < len(chain):
            heapq.heappush(queue, (attempt.end, sample, place + 1, 0))
        elif attempt.err is None:
            through.append(attempt.end)
        elif not (misfortune.fatal and number + 1 >= len(misfortune.faults)):
            heapq.heappush(queue, (attempt.end + rng.uniform(3, 10), sample, place, number + 1))
    if len(through) == samples:  # else a flow that the rest depends on has failed
        ready = max(through)
        for step in gathers:
            attempts.append(_attempt(step, samples, 0, ready, hosts, FlowFaults(), rng))
            ready = attempts[-1].end
    return sorted(attempts, key=lambda attempt: attempt.start)


def _attempt(
    step: Step, sample: int, number: int, ready: float, hosts: Sequence[Host], trouble: FlowFaults, rng: random.Random
) -> Attempt:
    starts = [host.start(step, ready) for host in hosts]
    start = min(starts)
    place = starts.index(start)
    host = hosts[place]
    end = start + rng.uniform(*step.seconds) * trouble.slow
    err = None
    if number < len(trouble.faults):
        end = start + (end - start) * rng.uniform(0.3, 0.9)
        err = trouble.faults[number](step, rng)
    if end > host.closes:
        end = host.noticed
        err = host_gone(step, rng)
    host.occupy(step, end)
    return Attempt(sample, step, number, place, start, end, err)


def find_time_factor(attempts: Sequence[Attempt], done: int, seconds: float) -> float:
    """The factor by which time has to be stretched so that `done` attempts have ended after `seconds`."""
    ends = sorted(attempt.end for attempt in attempts)
    before, after = itertools.islice(ends, done - 1, done + 1)
    return 2 * seconds / (before + after)
