"""An incident as JSON, in pieces: a run may have very many tasks."""

import json
from collections.abc import Iterator

from store.times import format_time
from tui.export.incident import whole_rows
from tui.export.incident.contents import Incident, RunReport
from tui.text.redaction import redact_values
from tui.watch.findings.finding import Finding, by_start


def data(incident: Incident) -> Iterator[str]:
    """Yield the lines: `{"written": ..., "findings": [...], "runs": [...]}`, each run with its tasks.

    The keys of rows are those of `whole_rows`, not those of the schemas of lists.
    """
    settings = incident.settings
    head: dict[str, object] = {
        "written": format_time(incident.written),
        "as_of": None if incident.as_of is None else format_time(incident.as_of),
        "table": settings.table,
        "region": settings.region,
        "endpoint_url": settings.endpoint_url,
        "trouble": list(incident.trouble),
        "findings": [_finding(incident, finding) for finding in incident.findings],
    }
    yield f'{_json(head)[:-1]}, "runs": ['
    yield from whole_rows.separated(_run(incident, one) for one in incident.runs)
    yield "]}"


def _run(incident: Incident, one: RunReport) -> Iterator[str]:
    head = whole_rows.whole_run(one.run, one.row.state) | whole_rows.count_fields(one.row)
    yield f'{_json(head)[:-1]}, "tasks": ['
    tasks = by_start(one.tasks)
    yield from whole_rows.separated([_json(whole_rows.whole_task(incident.cluster, task))] for task in tasks)
    yield "]}"


def _finding(incident: Incident, finding: Finding) -> dict[str, object]:
    return {
        "kind": str(finding.kind),
        "severity": finding.severity.name.lower(),
        "reason": finding.reason,
        "first_seen": None if finding.first is None else format_time(finding.first),
        "last_seen": None if finding.last is None else format_time(finding.last),
        "ids": [str(row.id) for row in finding.rows],
        "explanation": [
            {"name": each.name, "text": each.text} for each in incident.explanations.get(finding.cause, ())
        ],
    }


def _json(value: dict[str, object]) -> str:
    return json.dumps(redact_values(value))
