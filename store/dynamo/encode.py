"""Rows of the model -> items of the table, as the Go code writes them. Pure: no I/O, no clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from store import gojson
from store.digest import Digest, RunID, StringDigest
from store.errors import Error, ErrorKind
from store.model import Pool, Task
from store.query import check_id, check_ident
from store.resources import Resources
from store.times import format_date, format_time

Item = dict[str, dict[str, Any]]

# DynamoDB's bound on an item, names and values. What is cut (an error, a URI) leaves room for the other columns.
MAX_ITEM = 400 * 1024
_MAX_ERROR = 256 * 1024
_MAX_URI = 32 * 1024
# Causes below each other that any JSON parser reads: Python's gives up at about a thousand.
_MAX_DEPTH = 200


def run_item(id: RunID, user: str, labels: Sequence[str], now: datetime) -> Item:
    """A new run: no lease, and so no Date, until its first keepalive."""
    check_id("create_run", id)
    return _fits("create_run", _new(id, "run", now) | {"Labels": _ss(labels), "User": _s(user)})


def task_item(task: Task, labels: Sequence[str], now: datetime) -> Item:
    """A new task, whose first lease is now. Raises Error INVALID where DynamoDB would refuse the item."""
    check_id("create_task", task.id)
    check_id("create_task", task.run_id, "run_id")
    check_ident(task.ident)
    item = _new(task.id, "task", now) | lease_columns(now)
    item |= {
        "RunID": _s(str(task.run_id)),
        "RunID4": _s(task.run_id.short),
        "AllocID": _s(str(task.alloc_id)),
        "FlowID": _s(str(task.flow_id)),
        "ImgCmdID": _s(str(task.img_cmd_id)),
        "Attempt": {"N": str(task.attempt)},
        "Resources": _s(task.resources.to_json()),
        "URI": _s(cut_uri(task.uri)),
        "Labels": _ss(labels),
    }
    if task.ident:  # an index key may not be empty
        item["Ident"] = _s(task.ident)
    return _fits("create_task", item)


def alloc_item(alloc_id: StringDigest, pool_id: Digest, resources: Resources, start: datetime, now: datetime) -> Item:
    """A new alloc, whose first lease is now."""
    check_id("start_alloc", alloc_id.digest, "alloc_id")
    item = _new(alloc_id.digest, "alloc", start) | lease_columns(now)
    columns = {"PoolID": str(pool_id), "AllocID": str(alloc_id), "Resources": resources.to_json()}
    return _fits("start_alloc", item | _texts(columns))


def pool_item(pool: Pool, now: datetime) -> Item:
    """A new pool, whose first lease is now."""
    check_id("start_pool", pool.pool_id.digest, "pool_id")
    item = _new(pool.pool_id.digest, "pool", pool.start or now) | lease_columns(now)
    columns = {
        "PoolID": str(pool.pool_id),
        "PoolType": pool.pool_type,
        "Resources": pool.resources.to_json(),
        "URI": cut_uri(pool.uri),
        "ClusterName": pool.cluster.cluster_name,
        "User": pool.cluster.user,
        "ReflowVersion": pool.cluster.reflow_version,
    }
    return _fits("start_pool", item | _texts(columns))


def lease_columns(keepalive: datetime) -> Item:
    """The lease, and the partition of Date-Keepalive-index that it falls in."""
    return {"Keepalive": _s(format_time(keepalive)), "Date": _s(format_date(keepalive))}


def args_columns(args: Sequence[str]) -> Item:
    """The arguments of a run: the set that Go reads, and ArgList beside it where a set would lose order or repeats."""
    if not args:
        return {}
    columns: Item = {"Args": _ss(args)}
    if list(args) != sorted(set(args)):
        columns["ArgList"] = {"L": [_s(argument) for argument in args]}
    return columns


def error_json(error: BaseException, limit: int = _MAX_ERROR) -> str:
    """The JSON to store for `error`; a longer one than `limit` bytes is cut, with a mark, never lost.

    Of a chain of more than 200 causes the last ones are stored as one text.
    """
    whole = _shallow(Error.recover(error))
    text = whole.to_json()
    size = len(text.encode("utf-8", "replace"))
    if size <= limit:
        return text
    mark = f" … [cut from {size} bytes]"
    keep = limit // 64  # a character may take 6 bytes of JSON, and there are up to ten texts
    args = [_cut(argument, keep, mark) for argument in whole.args[:8]]
    cause = str(whole.cause) if whole.cause is not None else ""
    return Error(whole.kind, _cut(whole.op, keep, mark), args, _cut(cause, keep, "") + mark).to_json()


def _shallow(error: Error) -> Error:
    nodes = list(error.chain())
    if len(nodes) <= _MAX_DEPTH:
        return error
    cause = Exception(str(nodes[_MAX_DEPTH - 1]))
    outer: BaseException = cause
    for node in reversed(nodes[: _MAX_DEPTH - 1]):
        assert isinstance(node, Error)  # noqa: S101 - only the last one of a chain may be another exception
        outer = Error(node.kind, node.op, node.args, outer)
    assert isinstance(outer, Error)  # noqa: S101
    return outer


def cut_uri(uri: str) -> str:
    """`uri`, cut with a mark if a row could not hold it."""
    size = len(uri.encode("utf-8", "replace"))
    return uri if size <= _MAX_URI else _cut(uri, _MAX_URI // 4, f" … [cut from {size} bytes]")


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of an item in bytes as DynamoDB counts it: names and values."""
    return sum(len(name) + _value_size(value) for name, value in item.items())


def _new(id: Digest, row_type: str, start: datetime) -> Item:
    return _texts({"ID": str(id), "ID4": id.short, "Type": row_type, "StartTime": format_time(start)})


def _texts(columns: Mapping[str, str]) -> Item:
    return {name: _s(text) for name, text in columns.items()}


def _s(text: str) -> dict[str, Any]:
    return {"S": gojson.utf8(text)}


def _ss(texts: Sequence[str]) -> dict[str, Any]:
    return {"SS": list(dict.fromkeys(map(gojson.utf8, texts)))}


def _cut(text: str, limit: int, mark: str) -> str:
    return text if len(text) <= limit else text[:limit] + mark


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode("utf-8", "replace"))
    if kind == "L":
        return 3 + sum(1 + _value_size(each) for each in content)
    return sum(len(each.encode("utf-8", "replace")) for each in content) if kind == "SS" else len(content)


def _fits(op: str, item: Item) -> Item:
    size = item_size(item)
    if size > MAX_ITEM:
        raise Error(
            ErrorKind.INVALID, op, (item["ID"]["S"],), f"the row has {size} bytes, at most {MAX_ITEM} are allowed"
        )
    return item
