"""Check that the segments of a scan cover the window and nothing else."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error
from store.dynamo import segments
from store.dynamo.segments import RowSelection
from store.lease import LEASE, SKEW
from store.times import format_time

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))

moments = st.integers(-3 * 86_400, 86_399).map(lambda seconds: NOW + seconds * SECOND)


def holds(request: dict[str, Any], lease: datetime) -> bool:
    """Return whether a row with this lease is in the range that a request reads."""
    values: dict[str, str] = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
    if values[":Date"] != lease.date().isoformat():
        return False
    _, _, condition = request["KeyConditionExpression"].partition(" AND ")
    at = format_time(lease)
    if not condition:
        return True
    if condition.startswith("#Keepalive BETWEEN"):
        return values[":start"] <= at <= values[":end"]
    return at >= values[":start"] if ">=" in condition else at <= values[":end"]


@given(moments, st.none() | moments, moments, st.none() | moments, moments)
def test_segments_cover_the_window_and_nothing_else(
    since: datetime, until: datetime | None, now: datetime, changed_since: datetime | None, lease: datetime
) -> None:
    requests = segments.split_window(since, until, now, RowSelection(changed_since))
    found = sum(holds(request, lease) for request in requests)
    in_window = since < lease and (lease < until if until else lease.date() <= (now + DAY).date())
    assert found in ((1, 2) if in_window else (0,))


@given(moments, moments, moments)
def test_days_reached_only_by_renewals_are_read_whole(
    since: datetime, changed_since: datetime, lease: datetime
) -> None:
    requests = segments.split_window(since, None, NOW, RowSelection(changed_since))
    for request in requests:
        if holds(request, lease) and "FilterExpression" in request:
            assert lease <= changed_since + LEASE
        elif holds(request, lease):
            assert lease >= changed_since + LEASE


def test_no_filter_is_on_a_key_of_the_index_and_every_name_is_used() -> None:
    requests = segments.split_window(NOW - DAY, None, NOW, RowSelection(NOW - MINUTE, NOW, True))
    for request in requests:
        conditions = request["KeyConditionExpression"] + request["FilterExpression"]
        assert not re.search("#(Date|Keepalive)", request["FilterExpression"])
        assert set(re.findall(r"#\w+", conditions)) == set(request["ExpressionAttributeNames"])
        assert set(re.findall(r":\w+", conditions)) == set(request["ExpressionAttributeValues"])


def test_the_filter_leaves_room_for_clocks_that_are_behind() -> None:
    *_, last = segments.split_window(NOW - HOUR, None, NOW, RowSelection(NOW))
    assert last["ExpressionAttributeValues"][":changed"] == {"S": format_time(NOW - SKEW)}


def test_a_scan_of_ten_minutes_is_a_few_requests() -> None:
    assert len(segments.split_window(NOW - 10 * MINUTE, None, NOW)) == 6
    assert len(segments.split_window(NOW - MINUTE, None, NOW, RowSelection(NOW - 10 * SECOND))) == 7


def test_an_empty_window_takes_no_request() -> None:
    assert segments.split_window(NOW, NOW, NOW) == []
    assert segments.split_window(NOW, NOW + SECOND, NOW) == []


def test_a_window_of_more_days_than_anybody_means() -> None:
    with pytest.raises(Error, match="more than 3660 days"):
        segments.split_window(NOW - 4000 * DAY, None, NOW)
