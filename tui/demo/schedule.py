"""A small scheduler that places the execs of a run on hosts. Times are seconds since the start of the run. Pure."""

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
    """The faults of one flow: its first attempts fail with `faults`, then it fails finally (`fatal`) or succeeds.

    `slow` multiplies the duration of its attempts.
    """

    faults: tuple[Fault, ...] = ()
    fatal: bool = False
    slow: float = 1.0


@dataclass(frozen=True)
class Attempt:
    """One exec of `step` for `sample`, on the host with index `host`."""

    sample: int
    step: Step
    number: int
    host: int
    start: float
    end: float
    err: Error | None


@dataclass
class Host:
    """A host with `cpu` cores and `mem` GiB, available from `opens` on.

    It is lost at `closes`, and the run detects that at `detected`.
    """

    cpu: int
    mem: float
    opens: float
    closes: float = math.inf
    detected: float = math.inf
    free: list[float] = field(init=False)  # when each core becomes free, in order

    def __post_init__(self) -> None:
        self.free = [self.opens] * self.cpu

    def start(self, step: Step, ready: float) -> float:
        """Return the earliest time at which `step` fits; infinity if the host is lost before."""
        start = max(ready, self.free[self._cores(step) - 1])
        return start if start < self.closes else math.inf

    def occupy(self, step: Step, until: float) -> None:
        """Occupy the cores that become free first."""
        cores = self._cores(step)
        self.free = sorted([*self.free[cores:], *[until] * cores])

    def _cores(self, step: Step) -> int:
        """Return the number of cores used, including those left without memory."""
        return max(step.cpu, math.ceil(step.mem / self.mem * self.cpu))


def make_schedule(
    workflow: Workflow,
    samples: int,
    hosts: Sequence[Host],
    faults: Mapping[tuple[int, str], FlowFaults],
    rng: random.Random,
) -> list[Attempt]:
    """Return all attempts of a run, ordered by start.

    Samples arrive one after the other, at the rate that the hosts can process. A flow whose host is lost is retried.
    """
    chain = [step for step in workflow.steps if not step.gather]
    gathers = [step for step in workflow.steps if step.gather]
    gap = sum(step.cpu * sum(step.seconds) / 2 for step in chain) / sum(host.cpu for host in hosts)
    opens = min(host.opens for host in hosts)

    attempts: list[Attempt] = []
    queue = [(opens + sample * gap, sample, 0, 0) for sample in range(samples)]
    ends: list[float] = []
    while queue:
        ready, sample, place, number = heapq.heappop(queue)
        flow_faults = faults.get((sample, chain[place].ident), FlowFaults())
        attempt = _attempt(chain[place], sample, number, ready, hosts, flow_faults, rng)
        attempts.append(attempt)
        if attempt.err is None and place + 1 < len(chain):
            heapq.heappush(queue, (attempt.end, sample, place + 1, 0))
        elif attempt.err is None:
            ends.append(attempt.end)
        elif not (flow_faults.fatal and number + 1 >= len(flow_faults.faults)):
            heapq.heappush(queue, (attempt.end + rng.uniform(3, 10), sample, place, number + 1))
    if len(ends) == samples:  # otherwise a flow that the gathering steps need has failed
        ready = max(ends)
        for step in gathers:
            attempts.append(_attempt(step, samples, 0, ready, hosts, FlowFaults(), rng))
            ready = attempts[-1].end
    return sorted(attempts, key=lambda attempt: attempt.start)


def _attempt(
    step: Step, sample: int, number: int, ready: float, hosts: Sequence[Host], faults: FlowFaults, rng: random.Random
) -> Attempt:
    starts = [host.start(step, ready) for host in hosts]
    start = min(starts)
    place = starts.index(start)
    host = hosts[place]
    end = start + rng.uniform(*step.seconds) * faults.slow
    err = None
    if number < len(faults.faults):
        end = start + (end - start) * rng.uniform(0.3, 0.9)
        err = faults.faults[number](step, rng)
    if end > host.closes:
        end = host.detected
        err = host_gone(step, rng)
    host.occupy(step, end)
    return Attempt(sample, step, number, place, start, end, err)


def find_time_factor(attempts: Sequence[Attempt], done: int, seconds: float) -> float:
    """Return the factor to scale time by so that `done` attempts have ended after `seconds`."""
    ends = sorted(attempt.end for attempt in attempts)
    before, after = itertools.islice(ends, done - 1, done + 1)
    return 2 * seconds / (before + after)
