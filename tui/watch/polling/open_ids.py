"""The open rows of a cluster that plans of narrow reads need, collected in slices."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from store import Digest, RunID
from store.time_slices import in_slices
from tui.watch.model.cluster import Cluster
from tui.watch.polling import rationing, read_plan
from tui.watch.polling.read_plan import Coverage, OpenIds

# Beyond so many idents, those of failing runs come first.
_FEW_IDENTS = 40


async def open_ids(
    cluster: Cluster, covered: Coverage, now: datetime, *, rationed_limit: float | None = None
) -> OpenIds:
    """Return the open rows at `now`; `rationed_limit` is the budget in RCU/s if reads are rationed, else None."""
    rows = cluster.open
    runs = [run.id for run in cluster.runs if run.end is None]
    idents = [ident for ident in rows.tasks_of if ident]
    count = len(rows.pools) + sum(map(len, rows.allocs_in.values()))
    if rationed_limit is not None and not rationing.has_time_for_hosts(count, rationed_limit):
        return OpenIds(runs, [], idents, _of_failing(cluster, runs), has_hosts=False)
    others = list(chain(rows.pools, *rows.allocs_in.values(), rows.tasks_of.get("", {})))
    overdue: list[Digest] = []
    async for part in in_slices(others):
        overdue += read_plan.overdue(part, covered, now - read_plan.OTHERS_EVERY)
    has_many = rationed_limit is not None or len(idents) > _FEW_IDENTS
    return OpenIds(runs, overdue, idents, _of_failing(cluster, runs) if has_many else ())


def _of_failing(cluster: Cluster, runs: Iterable[RunID]) -> list[str]:
    """Return the idents with open tasks of failing runs."""
    failing = {id for id in runs if cluster.tally(id).failed_flows}
    if not failing:
        return []
    return [
        ident
        for ident, tasks in cluster.open.tasks_of.items()
        if ident and any(task.run_id in failing for task in tasks.values())
    ]
