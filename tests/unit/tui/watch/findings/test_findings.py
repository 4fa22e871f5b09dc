from datetime import timedelta
from typing import Any

import pytest

from store import Alloc, Error, ErrorKind, PoolRow, Run, StringDigest, Task
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import ScriptedDB
from tests.support.watched import Watched
from tui.watch.findings.failure_groups import failure_groups, normalize_message
from tui.watch.findings.findings import Finding, FindingKind, Findings, Severity
from tui.watch.model.cluster import Cluster
from tui.watch.polling.durations import IdentDurations

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SILENT: dict[str, Any] = {"keepalive": ago(minutes=5), "start": ago(hours=1)}


def find(*rows: Run | Task | Alloc | PoolRow) -> list[Finding]:
    cluster = Cluster(NOW)
    cluster.add(rows)
    return Findings(cluster, IdentDurations()).find()


def only(kind: FindingKind, *rows: Run | Task | Alloc | PoolRow) -> Finding:
    (finding,) = (finding for finding in find(*rows) if finding.kind is kind)
    return finding


def test_a_healthy_cluster_has_no_findings() -> None:
    assert find(make_run(1), make_task(1, 1), make_alloc(), make_pool()) == []


# Failures


@pytest.mark.parametrize(
    ("one", "other", "sort"),
    [
        ("exit status 137", "exit status 1", "exit status #"),
        ("no space on /mnt/data/reflow", "no space on /scratch/x.y/z/", "no space on <path>"),
        ("open s3://a/b: 403", "open https://c.example.com/d?e=f: 404", "open <url> #"),
        (
            "dial 10.0.0.1:9000: refused",
            "dial ip-10-1-2-3.us-west-2.compute.internal:9000: refused",
            "dial <host>: refused",
        ),
        ("lost ec2-1-2-3-4.us-west-2.compute.amazonaws.com", "lost node7.example.org:80", "lost <host>"),
        ("instance i-0123456789abcdef0 died", "instance i-0fedcba987654321 died", "instance <id> died"),
        (
            "flow 77aa01ff21 of sha256:00ffeedd",
            "flow deadbeef42 of 123e4567-e89b-12d3-a456-426614174000",
            "flow <id> of <id>",
        ),
        ("took 1.5\n  s", "took 22 s", "took # s"),
        ("a/b is no path, nor is 1/2", "a/b is no path, nor is 3/4", "a/b is no path, nor is #/#"),
    ],
)
def test_messages_of_a_sort(one: str, other: str, sort: str) -> None:
    assert normalize_message(one) == sort
    assert normalize_message(other) == sort


def test_long_messages_are_cut() -> None:
    assert len(normalize_message("x " * 1000)) == 80


def failed(number: int, message: str = "killed", **fields: Any) -> Task:
    values = {"end": ago(minutes=number), "start": ago(minutes=9), **fields}
    return make_task(number, 1, err=Error(ErrorKind.OOM, "exec", (), message), **values)


def test_failures_are_grouped_and_the_newest_comes_first() -> None:
    allocs = [make_alloc("a1", "i-1"), make_alloc("a2", "i-2")]
    pools = [make_pool("i-1"), make_pool("i-2", pool_type="c5.large")]
    tasks = [
        failed(3, "killed at 3"),
        failed(2, "killed at 2"),
        failed(1, alloc_id=digest("a2")),
        failed(4, ident="bwa"),
    ]
    findings = [
        finding for finding in find(make_run(1), *allocs, *pools, *tasks) if finding.kind is FindingKind.FAILING
    ]
    assert [finding.reason for finding in findings] == [
        "1 flow of samtools.sort failed on c5.large: OOM error, killed",
        "2 flows of samtools.sort failed on r5.2xlarge: OOM error, killed at #",
        "1 flow of bwa failed on r5.2xlarge: OOM error, killed",
    ]
    assert [len(finding.rows) for finding in findings] == [1, 2, 1]
    assert [finding.since for finding in findings] == [ago(minutes=1), ago(minutes=2), ago(minutes=4)]
    assert {finding.severity for finding in findings} == {Severity.BAD}


def test_a_retried_failure_is_no_finding() -> None:
    first = failed(1, flow_id=digest("f"))
    assert find(make_run(1), first, make_task(2, 1, flow_id=digest("f"), attempt=1)) == []


def test_the_groups_of_a_run_largest_first() -> None:
    cluster = Cluster(NOW)
    other = make_task(9, 1, end=NOW, err=Error(cause="no kind 1"))
    cluster.add([make_run(1), failed(1), failed(2), other, make_task(8, 2, end=NOW, err=OOM)])
    groups = failure_groups(cluster, run_id(1))
    assert [(group.count, group.error, group.message, group.pool_type) for group in groups] == [
        (2, "OOM error", "killed", ""),
        (1, "no kind #", "no kind #", ""),
    ]


# Silence


def test_stale_runs_and_tasks() -> None:
    lost, stale = make_run(1, **SILENT), make_run(2, start=ago(hours=1), keepalive=ago(minutes=2))
    tasks = [make_task(1, 1, **SILENT), make_task(2, 1, **SILENT), make_task(3, 2), make_task(4, 1, end=NOW)]
    findings = find(lost, stale, *tasks)
    assert [(finding.kind, finding.severity, finding.reason) for finding in findings] == [
        (FindingKind.STALE_RUN, Severity.BAD, "run 01010101 is lost: its lease was until 11:58:41 UTC"),
        (FindingKind.STALE_RUN, Severity.WARNING, "run 02020202 is stale: its lease was until 12:01:41 UTC"),
        (FindingKind.STALE_TASKS, Severity.WARNING, "2 tasks of run 01010101 stale or lost"),
    ]
    assert findings[2].rows == tuple(tasks[:2])


def test_tasks_of_a_run_that_ended_are_over() -> None:
    assert find(make_run(1, end=NOW), make_task(1, 1, **SILENT)) == []


def test_a_run_without_a_lease() -> None:
    finding = only(FindingKind.STALE_RUN, make_run(1, keepalive=None))
    assert finding.reason == "run 01010101 is lost: it never had a lease"


# Hosts


@pytest.mark.parametrize(("fate", "word"), [(SILENT, "lost"), ({"end": ago(minutes=1)}, "ended")])
def test_orphaned_tasks_on_a_pool(fate: dict[str, Any], word: str) -> None:
    pool = make_pool(**fate)
    tasks = [make_task(1, 1), make_task(2, 1, alloc_id=digest("a2"))]
    finding = only(FindingKind.ORPHANED, make_run(1), *tasks, make_alloc(), make_alloc("a2"), pool)
    assert (finding.severity, finding.rows) == (Severity.BAD, (pool, *tasks))
    assert finding.reason == f"2 live tasks on pool i-0abc, which is {word}"


def test_orphaned_tasks_on_an_alloc() -> None:
    alloc = make_alloc(end=ago(minutes=1))
    finding = only(FindingKind.ORPHANED, make_run(1), make_task(1, 1), alloc, make_alloc("a2"), make_pool())
    assert finding.reason == f"1 live task on alloc {alloc.id.short}, which is ended"


def test_stale_and_unknown_hosts_orphan_no_tasks() -> None:
    silent = make_task(1, 1, **SILENT)
    unknown = make_task(2, 1, alloc_id=digest("unknown"))
    findings = find(make_run(1), silent, unknown, make_alloc(end=NOW))
    assert FindingKind.ORPHANED not in {finding.kind for finding in findings}


def test_pools_without_a_live_alloc() -> None:
    fresh = make_pool("i-2", start=ago(minutes=1))
    busy, idle = make_pool("i-3"), make_pool("i-4", pool_id=StringDigest("i-4"))
    allocs = [make_alloc("a3", "i-3"), make_alloc("a4", "i-4", end=NOW), make_alloc("a5", "i-4", **SILENT)]
    finding = only(
        FindingKind.IDLE_POOLS, fresh, busy, idle, *allocs, make_pool("i-5", end=NOW), make_pool("i-6", **SILENT)
    )
    assert (finding.severity, finding.reason, finding.rows) == (Severity.NOTE, "1 pool without a live alloc", (idle,))


# Attempts


def test_flows_on_their_third_attempt() -> None:
    flow = digest("f")
    attempts = [make_task(number, 1, flow_id=flow, attempt=number, end=NOW, err=OOM) for number in range(3)]
    fine = make_task(9, 1, attempt=4, end=NOW)
    running = make_task(8, 1, attempt=3)
    finding = only(FindingKind.RETRIED, make_run(1), *attempts, fine, running)
    assert finding.reason == "2 flows of run 01010101 on attempt 3 or later, up to 4"
    assert set(finding.rows) == {attempts[2], running}
    assert FindingKind.RETRIED not in {found.kind for found in find(make_run(1, end=NOW), *attempts)}


# Durations


def history(minutes: int, count: int = 100) -> list[Task]:
    ended = ago(hours=2)
    spans = [(minutes if number < 95 else 600) * MINUTE for number in range(count)]
    times: list[dict[str, Any]] = [{"start": ended - span, "end": ended, "keepalive": ended} for span in spans]
    return [make_task(1000 + number, 2, **fields) for number, fields in enumerate(times)]


async def test_tasks_that_run_for_longer_than_is_usual() -> None:
    slow, usual = make_task(1, 1, start=ago(minutes=40)), make_task(2, 1, start=ago(minutes=20))
    db = ScriptedDB(make_run(1), slow, usual, make_alloc(), make_pool(), *history(30))
    watched = Watched(db)
    async with watched.running():
        await db.clock.advance(10)
        assert db.called("ident") == ["samtools.sort"]
        (finding,) = (finding for finding in watched.poller.findings if finding.kind is FindingKind.SLOW)
        assert finding.rows == (slow,)
        assert finding.reason == "1 task of samtools.sort run for longer than the 30m that 95 % take"
        assert finding.since == ago(minutes=10)
        watched.poller.refresh_now()
        await db.clock.advance(10)
        assert len(db.called("ident")) == 1
        assert watched.poller.findings is watched.poller.findings


async def test_durations_are_read_again_after_an_hour() -> None:
    durations, db, cluster = IdentDurations(), ScriptedDB(*history(30)), Cluster(NOW)
    cluster.add([make_task(1, 1, start=ago(minutes=40)), make_task(2, 1, ident="young")])
    assert durations.wanted(cluster, NOW) == {"samtools.sort"}
    assert await durations.read(db, "samtools.sort", NOW) == 50.0
    assert durations.usual("samtools.sort") == 30 * MINUTE
    assert durations.wanted(cluster, NOW) == set()
    assert durations.wanted(cluster, ahead(minutes=61)) == {"samtools.sort"}


async def test_unknown_durations() -> None:
    durations, db = IdentDurations(), ScriptedDB(*history(30, count=19))
    await durations.read(db, "samtools.sort", NOW)
    assert durations.usual("samtools.sort") is None
    db.failures["ident"] = OOM
    assert await durations.read(db, "other", NOW) == 0.0
    assert durations.usual("other") is None


async def test_nothing_that_takes_less_than_five_minutes_is_slow() -> None:
    durations, db = IdentDurations(), ScriptedDB(*history(1))
    await durations.read(db, "samtools.sort", NOW)
    assert durations.usual("samtools.sort") == 5 * MINUTE
