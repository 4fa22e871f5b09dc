"""The preview of a task: what its page shows first, and the end of its stderr if it has failed."""

from textual.content import Content

from store import Task
from tui.lists import cells, estimates
from tui.screens import task_text
from tui.screens.base import row_texts
from tui.screens.base.row_texts import style
from tui.screens.base.session import Session
from tui.screens.preview.preview_text import PreviewText, joined
from tui.text import durations, formats
from tui.widgets.content import content


def task_preview(session: Session, task: Task, width: int) -> PreviewText:
    """Return the preview of a task, for `width` cells."""
    cluster, now = session.cluster, session.clock()
    pool = cluster.pool_of(task)
    state = cells.task_state_cell(cluster, task, session.seen_at())
    title = joined(content(task.id.short, "bold"), content(task.ident, "bold", 40))
    ended = "" if task.end is None else f", ended {durations.clock(task.end, now)}"
    first = joined(
        content(state.text, style(state.style)),
        content(f"attempt {task.attempt + 1}"),
        content("" if pool is None else f"on {cells.short_host(pool)} {pool.pool_type}", limit=40),
        content(formats.resources(task.resources), limit=40),
        content(f"started {durations.clock(task.start, now)}{ended}", "$muted"),
    )
    usual = estimates.task_text(cluster, task, now)
    why = list(row_texts.explanations(session, task, has_log=True))
    lines: list[Content] = [first, *why, *task_text.first_lines(cluster, task, now, session.seen_at(), width)]
    if usual:
        lines.insert(len(lines) if task.err is not None else 1 + len(why), content(usual, "$muted"))
    return PreviewText(
        title, lines, task if task.err is not None and task.end is not None else session.evidence_task(task)
    )
