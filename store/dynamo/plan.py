"""Queries -> DynamoDB requests. Pure: no I/O, no clock of its own."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from store.digest import Digest
from store.dynamo import schema
from store.times import format_time, whole_seconds
from store.validate import invalid_query

Request = dict[str, Any]

# What BatchGetItem takes in one request.
BATCH = 100

# Date is that of the lease, which lies in the future of a live row: near midnight, and wherever an engine promises more
# than the two minutes, it is tomorrow's. An empty partition costs half an RCU.
AHEAD = timedelta(days=1)
_SECOND = timedelta(seconds=1)
# There is one read for each day of a window; a longer one is a slip of the pen.
_LONGEST = timedelta(days=3660)


def is_whole(id: Digest) -> bool:
    """Whether `id` can be looked up as it is; one that ends in zeros may be an abbreviation."""
    return bool(id) and id[-1] != 0


def get(id: Digest) -> Request:
    """Return a GetItem request for a whole id, strongly consistent: what was just written is found."""
    return {"Key": {"ID": {"S": str(id)}}, "ConsistentRead": True}


def batches(ids: Iterable[Digest]) -> list[list[dict[str, Any]]]:
    """Return the keys of distinct whole ids, in lists as long as BatchGetItem takes."""
    keys = [{"ID": {"S": str(id)}} for id in dict.fromkeys(ids)]
    return [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]


def by_prefix(id: Digest, row_type: str) -> Request:
    """Return a Query for the rows of a type whose id `id` abbreviates."""
    digits = id.rstrip(b"\0").hex()
    return {
        "IndexName": schema.ID4_INDEX,
        "KeyConditionExpression": "#ID4 = :ID4 AND begins_with(#ID, :ID)",
        "FilterExpression": "#Type = :Type",
        "ExpressionAttributeNames": {"#ID4": "ID4", "#ID": "ID", "#Type": "Type"},
        "ExpressionAttributeValues": {
            ":ID4": {"S": id.short},
            ":ID": {"S": f"sha256:{digits}"},
            ":Type": {"S": row_type},
        },
    }


def by_run(run_id: Digest) -> Request:
    """Return a Query for the tasks of a run."""
    return _equals(schema.RUN_INDEX, "RunID", str(run_id))


def by_exec(index: str, key: str) -> Request:
    """Return a Query for the tasks with an ImgCmdID or Ident, newest end first where `index` has a range key."""
    column = index.split("-", 1)[0]
    request = _equals(index, column, key)
    if index in schema.INDEXES:
        return request | {"ScanIndexForward": False}
    # The older index: every column of running tasks too, in no order.
    request["FilterExpression"] = "#Type = :Type AND attribute_exists(#EndTime)"
    request["ExpressionAttributeNames"] |= {"#Type": "Type", "#EndTime": "EndTime", "#ID": "ID", "#Inspect": "Inspect"}
    request["ExpressionAttributeValues"] |= {":Type": {"S": "task"}}
    return request | {"ProjectionExpression": f"#ID, #EndTime, #Inspect, #{column}"}


def ended_since(ident: str, since: datetime) -> Request:
    """Return a Query for the tasks of an ident that ended at `since` or later, newest end first."""
    request = _equals(schema.IDENT_INDEX, "Ident", ident) | {"ScanIndexForward": False}
    request["KeyConditionExpression"] += " AND #EndTime >= :since"
    request["ExpressionAttributeNames"] |= {"#EndTime": "EndTime", "#ID": "ID"}
    request["ExpressionAttributeValues"] |= {":since": {"S": format_time(since)}}
    return request | {"ProjectionExpression": "#ID, #EndTime, #Ident"}


def window(
    since: datetime, until: datetime | None, now: datetime, filters: Mapping[str, str] | None = None
) -> list[Request]:
    """Return a Query for each day whose rows may be alive in the window, newest day and lease first.

    `filters` are columns and the values they must have; none of them may be a key of the index. The bounds are
    exclusive and cut to whole seconds, as the stored times are.
    """
    first, last = window_bounds(since, until, now)
    if until is None:
        last -= _SECOND  # a time of the last day
    conditions = _one_day(first, last) if until and first.date() == last.date() else _each_day(first, last, until)
    return [_filtered(condition, filters or {}) for condition in conditions]


def window_bounds(since: datetime, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Return the bounds of a window, both exclusive, in UTC and whole seconds. Without `until` it ends with tomorrow.

    Raises Error INVALID for a window of more days than anyone means to read.
    """
    first, ahead = whole_seconds(since), whole_seconds(now) + AHEAD
    last = ahead.replace(hour=0, minute=0, second=0) + AHEAD if until is None else whole_seconds(until)
    if (ahead if until is None else last) - first > _LONGEST:
        raise invalid_query("since", f"{first.isoformat()} is more than {_LONGEST.days} days before the window's end")
    return first, last


def _each_day(first: datetime, last: datetime, until: datetime | None) -> Iterator[Request]:
    day = last.date()
    while day >= first.date():
        condition = by_day(day)
        if day == first.date():
            condition = bounded(condition, "#Keepalive > :since", since=first)
        elif until is not None and day == last.date():
            condition = bounded(condition, "#Keepalive < :until", until=last)
        yield condition
        day -= timedelta(days=1)


def _one_day(first: datetime, last: datetime) -> Iterator[Request]:
    # Two conditions on one key are not allowed, and BETWEEN includes its bounds.
    since, until = first + _SECOND, last - _SECOND
    if format_time(since) <= format_time(until):
        yield bounded(by_day(first.date()), "#Keepalive BETWEEN :since AND :until", since=since, until=until)


def by_day(day: date) -> Request:
    """Return a Query for all rows with a lease on this day, the newest lease first."""
    return _equals(schema.DATE_INDEX, "Date", day.isoformat()) | {"ScanIndexForward": False}


def bounded(request: Request, condition: str, **bounds: datetime) -> Request:
    """Return the same with a `condition` on #Keepalive, whose values are `bounds`."""
    request["KeyConditionExpression"] += f" AND {condition}"
    request["ExpressionAttributeNames"]["#Keepalive"] = "Keepalive"
    request["ExpressionAttributeValues"] |= {f":{name}": {"S": format_time(time)} for name, time in bounds.items()}
    return request


def _equals(index: str, column: str, value: str) -> Request:
    return {
        "IndexName": index,
        "KeyConditionExpression": f"#{column} = :{column}",
        "ExpressionAttributeNames": {f"#{column}": column},
        "ExpressionAttributeValues": {f":{column}": {"S": value}},
    }


def _filtered(request: Request, filters: Mapping[str, str]) -> Request:
    if filters:
        request["FilterExpression"] = " AND ".join(f"#{column} = :{column}" for column in filters)
        request["ExpressionAttributeNames"] |= {f"#{column}": column for column in filters}
        request["ExpressionAttributeValues"] |= {f":{column}": {"S": value} for column, value in filters.items()}
    return request
