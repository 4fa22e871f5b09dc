"""The task whose error and last log line are evidence."""

from typing import Any

from store import PoolRow, Run, Task
from tests.support.rows import NOW, ago, ahead, make_alloc, make_pool, make_run, make_task
from tui.watch.explain.evidence_task import evidence_task
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster

LOST: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(minutes=10)}
LATER: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(minutes=9)}
ENDED: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(minutes=9), "end": ago(minutes=9)}


def cluster_of(run: Run, pool: PoolRow) -> Cluster:
    cluster = Cluster(NOW)
    tasks = [make_task(1, 1, **LATER), make_task(2, 1, **LOST), make_task(3, 1, **ENDED)]
    cluster.add([run, pool, make_alloc(), *tasks])
    return cluster


def evidence(cluster: Cluster, row: Run | Task | Finding) -> int | None:
    found = evidence_task(cluster, row)
    return None if found is None else found.id[-1]


def test_a_lost_task_is_its_own_evidence() -> None:
    cluster = cluster_of(make_run(1), make_pool())
    assert [evidence(cluster, make_task(n, 1, **fields)) for n, fields in ((2, LOST), (3, ENDED))] == [2, None]
    assert evidence(cluster, make_task(4, 1, keepalive=ahead(seconds=80))) is None


def test_the_task_of_a_lost_run_that_renewed_last_is_evidence() -> None:
    lost = make_run(1, keepalive=ago(minutes=12))
    assert evidence(cluster_of(lost, make_pool()), lost) == 1
    assert evidence(cluster_of(make_run(1), make_pool()), make_run(1)) is None


def test_a_finding_about_a_host_has_the_last_of_its_lost_tasks() -> None:
    cluster = cluster_of(make_run(1), make_pool(keepalive=ago(minutes=11)))
    (finding,) = (each for each in Findings(cluster).find() if each.kind is FindingKind.LOST_HOST)
    assert evidence(cluster, finding) == 1
