"""Explained findings: a paragraph each, or a page of Markdown in which all untrusted text stands in fences."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from store import RunID
from tui.export.incident.fences import fenced, one_line
from tui.lists import explanation_texts
from tui.lists import findings as finding_list
from tui.text import durations, formats
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.finding import Finding
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import run_name

_MOST_RUNS = 4
_WIDTH = 10  # of names


def paragraph(explanations: Explanations, finding: Finding, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the details of a finding as names and texts, which are not yet safe to show.

    These are its id, for a note, its runs, and its explanations.
    """
    cluster = explanations.cluster
    yield "id", finding.id
    if ids := finding_list.run_ids(finding):
        yield "runs", formats.series([_run(cluster, id) for id in ids], _MOST_RUNS)
    for name, text, _ in explanation_texts.explain(explanations, finding, now, cluster.as_of):
        yield name, text


def explained_page(
    explanations: Explanations, findings: Sequence[Finding], heading: str, now: datetime
) -> Iterator[str]:
    """Yield the lines of a page, safe to show and with secrets masked. `heading` names the rows that were read."""
    yield f"# {formats.count(len(findings), 'finding')}"
    yield ""
    yield f"* As of {durations.moment(explanations.cluster.as_of)}; {one_line(heading)}."
    for finding in findings:
        yield from ("", f"## {finding.kind.capitalize()} ({finding.severity.name.lower()})", "")
        yield from fenced(_section(explanations, finding, now))


def _section(explanations: Explanations, finding: Finding, now: datetime) -> Iterator[str]:
    yield one_line(finding.reason)
    for name, time in finding_list.times(finding).items():
        yield f"    {name:<{_WIDTH}}  {durations.moment(time)}"
    for name, text in paragraph(explanations, finding, now):
        yield f"    {one_line(name):<{_WIDTH}}  {one_line(text)}"


def _run(cluster: Cluster, id: RunID) -> str:
    run = cluster.run(id)
    names = () if run is None else (run_name(run), f"({formats.user(run.user)})" if run.user else "")
    return " ".join(filter(None, (id.short, *names)))
