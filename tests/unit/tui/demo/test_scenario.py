"""The runs of the simulated cluster."""

from datetime import timedelta
from typing import Any

import pytest

from store import Digest, ErrorKind, Run
from tests.support.simulated import World, flows, playing
from tui.watch.model.states import State


async def test_one_run_has_groups_of_failures_and_keeps_failing(world: World) -> None:
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


async def test_large_run_is_half_done(world: World) -> None:
    [run] = [run for run in world.rows(Run) if run.start == world.clock.now() - timedelta(minutes=133)]
    tasks = world.tasks(run.id)
    assert sum(task.end is not None for task in tasks) == pytest.approx(512, abs=3)
    assert 100 < sum(task.end is None for task in tasks) < 300
    assert run.args
    assert run.bundle
    assert run.labels == {"project": "wgs-2026", "Name": "align"}


async def test_ended_runs_of_several_users(world: World) -> None:
    ended = [run for run in world.rows(Run) if run.end is not None]
    assert len(ended) > 10
    assert {run.user for run in ended} == {"amy@example.com", "bob@example.com", "carol@example.com"}
    assert max(world.clock.now() - run.start for run in ended if run.start) > timedelta(hours=20)
    assert all(run.run_log and run.eval_graph and run.trace for run in ended)


async def test_same_seed_makes_the_same_cluster() -> None:
    async def play(seed: int) -> tuple[dict[str, Any], dict[Digest, bytes]]:
        async with playing(seed, has_logs=True) as world:
            await world.clock.advance(5 * 60)
            return world.items, world.kept.objects

    first = await play(7)
    assert await play(7) == first
    assert not (await play(8))[0].keys() & first[0].keys()
