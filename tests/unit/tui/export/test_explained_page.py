"""Explained findings as paragraphs and as a page."""

from typing import Any

from tests.support.rows import NOW, OOM, ago, make_run, make_task
from tui.export.explained_page import explained_page, paragraph
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster


def explained(*runs: int, **fields: Any) -> Explanations:
    """Return the explanations of a failure in each run."""
    cluster = Cluster(NOW)
    cluster.add([make_run(n, **fields) for n in runs])
    cluster.add(make_task(n, n, start=ago(minutes=9), end=ago(minutes=8), err=OOM) for n in runs)
    return Explanations(cluster, Findings(cluster).find())


def test_a_paragraph_names_the_runs_up_to_four() -> None:
    explanations = explained(1, 2, 3, 4, 5, 6, labels={"Name": "align"})
    (finding,) = explanations.findings
    named = dict(paragraph(explanations, finding, NOW))
    assert named["runs"].endswith(" align (amy) and 2 more")
    assert named["runs"].count("align (amy)") == 4
    assert named["id"] == finding.id


def test_texts_of_rows_cannot_leave_their_fence() -> None:
    explanations = explained(1, labels={"Name": "```\n# Owned\x1b[31m"}, user="")
    page = list(explained_page(explanations, explanations.findings, "table reflow-prod", NOW))
    assert page[0] == "# 1 finding"
    assert not any(line.startswith("# Owned") or "\x1b" in line or "\n" in line for line in page)
    assert page[-1] == "````"


def test_a_page_without_findings_has_a_heading() -> None:
    assert list(explained_page(explained(), [], "since 24h", NOW)) == [
        *("# 0 findings", "", "* As of 2026-11-01 12:03:41 UTC; since 24h."),
    ]
