"""`reflowtop ps`: list runs."""

from datetime import datetime

from store import TaskDB
from store.times import utc_now
from tui.commands.cluster_read import read_now, read_past, read_running_durations
from tui.commands.listing import ListKind, ListOptions, ListPlan, make_plan, needs_durations, print_rows
from tui.connect import run_with_db
from tui.exit_status import ExitCode
from tui.export.list_records import run_record, run_tasks
from tui.lists import runs as run_list
from tui.lists.runs import RunRow
from tui.settings import Settings
from tui.watch.model.states import State

LIST = ListKind[RunRow](
    name="runs",
    columns=lambda cluster, now, seen_at, costs: run_list.columns(cluster, now, seen_at, costs=costs),
    fields=run_list.fields,
    rows=lambda read, _: read.run_rows(),
    record=run_record,
    id=lambda row: str(row.run.id),
    ended=("runs that have ended", (State.SUCCEEDED,)),  # failed ones are listed for a while
    nested=("tasks", lambda context, row: run_tasks(context, row.run)),
)


def run(settings: Settings, options: ListOptions) -> ExitCode:
    """List the runs that `settings` and `options` select. Raises UsageError, and Error if nothing could be read.

    With `settings.until`, lists the runs that were running then, including those that have ended since.
    """
    now = utc_now()
    plan = make_plan(LIST, options, settings, now)
    return run_with_db(settings, lambda db: ps(db, plan, now))


async def ps(db: TaskDB, plan: ListPlan[RunRow], now: datetime) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    settings = plan.settings
    if settings.until is not None:
        return print_rows(plan, await read_past(db, settings, settings.until.at(now), now))
    read = await read_now(db, settings, now, ended=plan.options.ended)
    if needs_durations(plan):
        await read_running_durations(db, read)
    return print_rows(plan, read)
