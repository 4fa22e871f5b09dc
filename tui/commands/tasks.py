"""`reflowtop tasks`: list the tasks of active or named runs."""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from store import Task, TaskDB
from store.times import Clock, utc_now
from tui.commands.cluster_read import ClusterRead, read_now, read_past, read_running_durations, read_runs
from tui.commands.listing import ListKind, ListOptions, ListPlan, make_plan, needs_durations, print_rows
from tui.connect import run_with_db
from tui.cost.costs import Costs
from tui.exit_status import ExitCode
from tui.export.list_records import task_record
from tui.lists import tasks as task_list
from tui.lists.columns import Column
from tui.query.id_prefix import FEWEST_DIGITS
from tui.settings import Settings
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import RETRIED, State

_PRIORITIES = {"user": 1}
_SHORT_ID = re.compile(rf"(?:sha256:)?[0-9a-fA-F]{{4,{FEWEST_DIGITS - 1}}}", re.ASCII)


def _columns(cluster: Cluster, now: Clock, seen_at: Clock, costs: Costs | None) -> Sequence[Column[Task]]:
    """Return the columns of tasks of several runs. At 80 cells they have the id but no owner: commands take ids."""
    columns = [*task_list.run_columns(cluster), *task_list.columns(cluster, now, seen_at, costs=costs)]
    return [msgspec.structs.replace(column, priority=_PRIORITIES.get(column.id, column.priority)) for column in columns]


def _rows(read: ClusterRead, _: ListOptions) -> Sequence[Task]:
    cluster = read.cluster
    runs = filter(read.is_in_scope, cluster.runs)
    return task_list.in_order(cluster, (task for run in runs for task in cluster.tally(run.id).tasks.values()))


def _hidden(options: ListOptions) -> Sequence[str]:
    """Return the columns to hide: those about the run if there is only one, and estimates, which cost reads."""
    return ("run", "user", "eta") if len(options.names) == 1 else ("eta",)


def _hint(options: ListOptions) -> str:
    """Say that a short id prefix was taken for a filter, which active runs match."""
    short = next(filter(_SHORT_ID.fullmatch, options.filter.split()), None)
    if short is None:
        return ""
    return f"; {short} was taken for a filter: {FEWEST_DIGITS} or more digits of an id name a RUN, ended or not"


LIST = ListKind[Task](
    name="tasks",
    columns=_columns,
    fields=task_list.fields,
    rows=_rows,
    record=task_record,
    id=lambda task: str(task.id),
    hidden=_hidden,
    hint=_hint,
    ended=("tasks of runs that have ended", (State.SUCCEEDED, State.FAILED, RETRIED)),
)


def run(settings: Settings, options: ListOptions) -> ExitCode:
    """List the tasks that `settings` and `options` select: those of the runs `options.names`, or of all active runs.

    Reads only the named runs, ended or not. Raises UsageError, and Error if nothing can be read or a run is not found.
    """
    now = utc_now()
    plan = make_plan(LIST, options, settings, now)
    return run_with_db(settings, lambda db: tasks(db, plan, now))


async def tasks(db: TaskDB, plan: ListPlan[Task], now: datetime) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    settings, names = plan.settings, plan.options.names
    if settings.until is not None:
        return print_rows(plan, await read_past(db, settings, settings.until.at(now), now, names=names))
    if names:
        read = await read_runs(db, settings, names, now)
    else:
        read = await read_now(db, settings, now, ended=plan.options.ended)
    if needs_durations(plan):
        await read_running_durations(db, read)
    return print_rows(plan, read)
