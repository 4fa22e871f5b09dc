"""Read the log of the task that explains a stale or lost row, when the user opens that row."""

from collections.abc import Callable

from textual.screen import Screen
from textual.worker import Worker

from tui.screens.base.session import Session
from tui.watch.findings.finding import Finding
from tui.watch.model.rows import Row


def read_last_line(
    screen: Screen[None], session: Session, row: Row | Finding, then: Callable[[], None], *, is_repeated: bool = False
) -> None:
    """Read the end of the log in the background if it was not read in the last minute, and call `then`.

    `session.explanations` has its last line from then on. Reads nothing for healthy rows, while paused, or
    before the TaskDB is open. A screen that calls this again every second (`is_repeated`) need not wait for a read that
    is under way.
    """
    db, task, live = session.db, session.evidence_task(row), session.live
    if db is None or task is None or session.source.is_paused:
        return
    tails = session.tails()
    if (is_repeated and tails.is_reading(task)) or not tails.is_due(task, live.now()):
        return

    async def read() -> None:
        await tails.read(db, task, live.budget, live.now())
        if screen.is_current and screen.app.is_running:
            then()

    _: Worker[None] = screen.run_worker(read, group="log evidence", exclusive=True)
