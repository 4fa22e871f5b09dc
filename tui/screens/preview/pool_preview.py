"""The details of a pool or an alloc below the list of pools, and its preview."""

from collections.abc import Iterator

from textual.content import Content

from store import Alloc, Liveness, PoolRow, RunID, Task
from tui.lists import cells, cost_texts
from tui.lists import pools as pool_list
from tui.lists.pools import PoolListRow
from tui.screens.base import row_texts
from tui.screens.base.session import Session
from tui.screens.preview.preview_text import PreviewText, listed
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.widgets.content import content

_MAX_IDENTS = 8
_MAX_RUNS = 3


def pool_preview(session: Session, place: PoolListRow) -> PreviewText:
    """Return the preview of a pool or an alloc."""
    title, *lines = details(session, place)
    return PreviewText(title, lines)


def details(session: Session, place: PoolListRow) -> Iterator[Content]:
    """Yield what a pool or an alloc is, whose tasks run there, and its resources and lease."""
    cluster = session.cluster
    yield content(f"{place.pool.pool_id}  {place.pool.pool_type}  {cells.host(place.pool)}", "bold")
    by_run: dict[RunID, list[Task]] = {}
    for task in place.tasks:
        by_run.setdefault(task.run_id, []).append(task)
    for run_id, tasks in [*by_run.items()][:_MAX_RUNS]:
        run = cluster.run(run_id)
        who = NONE if run is None else formats.user(run.user)
        idents = listed((task.ident or NONE for task in tasks), _MAX_IDENTS)
        yield content(f"{formats.count(len(tasks), 'task')} of {who}'s run {run_id.short}: {idents}")
    if len(by_run) > _MAX_RUNS:
        yield content(f"and tasks of {formats.count(len(by_run) - _MAX_RUNS, 'other run')}")
    if not by_run:
        yield content("no task runs here", "$muted")
    yield from row_texts.explanations(session, place.row)
    yield content(pool_list.usage_text(place))
    yield content(_lease(session, place.row))
    if (costs := session.costs) is not None and (cost := cost_texts.pool_line(costs, place.pool)):
        yield content(cost if place.alloc is None else f"pool: {cost}", "$muted")


def _lease(session: Session, row: PoolRow | Alloc) -> str:
    if row.end is not None:
        return f"ended at {durations.moment(row.end)}"
    if not session.cluster.has_lease(row):
        return f"lease {NONE}"  # the table keeps only the last one
    if session.cluster.liveness(row) is Liveness.STARTING:
        return f"first lease until {durations.moment(row.keepalive)}, not renewed yet"
    return f"lease until {durations.moment(row.keepalive)}, {durations.lease(row, session.seen_at())}"
