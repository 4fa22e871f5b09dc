"""The list of findings over time: when each was raised, and for how long."""

from collections.abc import Mapping
from datetime import datetime

from store.times import format_time
from tui.lists.columns import Cell, Column
from tui.lists.findings import SEVERITY_LOOKS, run_cell, run_ids
from tui.text import durations
from tui.watch.recording.finding_history import FindingSpan


def is_older(span: FindingSpan, recorded_since: datetime) -> bool:
    """Return whether a finding is about something that happened before the recording began."""
    began = span.first.first
    return span.raised <= recorded_since if began is None else began < recorded_since


def columns(now: datetime, recorded_since: datetime) -> list[Column[FindingSpan]]:
    """Return the columns. Times of other days than that of `now` have their date."""

    def raised(span: FindingSpan) -> Cell:
        return Cell(f"{'<' if is_older(span, recorded_since) else ''}{durations.clock(span.raised, now)}")

    def kind(span: FindingSpan) -> Cell:
        glyph, tone = SEVERITY_LOOKS[span.severity]
        return Cell(f"{glyph} {span.finding.kind}", tone)

    def lasted(span: FindingSpan) -> Cell:
        text = durations.duration(span.lasted)
        return Cell(text if span.resolved is not None else f"{text}+")

    return [
        Column("raised", "RAISED", 12, raised, lambda span: span.raised),
        Column("lasted", "LASTED", 7, lasted, lambda span: span.lasted, align="right"),
        Column(
            "kind",
            "WHAT",
            15,
            kind,
            lambda span: (span.severity, span.finding.kind),
            plain=lambda span: str(span.finding.kind),
        ),
        Column("peak", "PEAK", 5, lambda span: Cell(str(span.peak)), lambda span: span.peak, align="right"),
        Column("run", "RUN", 11, lambda span: run_cell(span.finding), lambda span: str(run_ids(span.finding)[:1])),
        Column("why", "WHY", 40, lambda span: Cell(span.finding.reason), flex=True, max_width=200),
    ]


FIELDS = (
    *("id", "kind", "severity", "raised", "is_older", "resolved", "seconds", "count_first", "count_peak", "reason"),
    "run_ids",
)
"""The keys of the records."""


def record(span: FindingSpan, recorded_since: datetime) -> Mapping[str, object]:
    """Return the JSON record: times RFC 3339 in UTC, `resolved` null if it was open at the end.

    `is_older` is the result of the function `is_older`.
    """
    return {
        "id": span.finding.id,
        "kind": str(span.finding.kind),
        "severity": span.severity.name.lower(),
        "raised": format_time(span.raised),
        "is_older": is_older(span, recorded_since),
        "resolved": None if span.resolved is None else format_time(span.resolved),
        "seconds": int(span.lasted.total_seconds()),
        "count_first": span.first.count,
        "count_peak": span.peak,
        "reason": span.finding.reason,
        "run_ids": [str(id) for id in run_ids(span.finding)],
    }
