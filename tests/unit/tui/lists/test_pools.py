"""The list of pools, each with its allocs below it."""

from store import Resources
from tests.support.dashboard import Dashboard
from tests.support.rows import ago, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB


async def test_pools_sort_by_resources_with_their_allocs() -> None:
    pools = [
        make_pool(f"i-0{n}", start=ago(minutes=9 + n), resources=Resources({"cpu": 16, "mem": 64 << 30}))
        for n in range(3)
    ]
    allocs = [make_alloc(f"a{n}", f"i-0{n}", resources=Resources({"cpu": n, "mem": n << 30})) for n in (1, 2)]
    task = make_task(1, 1, alloc_id=digest("a1"))
    async with Dashboard(ScriptedDB(make_run(1), *pools, *allocs, task)).shown() as top:
        await top.press("p")
        for column, first in (("cpu", "i-02"), ("mem", "i-02"), ("tasks", "i-01"), ("age", "i-02")):
            await top.press("colon")
            await top.type(f"sort {column}")
            await top.press("enter")
            names = [line[2:8].strip() for line in top.lines[3:8]]
            assert names[0] == first
            assert names.index("└ a2") == names.index("i-02") + 1
            assert names.index("└ a1") == names.index("i-01") + 1
