"""The runs of the simulated cluster: those active when the demo starts, those that ended before, and new arrivals."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tui.demo import faults
from tui.demo.run_plan import RunPlan, RunSpec, plan_run
from tui.demo.schedule import FlowFaults
from tui.demo.workflow import (
    ALIGN,
    HAPLOTYPE_CALLER,
    JOINT_CALL,
    MERGE_LANES,
    QC,
    QUANTIFY,
    R5_2XLARGE,
    R5_8XLARGE,
    R5_24XLARGE,
    RNA_SEQ,
    SORT,
    TRIM,
    Step,
)

AMY, BOB, CAROL = USERS = ("amy@example.com", "bob@example.com", "carol@example.com")

_OOM = FlowFaults((faults.out_of_memory,), fatal=True)
_PULL = FlowFaults((faults.pull_timeout,), fatal=True)
_EXIT = FlowFaults((faults.exit_status,), fatal=True)
_ONCE = FlowFaults((faults.throttled,))
_TWICE = FlowFaults((faults.throttled, faults.pull_timeout))


@dataclass(frozen=True)
class Scenario:
    """The runs that have started, and an endless iterator of those to come, ordered by start."""

    past: Sequence[RunPlan]
    to_come: Iterator[RunPlan]


def make_scenario(seed: int, now: datetime) -> Scenario:
    """Return the runs of a demo that starts at `now`. The result depends on the arguments only."""
    rng = random.Random(seed)
    now = now.replace(microsecond=0)  # the table stores whole seconds
    active = [plan_run(spec, now - age, rng) for age, spec in _ACTIVE]
    # Draws of its own leave the ids of other runs as they are.
    earlier = plan_run(_EARLIER, now - _EARLIER_AGE, random.Random(f"{seed} earlier"))
    return Scenario([*active, *_history(now, rng), earlier], _arrivals(now, rng))


def _faults_of(step: Step, samples: Sequence[int], flow_faults: FlowFaults) -> dict[tuple[int, str], FlowFaults]:
    return {(sample, step.ident): flow_faults for sample in samples}


def _minutes(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


_ACTIVE = (  # age when the demo starts, and specification
    # Failing: keeps running although flows fail, and more will.
    (
        _minutes(41),
        RunSpec(
            workflow=MERGE_LANES,
            user=AMY,
            samples=48,
            instance=R5_2XLARGE,
            pools=2,
            faults={
                **_faults_of(SORT, (1, 4, 7, 9, 14, 18, 20, 25, 29, 40, 44), _OOM),
                **_faults_of(SORT, (5, 16, 27, 42), _PULL),
            },
            done=55,
            at=_minutes(41),
        ),
    ),
    # Large, with one task far slower than the others of its ident.
    (
        _minutes(133),
        RunSpec(
            workflow=ALIGN,
            user=AMY,
            samples=160,
            instance=R5_24XLARGE,
            pools=4,
            allocs=4,
            faults=_faults_of(HAPLOTYPE_CALLER, (11,), FlowFaults(slow=4)) | _faults_of(SORT, (40, 90), _ONCE),
            done=512,
            at=_minutes(133),
        ),
    ),
    # Its writer has just stopped: stale within half a minute of the start of the demo, then lost.
    (
        timedelta(seconds=791),  # the last lease expired 40 s ago
        RunSpec(
            workflow=QC,
            user=BOB,
            samples=48,
            done=40,
            at=timedelta(seconds=700),
            writer_stops=timedelta(seconds=700),
        ),
    ),
    # Lost for a while.
    (_minutes(17), RunSpec(workflow=RNA_SEQ, user=BOB, samples=40, instance=R5_8XLARGE, writer_stops=_minutes(9.5))),
    # One of its hosts is lost, which the run has not detected yet.
    (_minutes(15), RunSpec(workflow=JOINT_CALL, user=CAROL, samples=26, pools=2, host_lost=_minutes(7.5))),
    # Some flows fail, but their retries succeed.
    (
        _minutes(9),
        RunSpec(
            workflow=RNA_SEQ,
            user=BOB,
            samples=36,
            instance=R5_8XLARGE,
            pools=2,
            faults=_faults_of(TRIM, (3, 12, 17), _ONCE) | _faults_of(QUANTIFY, (8, 20), _TWICE),
        ),
    ),
    (_minutes(4), RunSpec(workflow=ALIGN, user=CAROL, samples=16, instance=R5_8XLARGE)),
    # Succeeded just now.
    (_minutes(6), RunSpec(workflow=QC, user=CAROL, samples=10, allocs=1)),
)


# The network error of the failing run was seen two days ago.
_EARLIER_AGE = timedelta(days=2, hours=3)
_EARLIER = RunSpec(
    workflow=MERGE_LANES, user=CAROL, samples=6, instance=R5_2XLARGE, faults=_faults_of(SORT, (2, 3), _PULL)
)


def _history(now: datetime, rng: random.Random) -> Iterator[RunPlan]:
    """Yield runs of the last day that have ended, some of them with failed flows."""
    for number in range(12):
        workflow = (QC, RNA_SEQ, MERGE_LANES, ALIGN)[number % 4]
        run_faults = _faults_of(workflow.steps[0], (1,), _EXIT if number % 8 == 2 else _OOM) if number % 4 == 2 else {}
        spec = RunSpec(workflow=workflow, user=USERS[number % 3], samples=3, instance=R5_8XLARGE, faults=run_faults)
        yield plan_run(spec, now - _minutes(50 + 110 * number + rng.randrange(30)), rng)


def _arrivals(now: datetime, rng: random.Random) -> Iterator[RunPlan]:
    """Yield new runs, one every minute or two. Every round of seven has each behaviour."""
    start = now + timedelta(seconds=5)
    for kind in itertools.chain(["well"], _rounds(rng)):
        yield plan_run(_arrival(kind, rng), start, rng)
        start += timedelta(seconds=rng.randrange(60, 110))


def _rounds(rng: random.Random) -> Iterator[str]:
    while True:
        yield from rng.sample(("well", "well", "well", "retries", "fails", "stale", "host lost"), 7)


def _arrival(kind: str, rng: random.Random) -> RunSpec:
    user = rng.choice(USERS)
    some = rng.sample(range(14), 7)
    # A run has no lease until its first keepalive.
    late = timedelta(seconds=rng.randrange(20, 50))
    if kind == "retries":
        run_faults = _faults_of(TRIM, some[:2], _ONCE) | _faults_of(QUANTIFY, some[2:4], _TWICE)
        return RunSpec(
            workflow=RNA_SEQ, user=user, samples=14, instance=R5_8XLARGE, faults=run_faults, first_lease=late
        )
    if kind == "fails":
        run_faults = _faults_of(SORT, some[:5], _OOM) | _faults_of(SORT, some[5:], _PULL)
        return RunSpec(
            workflow=MERGE_LANES, user=user, samples=14, instance=R5_2XLARGE, faults=run_faults, first_lease=late
        )
    if kind == "stale":
        return RunSpec(
            workflow=QC, user=user, samples=30, writer_stops=timedelta(seconds=rng.randrange(90, 180)), first_lease=late
        )
    if kind == "host lost":
        return RunSpec(workflow=JOINT_CALL, user=user, samples=16, pools=2, host_lost=_minutes(2.5), first_lease=late)
    workflow = rng.choice((ALIGN, QC, RNA_SEQ, MERGE_LANES))
    return RunSpec(workflow=workflow, user=user, samples=rng.randrange(6, 14), instance=R5_8XLARGE, first_lease=late)
