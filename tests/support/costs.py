"""Costs for tests: a host of two hours at $0.50 an hour, and tasks on it."""

from datetime import date
from decimal import Decimal
from typing import Any

from store import Alloc, PoolRow, Resources, Task
from tests.support.rows import NOW, ago, digest, make_alloc, make_pool, make_task
from tui.cost.costs import Costs
from tui.cost.price_file import PriceList, PriceListSource
from tui.cost.prices import PriceBook
from tui.settings import Settings
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster

HOST = Resources({"cpu": 8, "mem": 64 << 30, "disk": 1e12})
HALF = Resources({"cpu": 4, "mem": 8 << 30})
LIST = PriceList(
    source=PriceListSource.AWS, as_of=date(2026, 11, 1), regions={"us-west-2": {"r5.2xlarge": Decimal("0.50")}}
)
LABEL = "EC2 on-demand (us-west-2, prices of 2026-11-01); disks, S3 and transfer not counted"


def host(name: str = "i-0abc", **fields: Any) -> tuple[PoolRow, Alloc]:
    """A pool from two hours ago until now, and its one alloc."""
    values: dict[str, Any] = {"start": ago(hours=2), "end": NOW, "resources": HOST}
    uri = "ec2-54-1-2-3.us-west-2.compute.amazonaws.com:9000"
    pool = make_pool(name, uri=uri, **{**values, **fields})
    return pool, make_alloc(f"{name}/1", name, start=pool.start, end=pool.end, resources=HOST)


def task(number: int, start: float, end: float | None, *, run: int = 1, on: str = "i-0abc", **fields: Any) -> Task:
    """A task that requests half of a host from `start` to `end`, in hours before now."""
    values: dict[str, Any] = {"resources": HALF, "alloc_id": digest(f"{on}/1"), "start": ago(hours=start)}
    return make_task(number, run, end=None if end is None else ago(hours=end), **{**values, **fields})


def make_costs(*rows: Any, settings: Settings | None = None, listed: PriceList | None = LIST, days: float = 1) -> Costs:
    """The costs of a cluster whose tasks of some days are all known; a tuple in `rows` is a host."""
    cluster = Cluster(NOW)
    changes = Changes()
    cluster.merge([row for group in rows for row in (group if isinstance(group, tuple) else (group,))], changes)
    cluster.finish_refresh(NOW, ago(days=days), changes)
    costs = Costs(cluster, PriceBook(settings or Settings(table="t", region="us-west-2"), listed))
    costs.update()
    return costs
