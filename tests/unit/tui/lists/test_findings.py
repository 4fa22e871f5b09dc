"""The rows and columns of the list of findings; tests/unit/tui/watch/findings has the findings."""

from typing import Any

import pytest

from store import Error, ErrorKind, Task
from tests.support.clusters import cluster_of
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tui.lists import findings as finding_list
from tui.lists.columns import Cell, layout
from tui.query.filter import parse
from tui.text.safe import NONE
from tui.watch.findings.finding import Finding, FindingKind, Severity
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster


def find(cluster: Cluster, kind: FindingKind) -> Finding:
    (found,) = (each for each in Findings(cluster).find() if each.kind is kind)
    return found


def failing(*seconds: int, run: int = 1) -> list[Task]:
    return [make_task(10 * run + n, run, end=ago(seconds=each), err=OOM) for n, each in enumerate(seconds)]


def cells(cluster: Cluster, finding: Finding) -> dict[str, str]:
    return {column.id: column.cell(finding).text for column in finding_list.columns(cluster, lambda: NOW)}


def test_runs_and_users_of_a_finding_are_each_once() -> None:
    cluster = cluster_of(make_run(1), make_run(2), *failing(5, 6), *failing(7, run=2))
    finding = find(cluster, FindingKind.FAILING)
    assert sorted(finding_list.run_ids(finding)) == [run_id(1), run_id(2)]
    assert finding_list.users(cluster, finding) == ["amy@example.com"]
    shown = cells(cluster, finding)
    assert shown["run"].endswith(" +1")
    assert (shown["user"], shown["count"]) == ("amy", "3")


def test_the_error_of_the_newest_task_that_has_one() -> None:
    assert finding_list.error(find(cluster_of(make_run(1), *failing(5)), FindingKind.FAILING)) == OOM
    assert finding_list.error(find(cluster_of(make_pool()), FindingKind.IDLE_POOLS)) is None
    older = make_task(1, 1, end=ago(hours=2), err=OOM)
    newer = make_task(2, 1, end=ago(minutes=2), err=Error(ErrorKind.NET, "load"))
    rows = (make_run(1), older, newer, make_task(3, 1))
    assert finding_list.error(Finding(FindingKind.RETRIED, Severity.WARNING, "", "", rows)) == newer.err


def test_failures_have_times_seen_and_lost_rows_times_since() -> None:
    error = find(cluster_of(make_run(1), *failing(5, 60)), FindingKind.FAILING)
    assert finding_list.times(error) == {"first seen": ago(seconds=60), "last seen": ago(seconds=5)}
    run = find(cluster_of(make_run(1, keepalive=ago(minutes=9))), FindingKind.LOST_RUN)
    assert finding_list.times(run) == {"since": ago(minutes=9)}
    task = make_task(1, 1, start=ago(hours=1), keepalive=ago(minutes=8))
    run = find(cluster_of(make_run(1, keepalive=ago(minutes=9)), task), FindingKind.LOST_RUN)
    assert finding_list.times(run) == {"since": ago(minutes=9), "last since": ago(minutes=8)}


def test_the_pools_of_a_finding_are_those_of_its_tasks_or_its_own() -> None:
    idle = cluster_of(make_pool())
    assert finding_list.pools(idle, find(idle, FindingKind.IDLE_POOLS)) == [make_pool()]
    tasks = [make_task(n, 1, end=ago(seconds=n), err=OOM, alloc_id=digest(f"a{min(n, 2)}")) for n in (1, 2, 3)]
    cluster = cluster_of(
        make_run(1), *tasks, make_alloc("a1", "i-1"), make_alloc("a2", "i-2"), make_pool("i-1"), make_pool("i-2")
    )
    every = [each for each in Findings(cluster).find() if each.kind is FindingKind.FAILING]
    assert {pool.id for each in every for pool in finding_list.pools(cluster, each)} == {digest("i-1"), digest("i-2")}
    assert finding_list.hosts(cluster, every[0])[0].startswith("i-1 r5.2xlarge i-1.example.com")
    assert cells(cluster, every[0])["host"] == "i-1 +1"


@pytest.mark.parametrize("fate", [{"end": ago(minutes=1)}, {"keepalive": ago(minutes=9), "start": ago(hours=1)}])
def test_the_host_is_visible_at_80_columns_even_if_its_name_is_long(fate: dict[str, Any]) -> None:
    for name, shown in (
        ("i-0b07b0ea16cab7aeb", "host i-0b07b0ea16cab7aeb "),
        ("ec2-54-192-78-82.us-west-2.compute.internal:9000", "host ec2-54-…te.internal:9000 "),
    ):
        cluster = cluster_of(make_run(1), make_task(1, 1), make_alloc(pool=name), make_pool(name, **fate))
        finding = find(cluster, FindingKind.LOST_HOST)
        columns = finding_list.columns(cluster, lambda: NOW)
        width = next(each.width for each in layout(columns, 2, 80 - 3) if each.column.id == "why")
        (why,) = (column for column in columns if column.id == "why")
        assert why.cell(finding).text[: width - 1].startswith(shown)
        assert why.plain is not None
        assert why.plain(finding) == finding.reason
        assert name in finding.reason


def test_a_finding_without_runs_and_times_has_dashes() -> None:
    cluster = cluster_of(make_pool())
    shown = cells(cluster, find(cluster, FindingKind.IDLE_POOLS))
    assert (shown["run"], shown["user"]) == (NONE, NONE)
    assert shown["kind"].endswith(str(FindingKind.IDLE_POOLS))


def test_acknowledged_findings_are_dimmed() -> None:
    cluster = cluster_of(make_run(1), *failing(5), make_pool("i-2"))
    acknowledged = find(cluster, FindingKind.FAILING)
    columns = finding_list.columns(cluster, lambda: NOW, lambda each: each == acknowledged)
    assert {column.cell(acknowledged).style for column in columns} == {"muted"}
    other = find(cluster, FindingKind.IDLE_POOLS)
    assert {column.cell(other).style for column in columns if column.id != "kind"} == {""}
    kinds = {
        each.kind: column.cell(each) for each in (acknowledged, other) for column in columns if column.id == "kind"
    }
    assert kinds[FindingKind.FAILING].text == "✓ failing"
    (kind,) = (column for column in finding_list.columns(cluster, lambda: NOW) if column.id == "kind")
    assert kind.cell(acknowledged) == Cell("▲ failing", "critical")


def test_findings_match_by_run_task_and_host() -> None:
    cluster = cluster_of(make_run(1), *failing(5), make_alloc(), make_pool())
    finding = find(cluster, FindingKind.FAILING)
    fields = finding_list.fields(cluster, NOW)
    named = (f"run:{run_id(1).short}", f"run:{run_id(1)}", run_id(1).short, str(run_id(1)), "0101")
    for text in (
        *named,
        "user:amy",
        "state:failing",
        "ident:samtools",
        "error:oom",
        "pool:r5",
        "host:i-0abc",
        "age:<1m",
    ):
        assert parse(text).matcher(fields)(finding), text
    for text in (
        "run:02",
        run_id(2).hex,
        "010",
        "user:bob",
        "state:stale",
        "ident:bwa",
        "error:reset",
        "pool:c5",
        "host:i-9",
        "age:>1m",
    ):
        assert not parse(text).matcher(fields)(finding), text
