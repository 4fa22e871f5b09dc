"""The numbers of lost tasks and hosts, beside those of the findings about them."""

from collections.abc import Callable
from typing import Any

import pytest

from store import Run
from tests.support.clusters import cluster_of
from tests.support.rows import NOW, ago, digest, make_alloc, make_pool, make_run, make_task
from tui.watch.findings.finding import FindingKind
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.lost_rows import count_lost_hosts, count_lost_tasks
from tui.watch.model.rows import Row

OLD: dict[str, Any] = {"start": ago(hours=1)}
ENDED: dict[str, Any] = {"end": ago(minutes=3)}
LOST: dict[str, Any] = {"keepalive": ago(minutes=9), **OLD}


def host(number: int, **fate: Any) -> list[Row]:
    """A host with an alloc, which shares its fate, and a running task of run 1."""
    pool, alloc = f"i-{number}", f"a{number}"
    return [
        make_pool(pool, **fate),
        make_alloc(alloc, pool, **fate),
        make_task(number, 1, alloc_id=digest(alloc), **OLD),
    ]


def counts(cluster: Cluster, is_counted: Callable[[Run], bool]) -> tuple[int, int]:
    return count_lost_tasks(cluster, is_counted), count_lost_hosts(cluster, is_counted)


@pytest.mark.parametrize(
    ("rows", "lost"),
    [
        (host(1), (0, 0)),
        (host(1, **ENDED), (1, 1)),
        (host(1, **LOST), (1, 1)),
        ([*host(1, **ENDED), *host(2, **LOST), *host(3)], (2, 2)),
        ([make_pool(), make_alloc(**ENDED), make_task(1, 1, **OLD)], (1, 0)),
        ([make_pool(**ENDED), make_alloc(**ENDED)], (0, 0)),
    ],
)
def test_lost_hosts_are_those_with_running_tasks(rows: list[Row], lost: tuple[int, int]) -> None:
    assert counts(cluster_of(make_run(1), *rows), lambda _: True) == lost
    assert counts(cluster_of(make_run(1), *rows), lambda _: False) == (0, 0)
    assert counts(cluster_of(make_run(1, end=NOW), *rows), lambda _: True) == (0, 0)


def test_a_terminated_host_counts_also_when_its_run_is_the_finding() -> None:
    """It was one lost host before the run counted as stale, too, and none after."""
    task = make_task(1, 1, keepalive=ago(seconds=70), **OLD)
    run, end = make_run(1, keepalive=ago(seconds=70), **OLD), ago(seconds=60)
    cluster = cluster_of(run, make_pool(end=end), make_alloc(end=end), task)
    assert [each.kind for each in Findings(cluster).find()] == [FindingKind.STALE_RUN]
    assert counts(cluster, lambda _: True) == (1, 1)
