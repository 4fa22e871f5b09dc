"""Sentences about pools and allocs whose lease expired: one for each pair of rows."""

from typing import Any

import pytest

from store import Alloc, PoolRow
from tests.support.rows import NOW, ago, ahead, make_alloc, make_pool, make_run, make_task
from tui.lists.explanation_texts import explain
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row

GONE: dict[str, Any] = {"keepalive": ago(minutes=10), "start": ago(hours=1)}
LIVE: dict[str, Any] = {"keepalive": ahead(seconds=70), "start": ago(hours=1)}
CASES: dict[str, tuple[PoolRow | Alloc, list[Row], str]] = {
    "pool, alloc and task renew": (
        make_pool(**GONE),
        [make_alloc(), make_alloc("a2", **GONE), make_task(1, 1, **LIVE), make_task(2, 1, **LIVE)],
        (
            "Only the keepalive of the host is hung: 1 of 2 allocs and 2 of 2 tasks there renewed their leases "
            "in the last 50s, so the host is alive."
        ),
    ),
    "pool, alloc renews": (
        make_pool(**GONE),
        [make_alloc(), make_task(1, 1, **GONE)],
        (
            "Only the keepalive of the host is hung: 1 of 1 alloc there renewed its lease "
            "in the last 30s, so the host is alive."
        ),
    ),
    "pool, task renews": (
        make_pool(**GONE),
        [make_alloc(**GONE), make_task(1, 1, **LIVE), make_task(2, 1, **GONE)],
        (
            "It stopped renewing, as did the only alloc, but 1 of 2 tasks there renewed its lease in the last 50s: "
            "the host is alive, or the process that renews it is elsewhere."
        ),
    ),
    "pool, nothing renews": (
        make_pool(**GONE),
        [make_alloc(**GONE), make_alloc("a2", **GONE), make_task(1, 1, **GONE), make_task(2, 1, **GONE)],
        "It stopped renewing, and so did both allocs and both tasks there: the host is gone or cut off.",
    ),
    "empty pool": (
        make_pool(**GONE),
        [],
        "It stopped renewing while nothing ran there: the host is gone or cut off.",
    ),
    "pool, too early": (
        make_pool(keepalive=ago(seconds=70)),
        [make_alloc(keepalive=ahead(seconds=20))],
        "Too early to tell whether its allocs and tasks stopped, too: known by 2026-11-01 12:05:01 UTC.",
    ),
    "alloc, task and pool renew": (
        make_alloc(**GONE),
        [make_pool(), make_task(1, 1, **LIVE), make_task(2, 1, **GONE)],
        (
            "Only the keepalive of the alloc is hung: 1 of 2 tasks in it renewed its lease in the last 50s, "
            "as did its host i-0abc, so its work goes on."
        ),
    ),
    "alloc, task and another alloc renew": (
        make_alloc(**GONE),
        [make_pool(**GONE), make_alloc("a2"), make_task(1, 1, **LIVE)],
        (
            "Only the keepalive of the alloc is hung: 1 of 1 task in it renewed its lease in the last 50s; "
            "its host i-0abc is alive, so its work goes on."
        ),
    ),
    "alloc, pool renews": (
        make_alloc(**GONE),
        [make_pool(), make_task(1, 1, **GONE)],
        (
            "It stopped renewing, and so did the only task in it, but its host i-0abc is alive: "
            "the alloc is hung or gone."
        ),
    ),
    "empty alloc, pool renews": (
        make_alloc(**GONE),
        [make_pool()],
        "It stopped renewing while nothing ran in it, but its host i-0abc is alive: the alloc is hung or gone.",
    ),
    "alloc, task renews": (
        make_alloc(**GONE),
        [make_pool(**GONE), make_task(1, 1, **LIVE)],
        (
            "It stopped renewing, as did its host i-0abc, but 1 of 1 task in it renewed its lease in the last 50s: "
            "the host is alive, or the process that renews it is elsewhere."
        ),
    ),
    "alloc, task renews, pool ended": (
        make_alloc(**GONE),
        [make_pool(end=ago(minutes=9)), make_task(1, 1, **LIVE)],
        (
            "It stopped renewing, and its host i-0abc ended at 2026-11-01 11:54:41 UTC, but 1 of 1 task in it "
            "renewed its lease in the last 50s: the process that renews it is elsewhere."
        ),
    ),
    "alloc, nothing renews": (
        make_alloc(**GONE),
        [make_pool(**GONE), make_task(1, 1, **GONE)],
        (
            "It stopped renewing, and so did the only task in it; its host i-0abc stopped renewing, too: "
            "the host is gone or cut off."
        ),
    ),
    "alloc on an unknown host": (
        make_alloc(**GONE),
        [make_task(1, 1, **GONE)],
        "It stopped renewing, and so did the only task in it: the alloc is hung or gone; its host is not known.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_pair_of_rows_has_one_sentence_about_it(name: str) -> None:
    row, rows, sentence = CASES[name]
    cluster = Cluster(NOW)
    cluster.add([make_run(1), row, *rows])
    findings = Findings(cluster).find()
    explanations = Explanations(cluster, findings)
    (text,) = (each.text for each in explain(explanations, row, NOW, NOW) if each.name == "cause")
    assert text == sentence
    for finding in findings:
        if finding.rows[0].id == row.id and finding.cause != "idle":
            assert [each.text for each in explain(explanations, finding, NOW, NOW) if each.name == "cause"] == [text]


def test_tasks_of_some_runs_are_named_so() -> None:
    cluster, pool = Cluster(NOW), make_pool(**GONE)
    cluster.add([make_run(1), pool, make_alloc(**GONE), make_task(1, 1, **GONE)])
    explanations = Explanations(cluster, scope="of this run")
    (text,) = (each.text for each in explain(explanations, pool, NOW, NOW) if each.name == "cause")
    assert text == (
        "It stopped renewing, and so did the only alloc and the only task of this run there: "
        "the host is gone or cut off."
    )
