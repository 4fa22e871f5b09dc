"""The simulated cluster over half an hour of a clock that the test moves."""

from collections import defaultdict
from typing import Never

import pytest

from store import Alloc, Digest, Error, ErrorKind, Liveness, MemoryTaskDB, PoolRow, Run, RunID, Task
from tests.support.clock import MockClock
from tests.support.rows import ago
from tests.support.simulated import World, flows
from tui.demo.simulated_cluster import PastRows
from tui.watch.model.states import State


async def test_lost_host_orphans_live_tasks(world: World) -> None:
    lost = {pool.id for pool in world.rows(PoolRow) if world.liveness(pool) is Liveness.LOST}
    allocs = {alloc.id for alloc in world.rows(Alloc) if alloc.pool_id in lost}
    tasks = world.rows(Task)
    orphaned = [task for task in tasks if task.alloc_id in allocs and world.liveness(task) is Liveness.LIVE]
    assert orphaned

    await world.clock.advance(8 * 60)  # until the run finds out, and tries elsewhere
    later = flows(world.tasks(orphaned[0].run_id))
    for task in orphaned:
        first, second = later[task.flow_id]
        assert first.err is not None
        assert first.err.kind is ErrorKind.UNAVAILABLE
        assert second.alloc_id not in allocs


@pytest.mark.slow
async def test_every_kind_of_run_occurs_within_half_an_hour_and_few_are_active_after_an_hour(world: World) -> None:
    """One world for both: half an hour takes seconds of CPU."""
    history: dict[Digest, list[State]] = defaultdict(list)
    for _ in range(120):
        states = world.states()
        assert 5 < len(states) < 30
        for id, state in states.items():
            if history[id][-1:] != [state]:
                history[id].append(state)
        await world.clock.advance(15)
    lives = list(history.values())
    assert [State.RUNNING] in lives  # the slow one
    assert [State.LOST] in lives
    assert [State.RUNNING, State.STALE, State.LOST] in lives
    assert [State.STARTING, State.RUNNING, State.STALE, State.LOST] in lives
    assert [State.STARTING, State.RUNNING, State.SUCCEEDED] in lives
    assert [State.STARTING, State.RUNNING, State.FAILING, State.FAILED] in lives

    await world.clock.advance(1800)
    active = list(world.states().values())
    assert 5 < len(active) < 30
    assert active.count(State.RUNNING) > 2


async def test_stale_run_appears_within_a_minute(world: World) -> None:
    await world.clock.advance(45)
    assert State.STALE in world.states().values()


async def test_flows_succeed_after_retries(world: World) -> None:
    await world.clock.advance(10 * 60)
    attempts = flows(task for task in world.rows(Task) if task.end is not None).values()
    mended = [each for each in attempts if each[0].err is not None and each[-1].err is None]
    assert {len(each) for each in mended} == {2, 3}


async def test_new_runs_start_after_an_outage_of_the_service(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> Never:
        raise Error(ErrorKind.TIMEOUT, "dynamodb.PutItem", (), "no answer")

    before = {id for id, state in world.states().items() if state is State.RUNNING}
    with monkeypatch.context() as outage:
        for name in (
            *("create_run", "create_task", "start_pool", "start_alloc", "set_run_complete", "set_task_complete"),
            *("keep_run_alive", "keep_task_alive", "keep_id_alive", "set_end_time", "set_run_attrs", "set_task_attrs"),
        ):
            outage.setattr(MemoryTaskDB, name, fail)
        await world.clock.advance(12 * 60)
        lost = {run.id for run in world.rows(Run) if world.liveness(run) is Liveness.LOST}
    known = {run.id for run in world.rows(Run)}
    assert before & lost
    await world.clock.advance(3 * 60)
    runs: dict[Digest, Run] = {run.id: run for run in world.rows(Run)}
    assert runs.keys() > known, "runs that were to begin meanwhile"
    stopped = {plan.id for plan in world.plans() if not plan.life.ended}  # their writers crash, as planned
    assert stopped < {plan.id for plan in world.plans()}
    for id in before - stopped:
        assert runs[id].end is not None or world.liveness(runs[id]) is Liveness.LIVE


async def test_a_row_of_the_past_is_held_once_with_its_last_state() -> None:
    clock = MockClock()
    past = PastRows({"project": "wgs"}, clock.now)
    run = RunID.compute(b"run")
    await past.create_run(run, "amy@example.com")
    await past.keep_run_alive(run, clock.now())
    await past.set_run_complete(run, end=ago(seconds=1))
    (item,) = past.items
    assert item["ID"] == {"S": str(run)}
    assert item["Labels"] == {"SS": ["project=wgs"]}
    assert {"Keepalive", "EndTime"} <= item.keys()
