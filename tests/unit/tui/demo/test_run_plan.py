"""The plans of simulated runs."""

import random
from datetime import timedelta

from store import Alloc, ErrorKind, PoolRow, Task
from tests.support.rows import NOW
from tests.support.simulated import World
from tui.demo.run_plan import RunSpec, plan_run
from tui.demo.workflow import QC


async def test_tasks_run_on_the_host_of_their_uri(world: World) -> None:
    allocs = {alloc.id: alloc for alloc in world.rows(Alloc)}
    pools = {pool.id: pool for pool in world.rows(PoolRow)}
    for task in world.rows(Task):
        host, alloc, exec_id = task.uri.split("/")
        assert allocs[task.alloc_id].alloc_id == f"{host}/{alloc}"
        assert pools[allocs[task.alloc_id].pool_id].uri == host
        assert len(exec_id) == 64


def test_plan_depends_on_its_arguments_only() -> None:
    spec = RunSpec(workflow=QC, user="amy", samples=4)
    assert plan_run(spec, NOW, random.Random(1)) == plan_run(spec, NOW, random.Random(1))
    assert plan_run(spec, NOW, random.Random(1)).id != plan_run(spec, NOW, random.Random(2)).id


def test_run_whose_writer_stops_does_not_end() -> None:
    spec = RunSpec(workflow=QC, user="amy", samples=4, writer_stops=timedelta(seconds=60))
    plan = plan_run(spec, NOW, random.Random(1))
    assert (plan.life.stop, plan.life.ended) == (NOW + timedelta(seconds=60), False)
    assert all(task.life.start < plan.life.stop for task in plan.tasks)
    assert any(not task.life.ended for task in plan.tasks)


def test_tasks_of_a_lost_host_fail_when_the_run_detects_it() -> None:
    spec = RunSpec(workflow=QC, user="amy", samples=20, pools=2, host_lost=timedelta(seconds=60))
    plan = plan_run(spec, NOW, random.Random(1))
    lost, alive = plan.pools
    assert (lost.life.ended, alive.life.ended) == (False, True)
    failed = [task for task in plan.tasks if task.err is not None]
    assert failed
    assert {task.err.kind for task in failed if task.err is not None} == {ErrorKind.UNAVAILABLE}
    assert {task.life.stop for task in failed} == {NOW + timedelta(minutes=11)}
