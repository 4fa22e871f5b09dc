"""Reads of usual durations."""

from tests.support.findings import MINUTE, history
from tests.support.rows import NOW, OOM, ago, ahead, make_task
from tests.support.scripted_db import ScriptedDB
from tui.watch.model.cluster import Cluster
from tui.watch.model.usual_duration import UsualDuration
from tui.watch.polling.durations import IdentDurations

SORT = "samtools.sort"


async def test_durations_are_read_again_after_an_hour() -> None:
    db, cluster = ScriptedDB(*history(30)), Cluster(NOW)
    durations = IdentDurations(cluster)
    cluster.add([make_task(1, 1, start=ago(minutes=40)), make_task(2, 1, ident="young")])
    assert durations.wanted(NOW) == {SORT}
    assert await durations.read(db, SORT, NOW) == 50.0
    assert cluster.usual == {SORT: UsualDuration(100, 30 * MINUTE, 30 * MINUTE)}
    assert durations.wanted(NOW) == set()
    assert durations.wanted(ahead(minutes=61)) == {SORT}


async def test_idents_that_are_asked_for_are_read_once_an_hour() -> None:
    db, cluster = ScriptedDB(*history(30)), Cluster(NOW)
    durations = IdentDurations(cluster)
    assert durations.wanted(NOW, [SORT, ""]) == {SORT}
    await durations.read(db, SORT, NOW)
    assert durations.wanted(ahead(minutes=59), [SORT]) == set()
    assert durations.wanted(ahead(minutes=61), [SORT]) == {SORT}
    db.failures["ident"] = OOM
    await durations.read(db, SORT, ahead(minutes=61))
    assert durations.wanted(ahead(minutes=65), [SORT]) == set()
    assert durations.wanted(ahead(minutes=67), [SORT]) == {SORT}


async def test_a_read_that_fails_keeps_what_was_known_and_is_retried_after_five_minutes() -> None:
    db, cluster = ScriptedDB(*history(30)), Cluster(NOW)
    durations = IdentDurations(cluster)
    cluster.add([make_task(1, 1, start=ago(minutes=40))])
    await durations.read(db, SORT, NOW)
    db.failures["ident"] = OOM
    assert await durations.read(db, SORT, NOW) == 0.0
    assert durations.error is OOM
    assert cluster.usual[SORT].p95 == 30 * MINUTE
    assert durations.wanted(ahead(minutes=4)) == set()
    assert durations.wanted(ahead(minutes=6)) == {SORT}


async def test_failed_tasks_are_not_measured() -> None:
    killed = [make_task(n, 1, start=ago(minutes=1), end=NOW, err=OOM) for n in range(50)]
    db, cluster = ScriptedDB(*killed, *history(30, count=19)), Cluster(NOW)
    await IdentDurations(cluster).read(db, SORT, NOW)
    assert cluster.usual == {SORT: UsualDuration(19)}


async def test_idents_without_an_open_task_are_forgotten_once_there_are_thousands() -> None:
    db, cluster = ScriptedDB(), Cluster(NOW)
    durations = IdentDurations(cluster)
    cluster.add([make_task(1, 1, ident="open", start=ago(minutes=40))])
    await durations.read(db, "open", ago(minutes=30))
    for number in range(5_000):
        await durations.read(db, f"ident.{number}", ago(minutes=20))
    assert len(cluster.usual) <= 2_001
    assert {"open", "ident.4999"} <= cluster.usual.keys()
    assert durations.wanted(NOW, ["ident.4999", "ident.0"]) == {"ident.0"}
