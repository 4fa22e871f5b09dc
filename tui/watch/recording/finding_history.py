"""The findings at every refresh of a recording, as the dashboard would have shown them, and how long each lasted."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from tui.watch.findings.finding import Finding, Severity
from tui.watch.findings.findings import Findings
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.recording.session_history import RefreshHistory

_SETTLED = timedelta(seconds=30)


class RecordedState(NamedTuple):
    """The rows and findings at one refresh. `cluster` is valid until the next one is asked for.

    It `is_settling` for the first half minute of a recording, and after a gap: the tasks of older runs are still being
    read, so that findings seem to be missing or small.
    """

    time: datetime
    cluster: Cluster
    findings: list[Finding]
    is_settling: bool = False


def recorded_states(history: RefreshHistory, since: datetime | None = None) -> Iterator[RecordedState]:
    """Yield the state at each refresh from `since` on, by today's rules. Raises OSError if the recording is damaged."""
    first = history.first if since is None else history.find(since)
    cluster = Cluster(history.time(first))
    findings = Findings(cluster)
    began = history.time(history.key(first))
    for place in range(history.key(first), history.last + 1):
        if history.key(place) == place:  # a keyframe has all rows: those that it lacks were forgotten
            cluster = Cluster(history.time(place))
            findings = Findings(cluster)
        if history.starts_session(place):
            began = history.time(place)
        refresh = history.read(place)
        for _ in cluster.apply(refresh.delta, Changes()):
            pass
        cluster.usual = dict(refresh.usual)
        if place >= first:
            time = history.time(place)
            yield RecordedState(time, cluster, findings.find(), is_settling=time - began < _SETTLED)


class FindingSpan(msgspec.Struct):
    """A finding from when it was `raised` until it was `resolved`; None if it was open at the end.

    `finding` is its last state, `first` its first one, and `peak` the largest number of tasks that it affected.
    """

    first: Finding
    finding: Finding
    raised: datetime
    last_seen: datetime
    peak: int
    severity: Severity
    resolved: datetime | None = None

    @property
    def lasted(self) -> timedelta:
        """The time that it was shown for; up to the end of the recording if it was open then."""
        return (self.resolved or self.last_seen) - self.raised


def finding_spans(states: Iterable[RecordedState]) -> list[FindingSpan]:
    """Return the spans of all findings in the order in which they were raised. A finding that came back has several.

    None begins, grows or ends because a recording does, or has a gap.
    """
    spans: list[FindingSpan] = []
    open_spans: dict[str, FindingSpan] = {}
    start: datetime | None = None
    for state in states:
        start = start or state.time
        now = {finding.cause: finding for finding in state.findings}
        if not state.is_settling:
            for cause in open_spans.keys() - now.keys():
                open_spans.pop(cause).resolved = state.time
        for cause, finding in now.items():
            span = open_spans.get(cause)
            if span is None:
                raised = start if state.is_settling and state.time - start < _SETTLED else state.time
                span = open_spans[cause] = FindingSpan(
                    finding, finding, raised, state.time, finding.count, finding.severity
                )
                spans.append(span)
            span.finding, span.last_seen = finding, state.time
            if state.is_settling and span.raised == start:
                span.first = finding
            span.peak, span.severity = max(span.peak, finding.count), min(span.severity, finding.severity)
    return spans
