"""The findings over a recording."""

from datetime import timedelta
from typing import Any

from tests.support.recorded import STEP, Recording, recorded
from tests.support.rows import NOW, OOM, digest, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.watch.findings.finding import FindingKind, Severity
from tui.watch.findings.findings import Findings
from tui.watch.recording.finding_history import finding_spans, recorded_states


async def flaky() -> Recording:
    """Return six refreshes: a flow fails, another one, the first succeeds, the second, and the first fails again."""
    db = ScriptedDB(make_run(1))
    recording = Recording(db)
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
    shown = [(state.time, [finding.cause for finding in state.findings]) for state in recorded_states(recording.tape)]
    assert [time for time, _ in shown] == [refresh.time for refresh in recording.refreshes]
    live = Findings(recording.watched.poller.cluster).find()
    assert shown[-1][1] == [finding.cause for finding in live]


async def test_a_finding_lasts_from_its_first_to_its_last_refresh() -> None:
    recording = await flaky()
    spans = finding_spans(recorded_states(recording.tape))
    first, second = (span for span in spans if span.finding.kind is FindingKind.FAILING)
    start = recording.tape.time(recording.tape.first)
    assert (first.raised, first.resolved) == (start + STEP, start + 4 * STEP)
    assert first.lasted == 3 * STEP
    assert (first.first.count, first.peak, first.severity) == (1, 2, Severity.CRITICAL)
    assert (second.raised, second.resolved) == (start + 5 * STEP, None)
    assert second.lasted == timedelta()


async def test_states_begin_at_a_time() -> None:
    recording = await flaky()
    later = [state.time for state in recorded_states(recording.tape, NOW + 4 * STEP)]
    assert later == [refresh.time for refresh in recording.refreshes if refresh.time >= NOW + 4 * STEP]
