"""Plans of simulated runs: every row from start to end, decided before any of it is written. Pure."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from store import (
    Alloc,
    ClusterID,
    Digest,
    Error,
    Pool,
    RunID,
    StringDigest,
    Task,
    TaskID,
)
from tui.demo.schedule import Attempt, FlowFaults, Host, find_time_factor, make_schedule
from tui.demo.workflow import GIB, M5_4XLARGE, InstanceType, Step, Workflow

_BOOT = 8.0  # seconds until a host is up
_IDLE = timedelta(minutes=1)  # how long a host without work stays up
_DETECTION = timedelta(minutes=10)  # until a run detects that a host is lost
_VERSION = "reflow1.28.0"


@dataclass(frozen=True)
class Lifetime:
    """The time from the start of a row until its writer stops. The writer writes an end only if `ended`."""

    start: datetime
    stop: datetime
    ended: bool = True


@dataclass(frozen=True)
class PoolPlan:
    """A host. `pool.start` is the start of `life`."""

    pool: Pool
    life: Lifetime


@dataclass(frozen=True)
class AllocPlan:
    """An alloc: a share of a host."""

    alloc: Alloc
    life: Lifetime


@dataclass(frozen=True)
class TaskPlan:
    """An attempt of a flow on a sample, which fails if `err` is set.

    If `keeps_logs` is false, its logs are written only if it ends while the demo runs.
    """

    task: Task
    step: Step
    sample: str
    life: Lifetime
    err: Error | None
    keeps_logs: bool


@dataclass(frozen=True)
class RunPlan:
    """A run with its pools, allocs and tasks. It takes its first lease at `first_lease`."""

    id: RunID
    user: str
    workflow: Workflow
    bundle: Digest
    args: tuple[str, ...]
    life: Lifetime
    first_lease: datetime
    pools: tuple[PoolPlan, ...]
    allocs: tuple[AllocPlan, ...]
    tasks: tuple[TaskPlan, ...]


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """The specification of a simulated run. Times are relative to its start.

    `faults` maps (sample, ident) to the faults of that flow. If `done` is set, time is scaled so that this number of
    tasks have ended at the time `at`. The run's writer stops at `writer_stops`, and its first host is lost at
    `host_lost`.
    """

    workflow: Workflow
    user: str
    samples: int
    instance: InstanceType = M5_4XLARGE
    pools: int = 1
    allocs: int = 2  # in each pool
    faults: Mapping[tuple[int, str], FlowFaults] = field(default_factory=dict)
    done: int = 0
    at: timedelta = timedelta()
    writer_stops: timedelta | None = None
    host_lost: timedelta | None = None
    first_lease: timedelta = timedelta(seconds=1)


def plan_run(spec: RunSpec, start: datetime, rng: random.Random) -> RunPlan:
    """Return the plan of a run that starts at `start`. It depends on the arguments and the state of `rng` only."""
    attempts = make_schedule(spec.workflow, spec.samples, _hosts(spec), spec.faults, rng)
    factor = find_time_factor(attempts, spec.done, spec.at.total_seconds()) if spec.done else 1.0
    times = _Times(start, factor)
    end = times(max(attempt.end for attempt in attempts) + 2)
    life = Lifetime(start, end)
    if spec.writer_stops is not None:
        life = Lifetime(start, start + spec.writer_stops, ended=False)
    run_id = RunID(rng.randbytes(32))
    pools = tuple(_pool(spec, number, life, rng) for number in range(spec.pools))
    allocs = tuple(_alloc(spec, pool, rng) for pool in pools for _ in range(spec.allocs))
    tasks = _tasks(run_id, attempts, allocs, times, life, rng)
    return RunPlan(
        id=run_id,
        user=spec.user,
        workflow=spec.workflow,
        bundle=Digest(rng.randbytes(32)),
        args=(f"--samples={spec.samples}", "--ref=s3://references/GRCh38.fa"),
        life=life,
        first_lease=start + spec.first_lease,
        pools=pools,
        allocs=allocs,
        tasks=tasks,
    )


@dataclass(frozen=True)
class _Times:
    """Converts seconds of the schedule to points in time, rounded to whole seconds, as the table stores them."""

    start: datetime
    factor: float

    def __call__(self, seconds: float) -> datetime:
        return self.start + timedelta(seconds=round(seconds * self.factor))


def _hosts(spec: RunSpec) -> list[Host]:
    """Return a schedule host for each alloc. Those of the first pool are lost together."""
    cpu, mem = spec.instance.cpu // spec.allocs, spec.instance.resources["mem"] / GIB / spec.allocs
    hosts = [Host(cpu, mem, _BOOT) for _ in range(spec.pools * spec.allocs)]
    if spec.host_lost is not None:
        for host in hosts[: spec.allocs]:
            host.closes = spec.host_lost.total_seconds()
            host.detected = (spec.host_lost + _DETECTION).total_seconds()
    return hosts


def _pool(spec: RunSpec, number: int, run: Lifetime, rng: random.Random) -> PoolPlan:
    address = "-".join(str(rng.randrange(1, 255)) for _ in range(3))
    life = Lifetime(run.start + timedelta(seconds=3 + number), run.stop + _IDLE)
    if spec.host_lost is not None and number == 0:
        life = Lifetime(life.start, run.start + spec.host_lost, ended=False)
    pool = Pool(
        pool_id=StringDigest(f"i-0{rng.randbytes(8).hex()}"),
        pool_type=spec.instance.name,
        resources=spec.instance.resources,
        uri=f"ec2-54-{address}.us-west-2.compute.amazonaws.com:9000",
        cluster=ClusterID("default", spec.user, _VERSION),
        start=life.start,
    )
    return PoolPlan(pool, life)


def _alloc(spec: RunSpec, pool: PoolPlan, rng: random.Random) -> AllocPlan:
    text = f"{pool.pool.uri}/{rng.randbytes(8).hex()}"
    alloc = Alloc(
        id=StringDigest(text).digest,
        alloc_id=text,
        pool_id=pool.pool.pool_id.digest,
        resources=pool.pool.resources * (1 / spec.allocs),
    )
    return AllocPlan(alloc, Lifetime(pool.life.start + timedelta(seconds=2), pool.life.stop, pool.life.ended))


def _tasks(
    run_id: RunID,
    attempts: list[Attempt],
    allocs: tuple[AllocPlan, ...],
    times: _Times,
    run: Lifetime,
    rng: random.Random,
) -> tuple[TaskPlan, ...]:
    flows: dict[tuple[int, str], Digest] = {}
    tasks = []
    for attempt in attempts:
        step = attempt.step
        id, flow_id, exec_id = TaskID(rng.randbytes(32)), Digest(rng.randbytes(32)), rng.randbytes(32).hex()
        start, end = times(attempt.start), times(attempt.end)
        if start >= run.stop:  # the writer of the run has stopped before
            continue
        life = Lifetime(start, end) if end <= run.stop else Lifetime(start, run.stop, ended=False)
        alloc = allocs[attempt.host].alloc
        task = Task(
            id=id,
            run_id=run_id,
            alloc_id=alloc.id,
            flow_id=flows.setdefault((attempt.sample, step.ident), flow_id),
            img_cmd_id=step.img_cmd_id,
            ident=step.ident,
            attempt=attempt.number,
            resources=step.resources,
            uri=f"{alloc.alloc_id}/{exec_id}",
        )
        tasks.append(TaskPlan(task, step, f"sample-{attempt.sample:03}", life, attempt.err, _keeps_logs(attempt)))
    return tuple(tasks)


def _keeps_logs(attempt: Attempt) -> bool:
    return attempt.err is not None or attempt.sample % 25 == 0
