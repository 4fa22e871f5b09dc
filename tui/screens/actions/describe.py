"""Describing the row that a screen points at."""

from store import Alloc, PoolRow, Run, Task
from tui.lists import descriptions
from tui.lists.descriptions import DescriptionContext, FieldGroup
from tui.lists.pools import PoolListRow
from tui.screens.actions import log_evidence, routing
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.routes import TaskRoute
from tui.screens.describe import DescribeScreen
from tui.watch.findings.finding import Finding
from tui.widgets.table import Table

DescribedRow = Run | Task | PoolRow | Alloc | Finding


def describe(screen: BaseScreen) -> None:
    """Open the page of a task, or the description of any other row."""
    row, session = _row(screen), screen.session
    if row is None:
        screen.show_error("no row is selected")
    elif isinstance(row, Task):
        routing.go(screen, TaskRoute.for_task(row))
    else:

        def groups() -> list[FieldGroup]:
            context = DescriptionContext(session.explanations, session.clock(), session.seen_at(), session.costs)
            return descriptions.describe(context, row)

        opened = DescribeScreen(groups(), session.cluster.as_of)
        screen.app.push_screen(opened)
        log_evidence.read_last_line(opened, session, row, lambda: opened.replace(groups(), session.cluster.as_of))


def _row(screen: BaseScreen) -> DescribedRow | None:
    """Return the pool, alloc or finding under the cursor, else the task or run that the screen points at."""
    tables = screen.query(Table)  # not `ListScreen`, which has this command
    match tables.first().cursor_row if tables else None:
        case Finding() as finding:
            return finding
        case PoolListRow() as line:
            return line.row
        case _:
            return screen.subject().row
