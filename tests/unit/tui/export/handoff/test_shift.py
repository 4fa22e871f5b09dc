"""The findings and runs of a shift."""

from datetime import timedelta
from typing import Any

from tests.support.recorded import STEP, Recording, recorded
from tests.support.rows import NOW, OOM, ago, digest, make_run, make_task, run_id
from tests.support.scripted_db import ScriptedDB
from tui.export.handoff.handoff_page import handoff_lines
from tui.export.handoff.shift import FindingTrend, Shift, ShiftScope, shift_from_recording, shift_from_rows
from tui.lists.findings import run_ids
from tui.watch.findings.finding import FindingKind
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import State


def scope(**fields: Any) -> ShiftScope:
    return ShiftScope(since=NOW - timedelta(hours=8), source="test", **fields)


def from_table(*rows: Row, **fields: Any) -> Shift:
    cluster = Cluster(NOW)
    cluster.add(rows)
    return shift_from_rows(cluster, Findings(cluster).find(), scope(**fields), None)


def failed(number: int, hours: float, run: int = 1, **fields: Any) -> Row:
    end = ago(hours=hours)
    return make_task(number, run, start=end - timedelta(minutes=5), end=end, err=OOM, **fields)


def test_findings_of_the_table_are_new_grown_or_as_before() -> None:
    shift = from_table(
        make_run(1, start=ago(hours=20)),
        failed(1, 1, ident="new"),
        failed(2, 1, ident="grown"),
        failed(3, 9, ident="grown"),
        failed(4, 9, ident="old"),
    )
    found = {each.finding.tasks[0].ident: (each.trend, each.count_before) for each in shift.findings}
    assert found == {"new": (FindingTrend.NEW, 0), "grown": (FindingTrend.GREW, 1), "old": (FindingTrend.OPEN, 1)}
    assert not shift.knows_resolved


async def test_owners_are_those_of_the_runs_of_findings() -> None:
    table = from_table(make_run(1, start=ago(hours=3)), make_run(2, user="bob"), failed(1, 1))
    assert table.owners == {run_id(1): "amy@example.com"}
    found = shift_from_recording((await recorded()).history, scope(), lambda _: None)
    ids = {row_id for each in found.findings for row_id in run_ids(each.finding)}
    assert ids - found.owners.keys() == {run_id(9)}  # which is not in the table
    assert run_id(1) in found.owners


def test_runs_that_ended_in_the_shift_are_listed_latest_first() -> None:
    shift = from_table(
        make_run(1, start=ago(hours=3), end=ago(hours=1)),
        make_run(2, start=ago(hours=9), end=ago(hours=2)),
        make_run(3, start=ago(hours=12), end=ago(hours=9)),
        make_run(4),
        failed(1, 2, run=2),
    )
    assert [(each.row.run.id, each.row.state) for each in shift.ended] == [
        (run_id(1), State.SUCCEEDED),
        (run_id(2), State.FAILED),
    ]
    assert [each.row.run.id for each in shift.active] == [run_id(4)]


def test_only_runs_that_count_take_part() -> None:
    rows: list[Row] = [make_run(1), make_run(2, user="bob"), failed(1, 1), failed(2, 1, run=2, ident="other")]
    shift = from_table(*rows, is_counted=lambda run: run.user == "bob")
    assert [each.row.run.id for each in shift.active] == [run_id(2)]
    assert [each.finding.tasks[0].ident for each in shift.findings] == ["other"]


async def test_a_recording_tells_which_findings_were_resolved() -> None:
    old = make_task(9, 1, ident="merge", start=ago(minutes=9), end=ago(minutes=5), err=OOM)
    db = ScriptedDB(make_run(1), make_run(2, start=ago(minutes=3)), old)
    recording = Recording(db)
    for _ in range(7):  # a recording settles
        await recording.refresh()
    for number, fails in enumerate((True, False, True, False)):
        now = db.now
        task = make_task(
            number,
            1,
            start=now,
            keepalive=now,
            end=now,
            err=OOM if fails else None,
            attempt=number,
            flow_id=digest("f"),
        )
        db.put(task, *([make_run(2, start=ago(minutes=3), end=now)] if number == 1 else []))
        await recording.refresh()
    first = recording.history.time(recording.history.first)
    seen = ShiftScope(since=first, source="test", is_acknowledged=lambda finding: finding.tasks[0].ident == "merge")
    shift = shift_from_recording(recording.history, seen, lambda _: None)
    failing = (each for each in shift.findings if each.finding.kind is FindingKind.FAILING)
    found = {each.finding.tasks[0].ident: each for each in failing}
    flapping, known = found["samtools.sort"], found["merge"]
    assert (known.trend, known.is_acknowledged, known.count_before) == (FindingTrend.OPEN, True, 1)
    assert (flapping.trend, flapping.times, flapping.is_acknowledged) == (FindingTrend.RESOLVED, 2, False)
    assert flapping.until == first + 10 * STEP
    assert [each.row.run.id for each in shift.ended] == [run_id(2)]
    assert shift.gaps == []


async def test_a_shift_begins_no_earlier_than_the_recording() -> None:
    history = (await recorded()).history
    shift = shift_from_recording(history, scope(), lambda _: None)
    assert (shift.since, shift.until) == (history.time(history.first), history.time(history.last))


async def test_rows_that_were_lost_before_the_recording_are_not_new() -> None:
    db = ScriptedDB(make_run(1))
    recording = Recording(db)
    for _ in range(8):  # a recording settles
        await recording.refresh()
    # A new task refers to a lost run, which the backfill has not found yet.
    db.put(make_run(2, start=ago(hours=5), keepalive=ago(hours=2)), make_task(1, 2, start=db.now, keepalive=db.now))
    await recording.refresh()
    start = recording.history.time(recording.history.first)
    shift = shift_from_recording(recording.history, ShiftScope(since=start, source="test"), lambda _: None)
    (lost,) = (each for each in shift.findings if each.finding.kind is FindingKind.LOST_RUN)
    assert (lost.trend, lost.since, lost.count_before) == (FindingTrend.OPEN, ago(hours=2), 1)
    (line,) = (line for line in handoff_lines(shift) if "lost run:" in line)
    assert line.startswith("open          critical  lost run: run 02020202 is lost: its lease expired at 10:03:41 UTC")
    assert "since 10:03 UTC, before the recording began" in line
