"""The requests for every row alive in a window, in segments that are read at the same time. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from store.dynamo import plan
from store.lease import LEASE, SKEW
from store.times import EARLIEST, format_time, whole_seconds

_SECOND = timedelta(seconds=1)


class RowSelection(NamedTuple):
    """The rows of the window to read; see `TaskDB.active`."""

    changed_since: datetime | None = None
    started_by: datetime | None = None
    open_only: bool = False
    with_ended_runs: bool = False


ALL_ROWS = RowSelection()


def split_window(
    since: datetime, until: datetime | None, now: datetime, wanted: RowSelection = ALL_ROWS
) -> list[plan.Request]:
    """Queries that together find what `TaskDB.active` asks for, the newest leases first.

    A row whose lease is where two segments meet comes twice.
    """
    first, beyond = plan.window_bounds(since, until, now)
    low, last = first + _SECOND, beyond - _SECOND
    high = None if until is None else last
    if last < low:
        return []
    # Without `changed_since` nothing is left out: every row counts as renewed.
    renewed = EARLIEST if wanted.changed_since is None else whole_seconds(wanted.changed_since) + LEASE
    cuts = (*_cuts(low, whole_seconds(now)), renewed)
    inside = sorted({cut for cut in cuts if low < cut and (high is None or cut < high)})
    wanted_of_renewed = wanted if wanted.changed_since is None else wanted._replace(changed_since=None)
    requests = []
    day = last.date()
    while day >= low.date():
        for start, end in _day_segments(day, low, high, inside):
            request = _segment(day, start, end)
            is_renewed = day > renewed.date() or (start is not None and start >= renewed)
            _filter(request, wanted_of_renewed if is_renewed else wanted)
            requests.append(request)
        day -= timedelta(days=1)
    return requests


def _cuts(low: datetime, now: datetime) -> Iterable[datetime]:
    """The times with most rows: live rows have a lease of the next two minutes, ended rows an expired one."""
    return (low + (now - low) / 2).replace(microsecond=0), now, now + LEASE / 3, now + LEASE * 2 / 3


def _day_segments(
    day: date, low: datetime, high: datetime | None, cuts: list[datetime]
) -> list[tuple[datetime | None, datetime | None]]:
    inner = [cut for cut in cuts if cut.date() == day]
    start = low if day == low.date() else None
    end = high if high is not None and day == high.date() else None
    return list(pairwise([start, *inner, end]))[::-1]


def _segment(day: date, start: datetime | None, end: datetime | None) -> plan.Request:
    request = plan.by_day(day)
    if start is None:
        return request if end is None else plan.bounded(request, "#Keepalive <= :end", end=end)
    if end is None:
        return plan.bounded(request, "#Keepalive >= :start", start=start)
    return plan.bounded(request, "#Keepalive BETWEEN :start AND :end", start=start, end=end)


def _filter(request: plan.Request, wanted: RowSelection) -> None:
    conditions, columns, times = [], set(), {}
    if wanted.changed_since is not None:
        # Rows that a filter drops cost what they would cost anyway: there is room for clocks that are behind.
        times[":changed"] = wanted.changed_since - SKEW
        conditions.append("(#EndTime >= :changed OR #StartTime >= :changed)")
        columns |= {"EndTime", "StartTime"}
    if wanted.started_by is not None:
        times[":started"] = wanted.started_by
        conditions.append("(attribute_not_exists(#StartTime) OR #StartTime <= :started)")
        columns.add("StartTime")
    values: dict[str, str] = {}
    if wanted.open_only:
        columns.add("EndTime")
        if wanted.with_ended_runs:
            conditions.append("(attribute_not_exists(#EndTime) OR #Type = :run)")
            columns.add("Type")
            values[":run"] = "run"
        else:
            conditions.append("attribute_not_exists(#EndTime)")
    if conditions:
        request["FilterExpression"] = " AND ".join(conditions)
        request["ExpressionAttributeNames"] |= {f"#{column}": column for column in columns}
        values |= {name: format_time(time) for name, time in times.items()}
        request["ExpressionAttributeValues"] |= {name: {"S": value} for name, value in values.items()}
