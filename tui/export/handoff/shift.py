"""A shift: the findings and runs between two times, from a recording or from the rows of the table."""

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from store import Run, RunID, Task
from store.lease import SKEW
from store.times import EARLIEST
from tui.cost.costs import Costs, RunCost
from tui.lists import findings as finding_list
from tui.lists import runs as run_list
from tui.lists.explanation_texts import ExplanationText, explain
from tui.lists.runs import RunRow
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.finding_memory import FindingMemory
from tui.watch.model.cluster import Cluster
from tui.watch.recording.finding_history import FindingSpan, RecordedState, finding_spans, recorded_states
from tui.watch.recording.session_history import RefreshHistory


class FindingTrend(enum.StrEnum):
    """The change of a finding over a shift."""

    NEW = "new"
    GREW = "grew"
    OPEN = "open"  # since before the shift, and no larger
    RESOLVED = "resolved"


@dataclass(frozen=True, kw_only=True)
class ShiftFinding:
    """A finding in its last state. `count_before` is the number of tasks that it affected when the shift began.

    `since` is when it was first seen, `until` when it was resolved. `times` is how often it was raised.
    """

    finding: Finding
    trend: FindingTrend
    count_before: int
    since: datetime | None
    until: datetime | None = None
    times: int = 1
    is_acknowledged: bool = False


@dataclass(frozen=True, kw_only=True)
class ShiftRun:
    """A run as of its end, or as of the end of the shift. Without prices `cost` is None.

    `dead_tasks` counts the running tasks that are stale, lost, or on a host or alloc that is lost or ended, and have no
    later attempt.
    """

    row: RunRow
    cost: RunCost | None = None
    dead_tasks: int = 0

    @property
    def needs_attention(self) -> bool:
        """Whether the run is failing, stale or lost, or has lost tasks."""
        return self.row.state.needs_attention or self.dead_tasks > 0


@dataclass(frozen=True, kw_only=True)
class Shift:
    """The findings and runs from `since` until `until`.

    `ended` are the runs that ended, the latest first; `active` those that run, the most urgent first. `knows_resolved`
    is false if the source, such as the table, does not tell which findings were resolved. `trouble` says why data is
    missing; `gaps` are the times without data. `explanations` are those of the open findings, by cause; `owners` are
    the users of the runs that findings are about. `recorded_since` is when the recording began, None for a table.
    `has_prices` is whether costs are known; if not, `price_hint` says how to set prices.
    """

    since: datetime
    until: datetime
    source: str
    findings: Sequence[ShiftFinding]
    ended: Sequence[ShiftRun]
    active: Sequence[ShiftRun]
    knows_resolved: bool
    gaps: Sequence[tuple[datetime, datetime]] = ()
    trouble: Sequence[str] = field(default=())
    explanations: Mapping[str, Sequence[ExplanationText]] = field(default_factory=dict)
    owners: Mapping[RunID, str] = field(default_factory=dict)
    recorded_since: datetime | None = None
    has_prices: bool = True
    price_hint: str = ""


CostsOf = Callable[[Cluster], Costs | None]


@dataclass(frozen=True, kw_only=True)
class ShiftScope:
    """The start of a shift, the name of the source, the runs to count, and the findings that were acknowledged.

    `memory` has notes and earlier sightings of errors. `price_hint` says how to set prices.
    """

    since: datetime
    source: str
    is_counted: Callable[[Run], bool] = lambda _: True
    is_acknowledged: Callable[[Finding], bool] = lambda _: False
    memory: FindingMemory | None = None
    price_hint: str = ""

    def findings(self, cluster: Cluster, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings about runs that are counted, and those about no run."""
        counted = {run.id for run in cluster.runs if self.is_counted(run)}
        by_runs = ((each, finding_list.run_ids(each)) for each in findings)
        return [each for each, ids in by_runs if not ids or not counted.isdisjoint(ids)]


def shift_from_recording(history: RefreshHistory, scope: ShiftScope, costs_of: CostsOf) -> Shift:
    """Return the shift that a recording shows. Raises OSError if it cannot be read to its end."""
    since = scope.since
    ended: dict[RunID, ShiftRun] = {}
    owners: dict[RunID, str] = {}
    last: RecordedState | None = None

    def states() -> Iterable[RecordedState]:
        nonlocal last
        for state in recorded_states(history, since):
            _add_ended(ended, state.cluster, scope, costs_of)
            last = state
            _add_owners(owners, state.cluster, state.findings)
            yield state._replace(findings=scope.findings(state.cluster, state.findings))

    spans = finding_spans(states())
    costs = None if last is None else costs_of(last.cluster)
    first = history.find(since)
    gaps = [
        (history.time(place - 1), history.time(place))
        for place in range(first + 1, history.last + 1)
        if history.starts_session(place)
    ]
    return Shift(
        since=max(since, history.time(history.first)),
        until=history.time(history.last),
        source=scope.source,
        findings=_from_spans(spans, history.time(first), scope),
        ended=_latest_first(ended.values()),
        active=[] if last is None else _active(last.cluster, scope, costs),
        knows_resolved=True,
        gaps=gaps,
        trouble=[history.damage] if history.damage else [],
        explanations={} if last is None else _explained(last.cluster, last.findings, scope),
        owners=owners,
        recorded_since=history.time(history.first),
        has_prices=costs is not None,
        price_hint=scope.price_hint,
    )


def shift_from_rows(
    cluster: Cluster,
    findings: Sequence[Finding],
    scope: ShiftScope,
    costs: Costs | None,
    trouble: Sequence[str] = (),
) -> Shift:
    """Return the shift that rows of the table show. They tell when flows failed, not which findings were resolved."""
    ended: dict[RunID, ShiftRun] = {}
    owners: dict[RunID, str] = {}
    _add_ended(ended, cluster, scope, lambda _: costs)
    _add_owners(owners, cluster, findings)
    return Shift(
        since=scope.since,
        until=cluster.as_of,
        source=scope.source,
        findings=[_from_table(finding, scope) for finding in scope.findings(cluster, findings)],
        ended=_latest_first(ended.values()),
        active=_active(cluster, scope, costs),
        knows_resolved=False,
        trouble=trouble,
        explanations=_explained(cluster, findings, scope),
        owners=owners,
        has_prices=costs is not None,
        price_hint=scope.price_hint,
    )


def _from_spans(spans: Sequence[FindingSpan], start: datetime, scope: ShiftScope) -> list[ShiftFinding]:
    """Return one entry for each cause: the open ones first, the most severe first."""
    by_cause: dict[str, list[FindingSpan]] = {}
    for span in spans:
        by_cause.setdefault(span.finding.cause, []).append(span)
    found = []
    for each in by_cause.values():
        first, last = each[0], each[-1]
        began = first.first.first
        # Minutes after the start of a recording, the backfill still finds rows that were lost before it.
        is_new = first.raised > start and (began is None or began >= start)
        before = 0 if is_new else _count_before(first.first, start) if first.raised > start else first.first.count
        if last.resolved is not None:
            trend = FindingTrend.RESOLVED
        elif is_new:
            trend = FindingTrend.NEW
        else:
            trend = FindingTrend.GREW if last.peak > before else FindingTrend.OPEN
        found.append(
            ShiftFinding(
                finding=last.finding,
                trend=trend,
                count_before=before,
                since=last.raised if is_new else began or first.raised,
                until=last.resolved,
                times=len(each),
                is_acknowledged=scope.is_acknowledged(last.finding),
            )
        )
    return sorted(found, key=lambda each: (each.until is not None, each.finding.severity, -each.finding.count))


def _from_table(finding: Finding, scope: ShiftScope) -> ShiftFinding:
    since = scope.since
    began = finding.first or since
    before = _count_before(finding, since) if began < since else 0
    trend = FindingTrend.NEW if began >= since else FindingTrend.OPEN
    if 0 < before < finding.count:
        trend = FindingTrend.GREW
    return ShiftFinding(
        finding=finding,
        trend=trend,
        count_before=before,
        since=finding.first,
        is_acknowledged=scope.is_acknowledged(finding),
    )


def _explained(cluster: Cluster, findings: Sequence[Finding], scope: ShiftScope) -> dict[str, list[ExplanationText]]:
    explanations, now = Explanations(cluster, findings, scope.memory), cluster.as_of
    return {each.cause: list(explain(explanations, each, now, now)) for each in findings}


def _add_owners(owners: dict[RunID, str], cluster: Cluster, findings: Iterable[Finding]) -> None:
    """Add the users of the runs that `findings` are about: a resolved finding may outlive its run in a recording."""
    for run_id in (each for finding in findings for each in finding_list.run_ids(finding)):
        if run_id not in owners and (run := cluster.run(run_id)) is not None and run.user:
            owners[run_id] = run.user


def _count_before(finding: Finding, time: datetime) -> int:
    """Return the number of tasks that a finding affected before `time`, as far as their ends tell."""
    is_failing = finding.kind is FindingKind.FAILING
    return sum(_ended_before(task, time) for task in finding.tasks) if is_failing else finding.count


def _ended_before(task: Task, time: datetime) -> bool:
    return task.end is not None and task.end < time


def _add_ended(ended: dict[RunID, ShiftRun], cluster: Cluster, scope: ShiftScope, costs_of: CostsOf) -> None:
    """Add the runs that ended since `since`, as they are now: their last tasks may be read later than their end."""
    costs: Costs | None = None
    for run in cluster.runs:
        if run.end is None or run.end < scope.since or not scope.is_counted(run):
            continue
        row = run_list.row(cluster, run)
        known = ended.get(run.id)
        if known is not None and known.row == row:
            continue
        costs = costs or costs_of(cluster)
        ended[run.id] = ShiftRun(row=row, cost=None if costs is None else costs.describe_run(run.id))


def _active(cluster: Cluster, scope: ShiftScope, costs: Costs | None) -> list[ShiftRun]:
    rows = [row for row in run_list.rows(cluster) if row.run.end is None and scope.is_counted(row.run)]
    dead = _count_dead_tasks(cluster)
    return [
        ShiftRun(
            row=row,
            cost=None if costs is None else costs.describe_run(row.run.id),
            dead_tasks=dead[row.run.id],
        )
        for row in rows
    ]


def _count_dead_tasks(cluster: Cluster) -> Counter[RunID]:
    expired = cluster.open.expired_before(cluster.as_of - SKEW)
    tasks = [row for row in expired if isinstance(row, Task) and cluster.task_state(row).is_expired]
    dead = {task.id: task for task in (*tasks, *cluster.tasks_on_dead_hosts())}
    return Counter(task.run_id for task in dead.values() if cluster.is_wanted(task))


def _latest_first(runs: Iterable[ShiftRun]) -> list[ShiftRun]:
    return sorted(runs, key=lambda each: (-(each.row.run.end or EARLIEST).timestamp(), each.row.run.id))
