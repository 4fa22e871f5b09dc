"""The details of a finding below the list of findings, and its preview."""

from collections.abc import Iterator

from textual.content import Content

from tui.lists import findings as finding_list
from tui.screens.actions import best_log
from tui.screens.base.row_texts import explanations
from tui.screens.base.session import Session
from tui.screens.preview.preview_text import PreviewText, listed
from tui.text import durations, formats
from tui.watch.findings.finding import Finding
from tui.watch.model.rows import run_name
from tui.widgets.content import content

_MAX_NAMES = 6


def finding_preview(session: Session, finding: Finding) -> PreviewText:
    """Return the preview of a finding, with the stderr of its newest failed task."""
    title, *lines = details(session, finding, has_log=True)
    failed = (task for task in finding.tasks if task.err is not None and task.end is not None)
    return PreviewText(title, lines, best_log.newest(failed) or session.evidence_task(finding))


def details(session: Session, finding: Finding, *, has_log: bool = False) -> Iterator[Content]:
    """Yield the reason of a finding, its explanations, when it was seen, its runs, its hosts, and one error.

    `has_log` is whether the end of the log is shown below.
    """
    cluster, now = session.cluster, session.clock()
    yield content(finding.reason, "bold")
    yield from explanations(session, finding, has_log=has_log)
    seen = [
        f"{word} {durations.moment(time)}, {durations.age(now - time)} ago"
        for word, time in finding_list.times(finding).items()
    ]
    if seen:
        yield content("; ".join(seen))
    runs = [run for run in map(cluster.run, finding_list.run_ids(finding)) if run is not None]
    if runs:
        names = (f"{run.id.short} {run_name(run)} ({formats.user(run.user)})" for run in runs)
        yield content(f"runs: {listed(names, _MAX_NAMES)}")
    if hosts := finding_list.hosts(cluster, finding):
        yield content(f"hosts: {listed(hosts, _MAX_NAMES)}")
    if (error := finding_list.error(finding)) is not None:
        yield content(formats.error(error), "$text-error")
