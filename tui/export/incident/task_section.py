"""A task in an incident: what it was, where it ran, how it failed, and commands that show more of it."""

from collections.abc import Iterator

from store import Task
from tui.export import shell_commands
from tui.export.incident.contents import Incident, RunReport
from tui.export.incident.fences import fenced, named, one_line, shown
from tui.lists import cells
from tui.lists import tasks as task_list
from tui.text import durations, formats
from tui.watch.model.tallies import attempt_order


def failed(incident: Incident, one: RunReport, task: Task) -> Iterator[str]:
    """Yield the section about a failed task."""
    yield from ("", f"#### Task {task.id.short}", "", *fenced(_fields(incident, one, task)))
    if task.err is not None:
        yield from ("", *fenced(shown(str(task.err))))
    settings = incident.settings
    commands = [shell_commands.logs(settings, task.id), shell_commands.get_item(settings, task.id)]
    if task.inspect:
        commands.insert(1, shell_commands.inspect(settings, task.id))
    yield from ("", *fenced(map(one_line, commands), "sh"))


def describe_expired(incident: Incident, task: Task) -> str:
    """Return a line about a stale or lost task."""
    state = incident.cluster.task_state(task)
    lease = f"lease until {durations.utc_moment(task.keepalive)}"
    return f"{task.id.short}  {state}  {one_line(task.ident)}  {lease}  {_where(incident, task)}".rstrip()


def _fields(incident: Incident, one: RunReport, task: Task) -> Iterator[str]:
    cluster = incident.cluster
    alloc = cluster.alloc(task.alloc_id)
    values: dict[str, object] = {
        "id": str(task.id),
        "ident": task.ident,
        "from": f"{durations.utc_moment(task.start)} to {durations.utc_moment(task.end)}",
        "attempt": task.attempt + 1,
        "alloc": (alloc.alloc_id or alloc.id) if alloc is not None else task.alloc_id or "",
        "pool": _where(incident, task),
        "requested": formats.resources(task.resources),
        "uri": task.uri,
        "stdout": task.stdout or "",
        "stderr": task.stderr or "",
        "inspect": task.inspect or "",
    }
    yield from named(values)
    others = [each for each in one.tasks if task.flow_id and each.flow_id == task.flow_id and each.id != task.id]
    for each in sorted(others, key=attempt_order):
        yield f"earlier   {_attempt(incident, each)}"


def _attempt(incident: Incident, task: Task) -> str:
    """A line about another attempt of the flow."""
    spans = f"{durations.utc_moment(task.start)} to {durations.utc_moment(task.end)}"
    words = (
        f"attempt {task.attempt + 1}: {task.id.short}",
        incident.cluster.task_word(task),
        spans,
        _where(incident, task),
        one_line(task_list.failure(task.err)),
    )
    return "  ".join(filter(None, words))


def _where(incident: Incident, task: Task) -> str:
    """The pool, its type, its host, and its liveness."""
    pool = incident.cluster.pool_of(task)
    if pool is None:
        return ""
    words = (str(pool.pool_id), pool.pool_type, cells.host(pool))
    return f"{one_line(' '.join(filter(None, words)))}, {incident.cluster.liveness(pool)}"
