"""The causes of death of tasks and runs."""

from datetime import timedelta
from typing import Any

import pytest

from store import Run, Task
from store.lease import SKEW
from tests.support.rows import NOW, ago, ahead, digest, make_alloc, make_pool, make_run, make_task, task_id
from tui.lists.death_texts import death_text, evidence
from tui.text import durations
from tui.watch.explain.cause_of_death import CauseOfDeath, DeathKind, cause_of_death
from tui.watch.model.cluster import Cluster
from tui.watch.model.outcomes import Outcome
from tui.watch.model.rows import Row
from tui.watch.model.states import State

LOST = ago(minutes=10)
"""The lease of the task that is looked at."""


def lost(number: int, **fields: Any) -> Task:
    values: dict[str, Any] = {"start": ago(hours=1), "keepalive": LOST, **fields}
    return make_task(number, 1, **values)


def with_alloc(*rows: Row) -> list[Row]:
    """Return the last row of each id. Alloc `a1` stops with its host unless it is given: the host renews both."""
    found = {row.id: row for row in rows}
    pool = found[digest("i-1")]
    if pool.end is None and sum(row.id == digest("a1") for row in rows) == 1:
        found[digest("a1")] = make_alloc("a1", "i-1", keepalive=pool.keepalive)
    return list(found.values())


def cause(*rows: Row) -> CauseOfDeath:
    """Return the cause of the death of task 1 among these rows, on host `i-1`, which are live if they are not given."""
    around: list[Row] = [make_run(1), make_pool("i-1"), make_alloc("a1", "i-1"), lost(1)]
    cluster = Cluster(NOW)
    cluster.add(with_alloc(*around, *rows))
    found = cause_of_death(cluster, cluster.tally(make_run(1).id).tasks[task_id(1)])
    assert found is not None
    return found


GONE: dict[str, Any] = {"keepalive": LOST - timedelta(seconds=2)}
CASES: dict[DeathKind, tuple[list[Row], str]] = {
    DeathKind.HOST_TERMINATED: (
        [make_pool("i-1", end=ago(minutes=11)), lost(2)],
        "Its host i-1 was terminated at 2026-11-01 11:52:41 UTC, with 1 other task: the host is gone.",
    ),
    DeathKind.HOST_GONE: (
        [make_pool("i-1", **GONE), lost(2), lost(3, keepalive=LOST + timedelta(seconds=80))],
        "Its host i-1 stopped renewing 2s earlier, as did 2 other tasks there: the host is gone or cut off.",
    ),
    DeathKind.HOST_EXPIRED: (
        [make_pool("i-1", **GONE), make_task(2, 1)],
        "Its host i-1 stopped renewing 2s earlier, but 1 task there kept renewing: the host may be alive.",
    ),
    DeathKind.HOST_AND_RUN: (
        [make_pool("i-1", **GONE), make_run(1, keepalive=LOST)],
        (
            "Its host i-1 stopped renewing 2s earlier, and its run stopped renewing at that time: "
            "it is unknown which failed first."
        ),
    ),
    DeathKind.ALLOC_ENDED: (
        [make_alloc("a1", "i-1", end=ago(minutes=11))],
        "Its alloc a1 ended at 2026-11-01 11:52:41 UTC while it ran; the host is alive.",
    ),
    DeathKind.ALLOC_GONE: (
        [make_alloc("a1", "i-1", keepalive=LOST + timedelta(seconds=30)), lost(2)],
        "Its alloc a1 stopped renewing 30s later, as did 1 other task there; the host is alive.",
    ),
    DeathKind.RUN_ENDED: (
        [make_run(1, end=ago(minutes=11)), make_pool("i-1", **GONE)],
        "Its run ended at 2026-11-01 11:52:41 UTC and left it without an end.",
    ),
    DeathKind.RUN_GONE: (
        [make_run(1, keepalive=LOST), lost(2, alloc_id=digest("b1")), lost(3)],
        (
            "Its run stopped renewing at the same time, as did 2 other tasks of it: "
            "the process that ran it is gone or cut off."
        ),
    ),
    DeathKind.TASK_ALONE: (
        [make_task(2, 1), make_task(3, 1)],
        (
            "Only this task stopped; its host i-1 is alive, and 2 other tasks of its run kept running: "
            "its worker process is hung or gone."
        ),
    ),
    DeathKind.TASKS_TOGETHER: (
        [lost(2), lost(3, keepalive=ago(minutes=30))],
        "1 other task of its run stopped at the same time; its host i-1 is alive.",
    ),
}


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.name)
def test_a_lost_task(kind: DeathKind) -> None:
    rows, sentence = CASES[kind]
    found = cause(*rows)
    assert found.kind is kind
    assert death_text(found) == sentence


def test_a_run_that_stopped_before_its_host_is_the_cause() -> None:
    """Hosts of a run without a process become idle, and are terminated."""
    for pool in (make_pool("i-1", keepalive=ago(minutes=6)), make_pool("i-1", end=ago(minutes=2))):
        assert cause(pool, make_run(1, keepalive=LOST)).kind is DeathKind.RUN_GONE


@pytest.mark.parametrize(
    ("pool", "clause"),
    [
        (
            make_pool("i-1", end=ago(minutes=3)),
            "its host i-1 ended later, at 2026-11-01 12:00:41 UTC",
        ),
        (
            make_pool("i-1", keepalive=ago(minutes=5)),
            "its host i-1 stopped renewing 5m00s later",
        ),
    ],
    ids=["ended", "expired"],
)
def test_a_host_that_stopped_after_the_task_is_not_the_cause(pool: Row, clause: str) -> None:
    found = cause(pool)
    assert found.kind is DeathKind.TASK_ALONE
    assert death_text(found) == f"Only this task stopped; {clause}: its worker process is hung or gone."


def test_a_host_of_which_an_alloc_renews_is_alive_whatever_its_own_lease() -> None:
    """The host renews both leases, so that only the keepalive of the pool hangs."""
    live: Row = make_alloc("a1", "i-1")
    found = cause(make_pool("i-1", **GONE), live, make_task(2, 1))
    assert found.kind is DeathKind.TASK_ALONE
    assert death_text(found) == (
        "Only this task stopped; its host i-1 is alive, though its lease expired, and 1 other task of its run kept "
        "running: its worker process is hung or gone."
    )
    found = cause(make_pool("i-1", **GONE), make_alloc("a1", "i-1", **GONE), make_alloc("a2", "i-1"))
    assert death_text(found) == "Its alloc a1 stopped renewing 2s earlier; the host is alive."


def test_a_host_that_stopped_before_the_run_is_the_cause() -> None:
    found = cause(make_pool("i-1", keepalive=ago(minutes=20)), make_run(1, keepalive=ago(minutes=6)))
    assert found.kind is DeathKind.HOST_GONE


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([make_pool("i-1", keepalive=ahead(seconds=20))], "its host"),
        ([make_run(1, keepalive=ahead(seconds=25))], "its run"),
        ([make_run(1, keepalive=ago(seconds=5))], "its run"),
        ([make_task(2, 1, keepalive=ahead(seconds=25))], "other tasks"),
        (
            [make_alloc("a1", "i-1", keepalive=ahead(seconds=25)), make_pool("i-1", keepalive=ago(minutes=2))],
            "its alloc",
        ),
        ([make_pool("i-1", keepalive=NOW), make_run(1, keepalive=NOW)], "its host or its run"),
    ],
)
def test_leases_that_are_not_over_tell_nothing_yet(rows: list[Row], what: str) -> None:
    """A writer that stopped together with the task may have renewed up to 90 s after it."""
    around: list[Row] = [
        make_run(1, keepalive=ahead(seconds=100)),
        make_pool("i-1", keepalive=ahead(seconds=100)),
        make_alloc("a1", "i-1", keepalive=ahead(seconds=100)),
        lost(1, keepalive=ago(seconds=70)),
    ]
    cluster = Cluster(NOW)
    cluster.add({row.id: row for row in (*around, *rows)}.values())
    found = cause_of_death(cluster, lost(1, keepalive=ago(seconds=70)))
    assert found is not None
    assert found.kind is DeathKind.TOO_EARLY
    assert found.decided == max(row.keepalive for row in rows if row.keepalive) + SKEW
    known = durations.moment(found.decided)
    assert death_text(found) == f"Too early to tell whether {what} stopped, too: known by {known}."


def test_a_host_that_has_ended_is_named_while_it_is_too_early() -> None:
    end = ago(seconds=50)
    task = make_task(1, 1, start=ago(hours=1), keepalive=ago(seconds=61))
    run = make_run(1, keepalive=ago(seconds=59))
    cluster = Cluster(NOW)
    cluster.add([run, task, make_alloc("a1", "i-1", end=end), make_pool("i-1", end=end)])
    found = cause_of_death(cluster, task)
    assert found is not None
    assert death_text(found) == (
        "Too early to tell whether its run stopped, too: known by 2026-11-01 12:03:42 UTC; "
        "host i-1 ended at 2026-11-01 12:02:51 UTC."
    )


def test_tasks_whose_leases_are_not_over_have_not_outlived_their_run() -> None:
    run = make_run(1, keepalive=ago(seconds=70))
    cluster = Cluster(NOW)
    cluster.add([run, make_task(1, 1, keepalive=ago(seconds=80)), make_task(2, 1, keepalive=ahead(seconds=19))])
    found = cause_of_death(cluster, run)
    assert found is not None
    assert death_text(found) == (
        "Too early to tell whether its running tasks stopped, too: known by 2026-11-01 12:05:00 UTC."
    )
    cluster.add([make_task(2, 1, keepalive=ahead(seconds=40))])
    found = cause_of_death(cluster, run)
    assert found is not None
    assert found.kind is DeathKind.LEASE_ALONE


def test_a_task_on_an_unknown_host() -> None:
    cluster = Cluster(NOW)
    cluster.add([make_run(1), lost(1)])
    found = cause_of_death(cluster, lost(1))
    assert found is not None
    assert death_text(found) == "Only this task stopped; its host is not known: its worker process is hung or gone."


@pytest.mark.parametrize(
    ("kind", "fields", "tasks", "sentence"),
    [
        (
            DeathKind.RUN_GONE,
            {},
            [lost(1), lost(2)],
            "It stopped renewing, and so did all of its 2 running tasks: the process that ran it is gone or cut off.",
        ),
        (
            DeathKind.LEASE_ALONE,
            {},
            [lost(1), make_task(2, 1)],
            "Only the lease of the run expired: 1 task of it kept renewing, so its work goes on.",
        ),
        (
            DeathKind.IDLE_RUN,
            {},
            [lost(1, end=ago(minutes=20))],
            "It stopped renewing while none of its tasks ran: the process that ran it is gone or cut off.",
        ),
        (
            DeathKind.NEVER_RENEWED,
            {"keepalive": None},
            [],
            "It never had a lease: the process that started it is gone or cut off.",
        ),
    ],
)
def test_a_lost_run(kind: DeathKind, fields: dict[str, None], tasks: list[Task], sentence: str) -> None:
    run = make_run(1, **{"keepalive": LOST, **fields})
    cluster = Cluster(NOW)
    cluster.add([run, *tasks])
    found = cause_of_death(cluster, run)
    assert found is not None
    assert found.kind is kind
    assert death_text(found) == sentence


BEFORE: dict[str, Any] = {"keepalive": LOST - timedelta(minutes=9)}
BOTH: dict[str, tuple[list[Row], DeathKind, DeathKind, str]] = {
    "host and run": (
        [make_pool("i-1", **GONE), lost(2)],
        DeathKind.HOST_AND_RUN,
        DeathKind.HOST_AND_RUN,
        (
            "It stopped renewing, and host i-1 stopped renewing 2s earlier, with all of its 2 running tasks: "
            "it is unknown which failed first."
        ),
    ),
    "host first": (
        [make_pool("i-1", **BEFORE), lost(1, **BEFORE)],
        DeathKind.HOST_GONE,
        DeathKind.AFTER_HOST,
        (
            "It lost its only running task with host i-1, which stopped renewing 9m00s earlier; "
            "then it stopped renewing, too: the process that ran it is gone or cut off."
        ),
    ),
    "terminated host": (
        [make_pool("i-1", end=LOST - timedelta(minutes=3))],
        DeathKind.HOST_TERMINATED,
        DeathKind.AFTER_HOST,
        (
            "It lost its only running task with host i-1, which ended at 2026-11-01 11:50:41 UTC; "
            "then it stopped renewing, too: the process that ran it is gone or cut off."
        ),
    ),
    "two hosts": (
        [
            *(make_pool("i-1", **BEFORE), make_pool("i-2", **BEFORE), make_alloc("a2", "i-2", **BEFORE)),
            *(lost(1, **BEFORE), lost(2, **BEFORE), lost(3, **BEFORE, alloc_id=digest("a2"))),
        ],
        DeathKind.HOST_GONE,
        DeathKind.AFTER_HOST,
        (
            "It lost all of its 3 running tasks with host i-1 and 1 other, which stopped renewing 9m00s earlier; "
            "then it stopped renewing, too: the process that ran it is gone or cut off."
        ),
    ),
    "tasks on other hosts": (
        [make_pool("i-1", **GONE), make_alloc("a2", "i-2"), make_pool("i-2"), lost(2, alloc_id=digest("a2"))],
        DeathKind.RUN_GONE,
        DeathKind.RUN_GONE,
        (
            "It stopped renewing, and so did all of its 2 running tasks, 1 of them on host i-1, "
            "which stopped renewing 2s earlier: the process that ran it is gone or cut off."
        ),
    ),
    "terminated between two renewals": (
        [make_pool("i-1", end=LOST - timedelta(seconds=31))],
        DeathKind.HOST_AND_RUN,
        DeathKind.HOST_AND_RUN,
        (
            "It stopped renewing, and host i-1 ended at 2026-11-01 11:53:10 UTC, with its only running task: "
            "it is unknown which failed first."
        ),
    ),
    "terminated after a renewal was due": (
        [make_pool("i-1", end=LOST + timedelta(seconds=9))],
        DeathKind.RUN_GONE,
        DeathKind.RUN_GONE,
        (
            "It stopped renewing, and so did its only running task: the process that ran it is gone or cut off; "
            "host i-1 ended later, at 2026-11-01 11:53:50 UTC."
        ),
    ),
    "host later": (
        [make_pool("i-1", keepalive=ago(minutes=6))],
        DeathKind.RUN_GONE,
        DeathKind.RUN_GONE,
        (
            "It stopped renewing, and so did its only running task: the process that ran it is gone or cut off; "
            "host i-1 stopped renewing later."
        ),
    ),
}


@pytest.mark.parametrize("name", BOTH)
def test_a_run_and_its_task_have_verdicts_that_agree(name: str) -> None:
    rows, of_task, of_run, sentence = BOTH[name]
    run = make_run(1, keepalive=LOST)
    cluster = Cluster(NOW)
    cluster.add(with_alloc(run, make_pool("i-1"), make_alloc("a1", "i-1"), lost(1), *rows))
    task, found = cause_of_death(cluster, cluster.tally(run.id).tasks[task_id(1)]), cause_of_death(cluster, run)
    assert task is not None
    assert found is not None
    assert (task.kind, found.kind) == (of_task, of_run)
    assert death_text(found) == sentence


def test_the_causes_of_a_task_and_a_run_wait_for_the_lease_of_the_host() -> None:
    run, pool = make_run(1, keepalive=ago(seconds=70)), make_pool("i-1", keepalive=ahead(seconds=20))
    cluster = Cluster(NOW)
    cluster.add([run, pool, make_alloc("a1", "i-1", keepalive=ahead(seconds=100)), lost(1, keepalive=ago(seconds=70))])
    task, found = cause_of_death(cluster, cluster.tally(run.id).tasks[task_id(1)]), cause_of_death(cluster, run)
    assert task is not None
    assert found is not None
    assert (task.kind, found.kind) == (DeathKind.TOO_EARLY, DeathKind.TOO_EARLY)
    assert pool.keepalive is not None
    assert task.decided == found.decided == pool.keepalive + SKEW


def test_the_host_that_ended_after_its_run_is_evidence_and_is_named_from_the_start() -> None:
    pool, later = make_pool("i-1", end=ago(seconds=80)), "ended later, at 2026-11-01 12:02:21 UTC."
    rows: list[Row] = [make_run(1, keepalive=ago(seconds=65)), pool, make_alloc("a1", "i-1", end=ago(seconds=80))]
    run, cluster = make_run(1, keepalive=ago(seconds=65)), Cluster(NOW)
    cluster.add([*rows, lost(1, keepalive=ahead(seconds=1))])
    found = cause_of_death(cluster, run)
    assert found is not None
    assert found.kind is DeathKind.TOO_EARLY
    assert death_text(found).endswith(": known by 2026-11-01 12:04:42 UTC; host i-1 ended at 2026-11-01 12:02:21 UTC.")
    assert found.evidence == (run, pool)
    task, cluster = lost(1, keepalive=ago(seconds=70)), Cluster(NOW)
    cluster.add([*rows, task])
    cases: list[tuple[Run | Task, str]] = [(run, "host"), (task, "its host")]
    for row, name in cases:
        found = cause_of_death(cluster, row)
        assert found is not None
        assert found.kind is DeathKind.RUN_GONE
        assert pool in found.evidence
        assert death_text(found).endswith(f"the process that ran it is gone or cut off; {name} i-1 {later}")


def test_a_task_whose_run_was_lost_too_says_so() -> None:
    found = cause(make_run(1, keepalive=LOST), make_task(2, 1))
    assert death_text(found) == (
        "Only this task stopped; the lease of its run expired as well; its host i-1 is alive, "
        "and 1 other task of its run kept running: its worker process is hung or gone."
    )


def test_a_live_row_has_no_cause_of_death() -> None:
    cluster = Cluster(NOW)
    rows: list[Row] = [make_run(1), make_task(1, 1), lost(2, end=ago(minutes=5))]
    cluster.add(rows)
    assert cause_of_death(cluster, make_run(1)) is None
    assert cause_of_death(cluster, make_task(1, 1)) is None
    assert cause_of_death(cluster, lost(2, end=ago(minutes=5))) is None


def test_leases_of_the_past_tell_nothing() -> None:
    cluster = Cluster(NOW)
    cluster.outcomes = {make_run(1).id: Outcome(State.RUNNING, make_run(1))}
    cluster.add([make_run(1, keepalive=LOST)])
    assert cause_of_death(cluster, make_run(1, keepalive=LOST)) is None


def test_evidence_names_each_row_with_its_lease() -> None:
    rows: list[Row] = [
        make_run(1),
        make_pool("i-1", end=ago(minutes=11)),
        make_alloc("a1", "i-1", keepalive=ahead(minutes=1)),
        lost(1),
    ]
    cluster = Cluster(NOW)
    cluster.add(rows)
    found = cause_of_death(cluster, lost(1))
    assert found is not None
    assert dict(evidence(cluster, found, NOW)) == {
        "task": "00000000  lost, lease until 2026-11-01 11:53:41 UTC, expired 10m ago",
        "alloc": "a1  live, lease until 2026-11-01 12:04:41 UTC, 1m00s left",
        "host": "i-1  ended at 2026-11-01 11:52:41 UTC",
        "run": "01010101  live, lease until 2026-11-01 12:05:21 UTC, 1m40s left",
    }
