"""`reflowtop pools`: list pools and, with --allocs, their allocs."""

from collections.abc import Sequence
from datetime import datetime

from store import Liveness, Task, TaskDB
from store.times import utc_now
from tui.commands.cluster_read import ClusterRead, read_now, read_past
from tui.commands.listing import ListKind, ListOptions, ListPlan, make_plan, print_rows
from tui.connect import run_with_db
from tui.exit_status import ExitCode
from tui.export.list_records import pool_record
from tui.lists import pools as pool_list
from tui.lists.pools import PoolListRow
from tui.settings import Settings


def _rows(read: ClusterRead, options: ListOptions) -> Sequence[PoolListRow]:
    cluster, past, since = read.cluster, read.past, read.settings.since.at(read.now)
    if past is None:
        rows = pool_list.rows(
            cluster,
            (row for row in cluster.open_rows if isinstance(row, Task)),
            lambda row: row.end is None or (options.ended and row.end >= since),
            lambda row: row.end is None,
        )
    else:
        known = (task for run in cluster.runs for task in cluster.tally(run.id).tasks.values())
        rows = pool_list.rows(cluster, filter(past.was_running, known), past.was_running, past.was_open_at_end)
    return [row for row in rows if (row.alloc is None or options.nested) and _is_in_scope(read, row)]


def _is_in_scope(read: ClusterRead, row: PoolListRow) -> bool:
    """Return whether a run of the chosen user has tasks on the pool or alloc."""
    runs = (read.cluster.run(task.run_id) for task in row.tasks)
    return read.settings.user is None or any(run is not None and read.is_selected(run) for run in runs)


LIST = ListKind[PoolListRow](
    name="pools",
    columns=pool_list.columns,
    fields=pool_list.fields,
    rows=_rows,
    ended=("pools that have ended", (Liveness.ENDED,)),
    record=pool_record,
    id=lambda row: str(row.pool.pool_id) if row.alloc is None else row.alloc.alloc_id or str(row.alloc.id),
)


def run(settings: Settings, options: ListOptions) -> ExitCode:
    """List the pools that `settings` and `options` select. Raises UsageError, and Error if nothing could be read."""
    now = utc_now()
    plan = make_plan(LIST, options, settings, now)
    return run_with_db(settings, lambda db: pools(db, plan, now))


async def pools(db: TaskDB, plan: ListPlan[PoolListRow], now: datetime) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    settings = plan.settings
    if settings.until is None:
        return print_rows(plan, await read_now(db, settings, now))
    return print_rows(plan, await read_past(db, settings, settings.until.at(now), now))
