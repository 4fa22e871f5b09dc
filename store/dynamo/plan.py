"""Queries -> DynamoDB requests. Pure: no I/O, no clock of its own."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from store.digest import Digest
from store.dynamo import schema
from store.lease import LEASE, SKEW
from store.times import as_utc, format_date, format_time

Request = dict[str, Any]

# What BatchGetItem takes in one request.
BATCH = 100


def is_whole(id: Digest) -> bool:
    """Whether `id` can be looked up as it is; one that ends in zeros may be an abbreviation."""
    return bool(id) and id[-1] != 0


def get(id: Digest) -> Request:
    """A GetItem request for a whole id, strongly consistent: what was just written is found."""
    return {"Key": {"ID": {"S": str(id)}}, "ConsistentRead": True}


def batches(ids: Sequence[Digest]) -> list[list[dict[str, Any]]]:
    """The keys of distinct whole ids, in lists as long as BatchGetItem takes."""
    keys = [{"ID": {"S": str(id)}} for id in dict.fromkeys(ids)]
    return [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]


def by_prefix(id: Digest, row_type: str) -> Request:
    """A Query for the rows of a type whose id `id` abbreviates."""
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


def of_run(run_id: Digest) -> Request:
    """A Query for the tasks of a run."""
    return _equals(schema.RUN_INDEX, "RunID", str(run_id))


def of_exec(index: str, key: str) -> Request:
    """A Query for the tasks with an ImgCmdID or Ident, newest end first where `index` has a range key."""
    column = index.split("-", 1)[0]
    request = _equals(index, column, key)
    if index in schema.INDEXES:
        return request | {"ScanIndexForward": False}
    # The older index: every column of running tasks too, in no order.
    request["FilterExpression"] = "#Type = :Type AND attribute_exists(#EndTime)"
    request["ExpressionAttributeNames"] |= {"#Type": "Type", "#EndTime": "EndTime", "#ID": "ID", "#Inspect": "Inspect"}
    request["ExpressionAttributeValues"] |= {":Type": {"S": "task"}}
    return request | {"ProjectionExpression": f"#ID, #EndTime, #Inspect, #{column}"}


def window(
    since: datetime, until: datetime | None, now: datetime, filters: Mapping[str, str] | None = None
) -> list[Request]:
    """One Query for each day whose rows may be alive in the window, newest day and lease first.

    `filters` are columns and the values they must have; none of them may be a key of the index. The bounds are
    exclusive, but on a window of one day, where DynamoDB has only BETWEEN: see `in_window`.
    """
    first, last = as_utc(since), _last(until, now)
    requests = []
    for day in _days(first, last):
        keys = {"#Date": "Date"}
        values = {":Date": {"S": day}}
        condition = "#Date = :Date"
        is_first, is_last = day == format_date(first), until is not None and day == format_date(last)
        if is_first:
            values[":since"] = {"S": format_time(first)}
        if is_last:
            values[":until"] = {"S": format_time(last)}
        if is_first or is_last:
            keys["#Keepalive"] = "Keepalive"
            bound = "BETWEEN :since AND :until" if is_first and is_last else "> :since" if is_first else "< :until"
            condition += f" AND #Keepalive {bound}"
        request = {
            "IndexName": schema.DATE_INDEX,
            "KeyConditionExpression": condition,
            "ScanIndexForward": False,
            "ExpressionAttributeNames": keys,
            "ExpressionAttributeValues": values,
        }
        requests.append(_filtered(request, filters or {}))
    return requests


def in_window(keepalive: datetime | None, since: datetime, until: datetime | None) -> bool:
    """Whether a lease lies between the bounds, which are exclusive and cut to whole seconds as the stored times are."""
    if keepalive is None or keepalive <= as_utc(since).replace(microsecond=0):
        return False
    return until is None or keepalive < as_utc(until).replace(microsecond=0)


def _last(until: datetime | None, now: datetime) -> datetime:
    # Date is that of the lease, which lies in the future of a live row: near midnight, and always where an engine
    # promises more than the two minutes, it is tomorrow's. An empty partition costs half an RCU.
    return as_utc(until) if until is not None else as_utc(now) + max(timedelta(days=1), LEASE + SKEW)


def _days(first: datetime, last: datetime) -> Iterator[str]:
    day = last.date()
    while day >= first.date():
        yield day.isoformat()
        day -= timedelta(days=1)


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
