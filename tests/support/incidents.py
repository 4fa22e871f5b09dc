"""Incidents for tests."""

import json
from typing import Any

from store import RunID
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tui.export.incident.contents import Incident, findings_about, runs_of
from tui.export.incident.json_document import data
from tui.export.incident.markdown import markdown
from tui.settings import Settings
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster

SETTINGS = Settings(table="reflow-prod", bucket="reflow-logs", region="us-west-2")


def filled() -> Cluster:
    cluster = Cluster(NOW)
    cluster.add(
        [
            make_run(1, labels={"Name": "align", "project": "p1"}, run_log=digest("log"), args=("--in", "s3://b/x")),
            make_task(1, 1, end=ago(seconds=20), err=OOM, stderr=digest("stderr"), inspect=digest("i"), attempt=1),
            make_task(5, 1, end=ago(minutes=2), err=OOM, start=ago(minutes=4), flow_id=digest("flow 1")),
            make_task(2, 1, keepalive=ago(minutes=3), start=ago(minutes=30)),
            make_alloc(),
            make_pool(),
            make_run(2, user="bob@example.com", start=ago(minutes=9)),
            make_run(4, end=ago(minutes=1), start=ago(minutes=9)),
        ]
    )
    return cluster


def incident(cluster: Cluster, *ids: RunID, **fields: Any) -> Incident:
    found = Findings(cluster).find()
    wanted = ids or tuple(run.id for run in cluster.runs)
    values: dict[str, Any] = {
        "settings": SETTINGS,
        "cluster": cluster,
        "runs": runs_of(cluster, wanted),
        "findings": findings_about(found, wanted),
        "written": NOW,
        "as_of": ago(seconds=2),
        "seen_at": NOW,
        **fields,
    }
    return Incident(**values)


def text(incident: Incident) -> str:
    return "\n".join(markdown(incident, "x.json"))


def parsed(incident: Incident) -> Any:
    return json.loads("\n".join(data(incident)))
