"""The findings over a recording."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.recorded import STEP, Recording, recorded
from tests.support.recording_files import Opened
from tests.support.rows import NOW, OOM, digest, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.watch.findings.finding import FindingKind, Severity
from tui.watch.findings.findings import Findings
from tui.watch.recording.finding_history import finding_spans, recorded_states

QUIET = 6


async def flaky() -> Recording:
    """Return a recording that has settled, and five refreshes more.

    A flow fails, another one, the first succeeds, the second, and the first fails again.
    """
    db = ScriptedDB(make_run(1))
    recording = Recording(db)
    for _ in range(QUIET + 1):
        await recording.refresh()
    steps = [[(1, 0, True)], [(2, 0, True)], [(1, 1, False)], [(2, 1, False)], [(1, 2, True)]]
    for number, step in enumerate(steps):
        for flow, attempt, fails in step:
            times: dict[str, Any] = {"start": db.now, "keepalive": db.now, "end": db.now}
            error = OOM if fails else None
            db.put(make_task(10 * number + flow, 1, err=error, attempt=attempt, flow_id=digest(f"{flow}"), **times))
        await recording.refresh()
    return recording


async def test_each_refresh_has_the_findings_that_the_dashboard_showed() -> None:
    recording = await recorded()
    shown = [
        (state.time, [finding.cause for finding in state.findings]) for state in recorded_states(recording.history)
    ]
    assert [time for time, _ in shown] == [refresh.time for refresh in recording.refreshes]
    live = Findings(recording.watched.poller.cluster).find()
    assert shown[-1][1] == [finding.cause for finding in live]


async def test_a_finding_lasts_from_its_first_to_its_last_refresh() -> None:
    recording = await flaky()
    spans = finding_spans(recorded_states(recording.history))
    first, second = (span for span in spans if span.finding.kind is FindingKind.FAILING)
    start = recording.history.time(recording.history.first) + QUIET * STEP
    assert (first.raised, first.resolved) == (start + STEP, start + 4 * STEP)
    assert first.lasted == 3 * STEP
    assert (first.first.count, first.peak, first.severity) == (1, 2, Severity.CRITICAL)
    assert (second.raised, second.resolved) == (start + 5 * STEP, None)
    assert second.lasted == timedelta()


async def test_states_begin_at_a_time() -> None:
    recording = await flaky()
    later = [state.time for state in recorded_states(recording.history, NOW + 4 * STEP)]
    assert later == [refresh.time for refresh in recording.refreshes if refresh.time >= NOW + 4 * STEP]


async def test_nothing_grows_or_ends_while_a_recording_settles(path: Path, opened: Opened) -> None:
    """After a gap of ten minutes a finding is read again only at the second refresh."""
    recording = await flaky()
    recording.write(path)
    db = ScriptedDB(make_run(1))
    later = Recording(db)
    db.now += timedelta(minutes=10)
    await later.refresh()
    db.put(make_task(50, 1, start=db.now, keepalive=db.now, end=db.now, err=OOM, flow_id=digest("1")))
    await later.refresh()
    later.write(path)
    states = list(recorded_states(opened(path)))
    assert [state.is_settling for state in states[-2:]] == [True, True]
    failing = [sum(each.kind is FindingKind.FAILING for each in state.findings) for state in states[-3:]]
    assert failing == [1, 0, 1]
    spans = [span for span in finding_spans(states) if span.finding.kind is FindingKind.FAILING]
    assert [span.resolved is None for span in spans] == [False, True]
