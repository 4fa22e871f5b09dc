"""Requests as DynamoDB wants them; tests/contract/test_windows.py has what they find."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Digest, Error, ErrorKind
from store.dynamo import plan, schema
from store.times import format_time, whole_seconds

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
ID = Digest.compute(b"row")

moments = st.integers(-3 * 86_400, 3 * 86_400).map(lambda seconds: NOON + seconds * SECOND)


def values(request: plan.Request) -> dict[str, str]:
    return {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}


def holds(request: plan.Request, lease: datetime) -> bool:
    """Return whether a row with this lease is in the range that a request reads."""
    bounds, at = values(request), format_time(lease)
    if bounds[":Date"] != at[:10]:
        return False
    _, _, condition = request["KeyConditionExpression"].partition(" AND ")
    match condition:
        case "":
            return True
        case "#Keepalive > :since":
            return at > bounds[":since"]
        case "#Keepalive < :until":
            return at < bounds[":until"]
        case "#Keepalive BETWEEN :since AND :until":
            return bounds[":since"] <= at <= bounds[":until"]
        case _:
            raise AssertionError(condition)


@given(moments, st.none() | moments, moments, moments)
def test_a_window_finds_each_lease_within_its_bounds_once(
    since: datetime, until: datetime | None, now: datetime, lease: datetime
) -> None:
    found = sum(holds(request, lease) for request in plan.window(since, until, now))
    ahead = lease.date() <= (now + plan.AHEAD).date()
    assert found == (since < lease and (lease < until if until else ahead))


@given(moments, moments, st.timedeltas(timedelta(0), DAY), moments)
def test_bounds_are_cut_to_whole_seconds(since: datetime, until: datetime, part: timedelta, lease: datetime) -> None:
    cut = plan.window(whole_seconds(since + part), until, NOON)
    assert [holds(request, lease) for request in plan.window(since + part, until, NOON)] == [
        holds(request, lease) for request in cut
    ]


def test_the_newest_day_and_lease_come_first() -> None:
    requests = plan.window(NOON - 2 * DAY, None, NOON)
    assert [values(request)[":Date"] for request in requests] == [
        "2026-11-02",  # leases of live rows lie ahead
        "2026-11-01",
        "2026-10-31",
        "2026-10-30",
    ]
    assert all(request["ScanIndexForward"] is False for request in requests)


def test_filters_are_on_columns_beside_the_keys() -> None:
    (request,) = plan.window(NOON, NOON + HOUR, NOON, {"Type": "run", "User": "amy"})
    assert request["FilterExpression"] == "#Type = :Type AND #User = :User"
    assert (values(request)[":Type"], values(request)[":User"]) == ("run", "amy")
    assert "FilterExpression" not in plan.window(NOON, NOON + HOUR, NOON)[0]


@pytest.mark.parametrize("until", [NOON, NOON + SECOND])
def test_no_second_lies_between_adjacent_bounds(until: datetime) -> None:
    assert plan.window(NOON, until, NOON) == []


@pytest.mark.parametrize("since", [NOON - 3659 * DAY, NOON - 3658 * DAY])
def test_ten_years_of_days_can_be_read(since: datetime) -> None:
    assert len(plan.window(since, None, NOON)) == (NOON + plan.AHEAD - since).days + 1


def test_a_longer_window_is_invalid() -> None:
    with pytest.raises(Error, match="more than 3660 days before") as caught:
        plan.window(NOON - 3661 * DAY, NOON, NOON)
    assert (caught.value.kind, caught.value.args) == (ErrorKind.INVALID, ("since",))


@pytest.mark.parametrize(
    "request_made",
    [
        plan.by_run(ID),
        plan.by_prefix(ID, "task"),
        plan.by_exec(schema.IDENT_INDEX, "align"),
        plan.by_exec(schema.OLD_IDENT_INDEX, "align"),
        plan.by_exec(schema.OLD_IMG_CMD_INDEX, str(ID)),
        plan.by_day(date(2026, 11, 1)),
        *plan.window(NOON - DAY, NOON, NOON, {"Type": "task", "User": "amy"}),
    ],
    ids=lambda request: request["IndexName"],
)
def test_every_placeholder_is_declared_and_used(request_made: plan.Request) -> None:
    # DynamoDB refuses a request with an unused or undeclared name or value.
    expressions = " ".join(text for name, text in request_made.items() if name.endswith("Expression"))
    assert set(re.findall(r"#\w+", expressions)) == set(request_made["ExpressionAttributeNames"])
    assert set(re.findall(r":\w+", expressions)) == set(request_made["ExpressionAttributeValues"])
    # Reserved words are no names in an expression: each column goes by its placeholder.
    assert all(name == f"#{column}" for name, column in request_made["ExpressionAttributeNames"].items())


def test_a_get_is_consistent() -> None:
    assert plan.get(ID) == {"Key": {"ID": {"S": str(ID)}}, "ConsistentRead": True}


def test_batches_have_a_hundred_distinct_keys_at_most() -> None:
    ids = [Digest.compute(bytes([n])) for n in range(201)]
    batches = plan.batches([*ids, *ids])
    assert [len(batch) for batch in batches] == [100, 100, 1]
    assert [key["ID"]["S"] for batch in batches for key in batch] == [str(id) for id in ids]
    assert plan.batches([]) == []


def test_an_id_that_ends_in_zeros_may_be_an_abbreviation() -> None:
    assert plan.is_whole(ID)
    assert not plan.is_whole(Digest.parse("abcdef12"))
    assert not plan.is_whole(Digest.parse("ab" * 31 + "00"))
    assert not plan.is_whole(Digest())


@pytest.mark.parametrize(
    ("digits", "bucket", "prefix"),
    [("abcdef12", "abcdef12", "sha256:abcdef12"), ("abcdef120034", "abcdef12", "sha256:abcdef120034")],
)
def test_a_prefix_is_searched_in_the_bucket_of_its_first_four_bytes(digits: str, bucket: str, prefix: str) -> None:
    request = plan.by_prefix(Digest.parse(digits), "run")
    assert request["IndexName"] == schema.ID4_INDEX
    assert values(request) == {":ID4": bucket, ":ID": prefix, ":Type": "run"}


def test_the_newest_ended_tasks_of_an_exec_come_first() -> None:
    request = plan.by_exec(schema.IMG_CMD_INDEX, str(ID))
    assert request["ScanIndexForward"] is False
    assert "FilterExpression" not in request  # so that a Limit reads no more than it returns


def test_an_older_index_holds_running_tasks_and_whole_rows() -> None:
    request = plan.by_exec(schema.OLD_IMG_CMD_INDEX, str(ID))
    assert request["FilterExpression"] == "#Type = :Type AND attribute_exists(#EndTime)"
    assert request["ProjectionExpression"] == "#ID, #EndTime, #Inspect, #ImgCmdID"
    assert "ScanIndexForward" not in request
