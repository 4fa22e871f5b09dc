"""Usual durations of idents."""

from tests.support.findings import MINUTE, history
from tests.support.rows import NOW, OOM, ago, ahead, make_task
from tests.support.scripted_db import ScriptedDB
from tui.watch.model.cluster import Cluster
from tui.watch.polling.durations import IdentDurations


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
