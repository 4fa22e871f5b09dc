"""What the simulated cluster does, watched over half an hour of a clock that the test moves."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from store import Alloc, Digest, Error, ErrorKind, Liveness, PoolRow, Run, Task, parse_inspect, parse_trace
from store.lease import LEASE, RENEWAL
from store.logs.runlog import Level, head
from tests.support.simulated import World, flows, playing
from tui.demo.run_plan import Lifetime, RunPlan
from tui.watch.model.states import State


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with playing() as world:
        yield world


# The first moment: everything has a past, and most of what there is to see can be seen.


async def test_a_run_fails_in_groups_and_goes_on_failing(world: World) -> None:
    merge = next(plan for plan in world.plans() if plan.workflow.name == "merge")
    failed = [attempts[-1] for attempts in flows(world.tasks(merge.id)).values() if attempts[-1].err is not None]
    kinds = [task.err.kind for task in failed if task.err is not None]
    assert (kinds.count(ErrorKind.OOM), kinds.count(ErrorKind.NET), len(kinds)) == (9, 3, 12)
    assert {task.ident for task in failed} == {"samtools.sort"}
    assert {pool.pool.pool_type for pool in merge.pools} == {"r5.2xlarge"}
    assert world.states()[merge.id] is State.FAILING

    await world.clock.advance(12 * 60)
    later = flows(world.tasks(merge.id)).values()
    assert sum(attempts[-1].err is not None for attempts in later) > 12


async def test_errors_are_chains(world: World) -> None:
    errors = [task.err for task in world.rows(Task) if task.err is not None]
    nested = [error for error in errors if isinstance(error.cause, Error)]
    assert {error.kind for error in nested} >= {ErrorKind.OOM, ErrorKind.NET, ErrorKind.TEMPORARY}
    assert all(":\n\t" in str(error) for error in nested)


async def test_a_large_run_is_well_under_way(world: World) -> None:
    [run] = [run for run in world.rows(Run) if run.start == world.clock.now() - timedelta(minutes=133)]
    tasks = world.tasks(run.id)
    assert sum(task.end is not None for task in tasks) == pytest.approx(512, abs=3)
    assert 100 < sum(task.end is None for task in tasks) < 300
    assert run.args
    assert run.bundle
    assert run.labels == {"project": "wgs-2026", "Name": "align"}


async def test_there_is_a_past_of_several_users(world: World) -> None:
    ended = [run for run in world.rows(Run) if run.end is not None]
    assert len(ended) > 10
    assert {run.user for run in ended} == {"amy@example.com", "bob@example.com", "carol@example.com"}
    assert max(world.clock.now() - run.start for run in ended if run.start) > timedelta(hours=20)
    assert all(run.run_log and run.eval_graph and run.trace for run in ended)


async def test_a_host_is_lost_while_its_tasks_claim_to_live(world: World) -> None:
    lost = {pool.id for pool in world.rows(PoolRow) if world.liveness(pool) is Liveness.LOST}
    allocs = {alloc.id for alloc in world.rows(Alloc) if alloc.pool_id in lost}
    tasks = world.rows(Task)
    stranded = [task for task in tasks if task.alloc_id in allocs and world.liveness(task) is Liveness.LIVE]
    assert stranded

    await world.clock.advance(8 * 60)  # until the run finds out, and tries elsewhere
    later = flows(world.tasks(stranded[0].run_id))
    for task in stranded:
        first, second = later[task.flow_id]
        assert first.err is not None
        assert first.err.kind is ErrorKind.UNAVAILABLE
        assert second.alloc_id not in allocs


# What happens while one watches.


async def test_everything_happens_within_half_an_hour(world: World) -> None:
    seen: dict[Digest, list[State]] = defaultdict(list)
    for _ in range(120):
        states = world.states()
        assert 5 < len(states) < 30
        for id, state in states.items():
            if seen[id][-1:] != [state]:
                seen[id].append(state)
        await world.clock.advance(15)
    lives = list(seen.values())
    assert [State.RUNNING] in lives  # the slow one
    assert [State.LOST] in lives
    assert [State.RUNNING, State.STALE, State.LOST] in lives
    assert [State.STARTING, State.RUNNING, State.STALE, State.LOST] in lives
    assert [State.STARTING, State.RUNNING, State.SUCCEEDED] in lives
    assert [State.STARTING, State.RUNNING, State.FAILING, State.FAILED] in lives


async def test_silence_is_seen_within_a_minute(world: World) -> None:
    await world.clock.advance(45)
    assert State.STALE in world.states().values()


async def test_flows_fail_and_then_succeed(world: World) -> None:
    await world.clock.advance(10 * 60)
    attempts = flows(task for task in world.rows(Task) if task.end is not None).values()
    mended = [each for each in attempts if each[0].err is not None and each[-1].err is None]
    assert {len(each) for each in mended} == {2, 3}


async def test_it_neither_dies_out_nor_piles_up(world: World) -> None:
    await world.clock.advance(3600)
    states = list(world.states().values())
    assert 5 < len(states) < 30
    assert states.count(State.RUNNING) > 2


# What it writes is what an engine writes.


async def test_leases_are_kept_as_long_as_the_writer_lives(world: World) -> None:
    for _ in range(20):
        now = world.clock.now()
        rows = world.by_id()
        for id, life, first_lease in lives_of(world.plans()):
            assert (id in rows) == (life.start <= now)
            if life.start <= now and now != life.stop:
                check(rows[id], life, first_lease, now)
        await world.clock.advance(47)


def check(row: Any, life: Lifetime, first_lease: datetime, now: datetime) -> None:
    assert row.start == life.start
    if life.stop < now:
        assert row.end == (life.stop if life.ended else None)
        assert row.keepalive <= life.stop + LEASE
    elif first_lease < now:
        assert row.end is None
        assert now + LEASE - RENEWAL <= row.keepalive <= now + LEASE


def lives_of(plans: Iterable[RunPlan]) -> Iterable[tuple[Digest, Lifetime, datetime]]:
    for plan in plans:
        yield plan.id, plan.life, plan.first_lease
        yield from ((pool.pool.pool_id.digest, pool.life, pool.life.start) for pool in plan.pools)
        yield from ((alloc.alloc.id, alloc.life, alloc.life.start) for alloc in plan.allocs)
        yield from ((task.task.id, task.life, task.life.start) for task in plan.tasks)


async def test_tasks_run_where_their_uri_says(world: World) -> None:
    allocs = {alloc.id: alloc for alloc in world.rows(Alloc)}
    pools = {pool.id: pool for pool in world.rows(PoolRow)}
    for task in world.rows(Task):
        host, alloc, exec_id = task.uri.split("/")
        assert allocs[task.alloc_id].alloc_id == f"{host}/{alloc}"
        assert pools[allocs[task.alloc_id].pool_id].uri == host
        assert len(exec_id) == 64


async def test_hosts_are_not_overbooked(world: World) -> None:
    running = [task for task in world.rows(Task) if world.liveness(task) is Liveness.LIVE]
    assert len(running) > 100
    for alloc in world.rows(Alloc):
        here = [task.resources for task in running if task.alloc_id == alloc.id]
        for resource in ("cpu", "mem"):
            assert sum(task[resource] for task in here) <= alloc.resources[resource]


@pytest.mark.parametrize("minutes", [0, 5])
async def test_digests_resolve(world: World, minutes: int) -> None:
    await world.clock.advance(minutes * 60)
    ended = [task for task in world.rows(Task) if task.end is not None]
    assert all(task.stderr for task in ended if task.err is not None)
    for task in ended:
        if not task.stderr:
            continue
        assert world.kept.objects[task.stdout]
        stream = f"{task.uri.split('/', 1)[1]}/stderr"
        reference = {"Type": "cloudwatch", "LogGroupName": "reflow", "LogStreamName": stream}
        assert json.loads(world.kept.objects[task.stderr]) == reference
        events = world.kept.streams[stream]
        assert events == sorted(dict.fromkeys(events), key=lambda event: event[0])
        assert task.start is not None
        assert task.end is not None
        assert task.start <= events[0][0] <= events[-1][0] <= task.end
        assert bool(task.result_id) == (task.err is None)
        assert task.err is not None or world.kept.objects[task.result_id]
        inspect = json.loads(world.kept.objects[task.inspect])
        assert inspect["Config"]["Ident"] == task.ident
        assert ("ExecError" in inspect) == (task.err is not None)


async def test_tasks_that_run_are_heard_of(world: World) -> None:
    await world.clock.advance(100)
    running = [task for task in world.rows(Task) if world.liveness(task) is Liveness.LIVE]
    streams = {task.id: f"{task.uri.split('/', 1)[1]}/stderr" for task in running}
    before = {id: len(world.kept.streams.get(stream, ())) for id, stream in streams.items()}
    assert sum(map(bool, before.values())) > len(running) / 2
    await world.clock.advance(60)
    assert any(len(world.kept.streams[stream]) > before[id] > 0 for id, stream in streams.items() if before[id])


async def test_what_is_left_behind_can_be_read(world: World) -> None:
    runs = [run for run in world.rows(Run) if run.end is not None]
    for run in runs:
        spans = parse_trace(world.kept.objects[run.trace])
        assert len(spans) == len(world.tasks(run.id)) + 1
        lines = world.kept.objects[run.run_log].splitlines()
        heads = [head(line) for line in lines]
        assert {found.level for found in heads if found} >= {Level.INFO, Level.DEBUG}
        assert all(line.startswith(b"\t") for line, found in zip(lines, heads, strict=True) if found is None)
        assert world.kept.objects[run.eval_graph].startswith(b"digraph")
    inspected = [task for task in world.rows(Task) if task.inspect]
    for task in inspected:
        found = parse_inspect(world.kept.objects[task.inspect])
        assert (found.ident, found.resources, found.exec_error) == (task.ident, task.resources, task.err)
        assert found.profile.keys() >= {"cpu", "mem", "disk"}
        assert found.runtime


async def test_the_last_words_of_a_failed_task_say_why(world: World) -> None:
    words = defaultdict(set)
    for task in world.rows(Task):
        if task.err is not None:
            words[task.err.kind].add(world.kept.streams[f"{task.uri.split('/', 1)[1]}/stderr"][-1][1])
    assert words[ErrorKind.OOM] == {"Killed"}
    assert all("i/o timeout" in line for line in words[ErrorKind.NET])


async def test_a_seed_makes_the_same_cluster_again() -> None:
    async def play(seed: int) -> tuple[dict[str, Any], dict[Digest, bytes]]:
        async with playing(seed) as world:
            await world.clock.advance(5 * 60)
            return world.items, world.kept.objects

    first = await play(7)
    assert await play(7) == first
    assert not (await play(8))[0].keys() & first[0].keys()
