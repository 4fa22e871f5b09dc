"""Findings about slow and retried tasks and idle pools, and finding all of them in slices."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from store import Error, ErrorKind, StringDigest, time_slices
from tests.support.findings import find, find_only, history
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tests.support.watched import Watched
from tui.watch.findings import failure_groups
from tui.watch.findings.finding import FindingKind, Severity, by_start
from tui.watch.findings.findings import Findings
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster

EXPIRED: dict[str, Any] = {"keepalive": ago(minutes=5), "start": ago(hours=1)}


def test_a_healthy_cluster_has_no_findings() -> None:
    assert find(make_run(1), make_task(1, 1), make_alloc(), make_pool()) == []


def test_pools_without_a_live_alloc() -> None:
    fresh = make_pool("i-2", start=ago(minutes=1))
    busy, idle = make_pool("i-3"), make_pool("i-4", pool_id=StringDigest("i-4"))
    allocs = [make_alloc("a3", "i-3"), make_alloc("a4", "i-4", end=NOW), make_alloc("a5", "i-4", **EXPIRED)]
    finding = find_only(
        FindingKind.IDLE_POOLS, fresh, busy, idle, *allocs, make_pool("i-5", end=NOW), make_pool("i-6", **EXPIRED)
    )
    assert (finding.severity, finding.reason, finding.rows) == (Severity.NOTE, "1 pool without a live alloc", (idle,))


def test_a_pool_whose_allocs_are_all_that_has_expired_is_idle() -> None:
    pool, expired = make_pool("i-4"), make_alloc("a4", "i-4", **EXPIRED)
    assert find_only(FindingKind.IDLE_POOLS, pool, expired).rows == (pool,)


def test_a_pool_that_boots_is_neither_lost_nor_idle() -> None:
    booting = make_pool(start=ago(seconds=299), keepalive=ago(seconds=239))
    assert find(booting) == []
    assert find(make_run(1), make_task(1, 1), make_alloc(), booting) == []


def test_flows_on_their_third_attempt() -> None:
    flow = digest("f")
    attempts = [make_task(number, 1, flow_id=flow, attempt=number, end=NOW, err=OOM) for number in range(3)]
    fine = make_task(9, 1, attempt=4, end=NOW)
    running = make_task(8, 1, attempt=3)
    finding = find_only(FindingKind.RETRIED, make_run(1), *attempts, fine, running)
    assert finding.reason == "run 01010101: 2 flows on attempt 3 or later, up to 4"
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
        assert finding.reason == "samtools.sort: 1 task slower than p95, 30m"
        assert finding.first == ago(minutes=10)
        watched.poller.refresh_now()
        await db.clock.advance(10)
        assert len(db.called("ident")) == 1
        assert watched.poller.findings is watched.poller.findings


async def test_findings_made_in_slices_equal_others_and_read_no_message_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(NOW)
    hosts = [make_pool(f"i-{number}", **EXPIRED) for number in range(50)]
    allocs = [make_alloc(f"a{number}", f"i-{number}", **EXPIRED) for number in range(50)]
    on_hosts = [make_task(1000 + number, 1, alloc_id=alloc.id) for number, alloc in enumerate(allocs)]
    failed = [
        make_task(number, 1, end=NOW, err=_error(f"disk {chr(97 + number % 26)} is full")) for number in range(500)
    ]
    cluster.add([make_run(1), *hosts, *allocs, *failed, *on_hosts])
    findings, expected = Findings(cluster), Findings(cluster).find()
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    monkeypatch.setattr(time_slices, "_SLICE", 0.0)
    counting = asyncio.create_task(count_turns())
    found = await findings.find_in_slices()
    counting.cancel()
    # One for each part of the failures, and at least one for each alloc and finding.
    assert turns >= 10 + 50 + len(found)
    assert found == expected
    monkeypatch.setattr(failure_groups, "normalize_message", None)
    assert findings.find() == expected
    assert Counter(each.kind for each in expected) == {FindingKind.FAILING: 26, FindingKind.LOST_HOST: 50}


async def test_errors_are_known_when_a_refresh_is_shown() -> None:
    db = ScriptedDB(
        make_run(1), *(make_task(number, 1, end=NOW, err=_error(f"no {number:c}")) for number in range(97, 123))
    )
    watched, found = Watched(db), []

    def show(_: Changes) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(failure_groups, "normalize_message", None)
            found.append(len(watched.poller.findings))

    watched.poller._notify = show
    await watched.refresh()
    assert found == [26]


def _error(text: str) -> Error:
    return Error(ErrorKind.OTHER, "exec", (), text)


def test_rows_that_started_in_the_same_second_are_sorted_by_id() -> None:
    tasks = make_task(1, 1), make_task(2, 1)
    assert by_start(reversed(tasks)) == tasks
