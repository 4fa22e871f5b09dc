"""The scheduler of the simulated cluster."""

import itertools
import math
import random

from store import Alloc, Liveness, Task
from tests.support.simulated import World
from tui.demo.faults import out_of_memory, pull_timeout, throttled
from tui.demo.schedule import FlowFaults, Host, find_time_factor, make_schedule
from tui.demo.workflow import QC, TRIM


async def test_hosts_are_not_overcommitted(world: World) -> None:
    running = [task for task in world.rows(Task) if world.liveness(task) is Liveness.LIVE]
    assert len(running) > 100
    for alloc in world.rows(Alloc):
        here = [task.resources for task in running if task.alloc_id == alloc.id]
        for resource in ("cpu", "mem"):
            assert sum(task[resource] for task in here) <= alloc.resources[resource]


def test_steps_of_a_sample_run_in_order() -> None:
    attempts = make_schedule(QC, 5, [Host(8, 32, opens=8)], {}, random.Random(1))
    for sample in range(5):
        own = [attempt for attempt in attempts if attempt.sample == sample]
        assert [attempt.step for attempt in own] == [step for step in QC.steps if not step.gather]
        assert all(before.end <= after.start for before, after in itertools.pairwise(own))
    gather = attempts[-1]
    assert gather.step.gather
    assert gather.start >= max(attempt.end for attempt in attempts[:-1])


def test_flow_is_retried_until_it_succeeds_or_is_fatal() -> None:
    faults = {
        (0, TRIM.ident): FlowFaults((throttled, pull_timeout)),
        (1, TRIM.ident): FlowFaults((out_of_memory,), fatal=True),
    }
    attempts = make_schedule(QC, 2, [Host(8, 32, opens=0)], faults, random.Random(1))
    errors = {
        sample: [attempt.err is not None for attempt in attempts if (attempt.sample, attempt.step) == (sample, TRIM)]
        for sample in (0, 1)
    }
    assert errors == {0: [True, True, False], 1: [True]}
    assert not any(attempt.step.gather for attempt in attempts)


def test_step_does_not_start_on_a_lost_host() -> None:
    host = Host(4, 16, opens=8, closes=100)
    assert host.start(TRIM, ready=0) == 8
    assert host.start(TRIM, ready=100) == math.inf
    host.occupy(TRIM, until=50)
    host.occupy(TRIM, until=60)
    assert host.start(TRIM, ready=0) == 50


def test_time_factor_ends_the_given_number_of_attempts() -> None:
    attempts = make_schedule(QC, 5, [Host(8, 32, opens=8)], {}, random.Random(1))
    factor = find_time_factor(attempts, done=4, seconds=1000)
    assert sum(attempt.end * factor <= 1000 for attempt in attempts) == 4
