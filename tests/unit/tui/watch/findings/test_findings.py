"""Tests."""

from typing import Any

import pytest

from store import Alloc, PoolRow, Run, StringDigest, Task
from tests.support.findings import find, history
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tests.support.watched import Watched
from tui.watch.findings.findings import Finding, FindingKind, Severity

SILENT: dict[str, Any] = {"keepalive": ago(minutes=5), "start": ago(hours=1)}


def only(kind: FindingKind, *rows: Run | Task | Alloc | PoolRow) -> Finding:
    (finding,) = (finding for finding in find(*rows) if finding.kind is kind)
    return finding


def test_a_healthy_cluster_has_no_findings() -> None:
    assert find(make_run(1), make_task(1, 1), make_alloc(), make_pool()) == []


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


def test_a_pool_that_boots_is_neither_lost_nor_idle() -> None:
    booting = make_pool(start=ago(seconds=299), keepalive=ago(seconds=239))
    assert find(booting) == []
    assert find(make_run(1), make_task(1, 1), make_alloc(), booting) == []


def test_flows_on_their_third_attempt() -> None:
    flow = digest("f")
    attempts = [make_task(number, 1, flow_id=flow, attempt=number, end=NOW, err=OOM) for number in range(3)]
    fine = make_task(9, 1, attempt=4, end=NOW)
    running = make_task(8, 1, attempt=3)
    finding = only(FindingKind.RETRIED, make_run(1), *attempts, fine, running)
    assert finding.reason == "2 flows of run 01010101 on attempt 3 or later, up to 4"
    assert set(finding.rows) == {attempts[2], running}
    assert FindingKind.RETRIED not in {found.kind for found in find(make_run(1, end=NOW), *attempts)}


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
