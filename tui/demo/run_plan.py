"""A run of the simulated cluster from its beginning to its end, known before any of it is written. Pure."""

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
_IDLE = timedelta(minutes=1)  # how long a host waits for more work before it ends
_NOTICE = timedelta(minutes=10)  # how long a run takes to find out that a host is lost
_VERSION = "reflow1.28.0"


@dataclass(frozen=True)
class Lifetime:
    """The time of a row: until its writer stops, having written an end (`ended`) or without a word."""

    start: datetime
    stop: datetime
    ended: bool = True


@dataclass(frozen=True)
class PoolPlan:
    """A host. The start is in `pool` too."""

    pool: Pool
    life: Lifetime


@dataclass(frozen=True)
class AllocPlan:
    """A share of a host."""

    alloc: Alloc
    life: Lifetime


@dataclass(frozen=True)
class TaskPlan:
    """An attempt of a flow, which fails with `err` if that is set. `sample` says what it worked on.

    `keeps_logs` is whether there are logs of it even if it ended long ago.
    """

    task: Task
    step: Step
    sample: str
    life: Lifetime
    err: Error | None
    keeps_logs: bool


@dataclass(frozen=True)
class RunPlan:
    """A run, and all that it starts. Its first lease is written at `first_lease`."""

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
    """What a run is to be like; times are since its start.

    Its tasks take as long as their steps say, unless `done` demands that so many have ended at the time `at`.
    The run's writer falls silent at `silent`; its first host is lost at `host_lost`.
    """

    workflow: Workflow
    user: str
    samples: int
    instance: InstanceType = M5_4XLARGE
    pools: int = 1
    allocs: int = 2  # in each pool
    trouble: Mapping[tuple[int, str], FlowFaults] = field(default_factory=dict)
    done: int = 0
    at: timedelta = timedelta()
    silent: timedelta | None = None
    host_lost: timedelta | None = None
    first_lease: timedelta = timedelta(seconds=1)


def plan_run(story: RunSpec, start: datetime, rng: random.Random) -> RunPlan:
    """The run of `story` that starts at `start`; the same for the same state of `rng`."""
    attempts = make_schedule(story.workflow, story.samples, _hosts(story), story.trouble, rng)
    factor = find_time_factor(attempts, story.done, story.at.total_seconds()) if story.done else 1.0
    times = _Times(start, factor)
    end = times(max(attempt.end for attempt in attempts) + 2)
    life = Lifetime(start, end)
    if story.silent is not None:
        life = Lifetime(start, start + story.silent, ended=False)
    run_id = RunID(rng.randbytes(32))
    pools = tuple(_pool(story, number, life, rng) for number in range(story.pools))
    allocs = tuple(_alloc(story, pool, rng) for pool in pools for _ in range(story.allocs))
    tasks = _tasks(run_id, attempts, allocs, times, life, rng)
    return RunPlan(
        id=run_id,
        user=story.user,
        workflow=story.workflow,
        bundle=Digest(rng.randbytes(32)),
        args=(f"--samples={story.samples}", "--ref=s3://references/GRCh38.fa"),
        life=life,
        first_lease=start + story.first_lease,
        pools=pools,
        allocs=allocs,
        tasks=tasks,
    )


@dataclass(frozen=True)
class _Times:
    """From seconds of the schedule to the time of day, in whole seconds as they are stored."""

    start: datetime
    factor: float

    def __call__(self, seconds: float) -> datetime:
        return self.start + timedelta(seconds=round(seconds * self.factor))


def _hosts(story: RunSpec) -> list[Host]:
    """One for each alloc; those of the first pool are lost together."""
    cpu, mem = story.instance.cpu // story.allocs, story.instance.resources["mem"] / GIB / story.allocs
    hosts = [Host(cpu, mem, _BOOT) for _ in range(story.pools * story.allocs)]
    if story.host_lost is not None:
        for host in hosts[: story.allocs]:
            host.closes = story.host_lost.total_seconds()
            host.noticed = (story.host_lost + _NOTICE).total_seconds()
    return hosts


def _pool(story: RunSpec, number: int, run: Lifetime, rng: random.Random) -> PoolPlan:
    address = "-".join(str(rng.randrange(1, 255)) for _ in range(3))
    life = Lifetime(run.start + timedelta(seconds=3 + number), run.stop + _IDLE)
    if story.host_lost is not None and number == 0:
        life = Lifetime(life.start, run.start + story.host_lost, ended=False)
    pool = Pool(
        pool_id=StringDigest(f"i-0{rng.randbytes(8).hex()}"),
        pool_type=story.instance.name,
        resources=story.instance.resources,
        uri=f"ec2-54-{address}.us-west-2.compute.amazonaws.com:9000",
        cluster=ClusterID("default", story.user, _VERSION),
        start=life.start,
    )
    return PoolPlan(pool, life)


def _alloc(story: RunSpec, pool: PoolPlan, rng: random.Random) -> AllocPlan:
    text = f"{pool.pool.uri}/{rng.randbytes(8).hex()}"
    alloc = Alloc(
        id=StringDigest(text).digest,
        alloc_id=text,
        pool_id=pool.pool.pool_id.digest,
        resources=pool.pool.resources * (1 / story.allocs),
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
        if start >= run.stop:  # of a run that went silent: never begun
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
