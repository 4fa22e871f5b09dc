"""Clusters for tests of findings."""

from datetime import timedelta
from typing import Any

from store import Task
from tests.support.clusters import cluster_of
from tests.support.rows import ago, make_task
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.findings import Findings
from tui.watch.model.rows import Row

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def find(*rows: Row) -> list[Finding]:
    return Findings(cluster_of(*rows)).find()


def find_only(kind: FindingKind, *rows: Row) -> Finding:
    (finding,) = (finding for finding in find(*rows) if finding.kind is kind)
    return finding


def history(minutes: int, count: int = 100) -> list[Task]:
    ended = ago(hours=2)
    spans = [(minutes if number < 95 else 600) * MINUTE for number in range(count)]
    times: list[dict[str, Any]] = [{"start": ended - span, "end": ended, "keepalive": ended} for span in spans]
    return [make_task(1000 + number, 2, **fields) for number, fields in enumerate(times)]
