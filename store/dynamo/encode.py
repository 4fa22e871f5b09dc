"""Rows of the model -> items of the table, as the Go code writes them. Pure: no I/O, no clock."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from store import gojson
from store.digest import Digest, RunID, StringDigest
from store.errors import Error, ErrorKind, FailureReason, exception_text
from store.model import ClusterID, Pool, Task
from store.resources import Resources
from store.times import format_date, written_time
from store.validate import check_attempt, check_digest, check_id, check_ident, check_type, text_list

Item = dict[str, dict[str, Any]]

# DynamoDB's bound on an item, names and values. What is cut (an error, a URI) leaves room for the other columns.
MAX_ITEM = 400 * 1024
_MAX_ERROR = 256 * 1024
_MAX_URI = 32 * 1024
# Causes below each other that any JSON parser reads: Python's gives up at about a thousand.
_MAX_DEPTH = 200


def run_item(id: RunID, user: str, labels: Sequence[str], now: datetime) -> Item:
    """Return a new run: no lease, and so no Date, until its first keepalive."""
    check_id("create_run", id)
    return _fits("create_run", _new(id, "run", now) | {"Labels": _ss(labels)} | _texts({"User": user}))


def task_item(task: Task, labels: Sequence[str], now: datetime) -> Item:
    """Return a new task, whose first lease is now. Raises Error INVALID where DynamoDB would refuse the item."""
    check_type("create_task", task, Task, "task")
    check_id("create_task", task.id)
    check_id("create_task", task.run_id, "run_id", RunID)
    ident = _texts({"Ident": task.ident})
    check_ident(task.ident)
    check_attempt(task.attempt)
    item = _new(task.id, "task", now) | lease_columns(now) | resources_column(task.resources)
    item |= {"Attempt": {"N": str(task.attempt)}, "Labels": _ss(labels)}
    item |= digests({"AllocID": task.alloc_id, "FlowID": task.flow_id, "ImgCmdID": task.img_cmd_id})
    item |= _texts({"RunID": str(task.run_id), "RunID4": task.run_id.short}) | uri_column(task.uri)
    if task.ident:  # an index key may not be empty
        item |= ident
    return _fits("create_task", item)


def alloc_item(alloc_id: StringDigest, pool_id: Digest, resources: Resources, start: datetime, now: datetime) -> Item:
    """Return a new alloc, whose first lease is now."""
    _check_string_id("start_alloc", alloc_id, "alloc_id")
    check_id("start_alloc", pool_id, "pool_id")
    item = _new(alloc_id.digest, "alloc", start) | lease_columns(now) | resources_column(resources)
    return _fits("start_alloc", item | digests({"PoolID": pool_id}) | _texts({"AllocID": str(alloc_id)}))


def pool_item(pool: Pool, now: datetime) -> Item:
    """Return a new pool, whose first lease is now."""
    check_type("start_pool", pool, Pool, "pool")
    check_type("start_pool", pool.cluster, ClusterID, "cluster")
    _check_string_id("start_pool", pool.pool_id, "pool_id")
    item = _new(pool.pool_id.digest, "pool", now if pool.start is None else pool.start) | lease_columns(now)
    item |= resources_column(pool.resources) | uri_column(pool.uri)
    columns = {
        "PoolID": str(pool.pool_id),
        "PoolType": pool.pool_type,
        "ClusterName": pool.cluster.cluster_name,
        "User": pool.cluster.user,
        "ReflowVersion": pool.cluster.reflow_version,
    }
    return _fits("start_pool", item | _texts(columns))


def lease_columns(keepalive: datetime) -> Item:
    """Return the lease, and the partition of Date-Keepalive-index that it falls in."""
    return _texts({"Keepalive": written_time(keepalive), "Date": format_date(keepalive)})


def digests(columns: Mapping[str, Digest]) -> Item:
    """Return columns that hold digests. Raises Error INVALID for a value that is not a digest."""
    for name, digest in columns.items():
        check_digest("encode", digest, name)
    return _texts({name: str(digest) for name, digest in columns.items()})


def resources_column(resources: Resources | Any) -> Item:
    """Return the column of the resources of a row. Raises Error INVALID for a value that is not resources."""
    if not isinstance(resources, Resources):
        raise Error(ErrorKind.INVALID, "encode", ("Resources",), f"{resources!r:.100} are none")
    if not all(isinstance(name, str) for name in resources):
        raise Error(ErrorKind.INVALID, "encode", ("Resources",), f"{resources!r:.100}: a name is no text")
    if not all(map(math.isfinite, resources.values())):
        raise Error(ErrorKind.INVALID, "encode", ("Resources",), f"{resources}: an amount is not finite")
    return _texts({"Resources": resources.to_json()})


def args_columns(args: Sequence[str]) -> Item:
    """Return the arguments of a run as the set that Go reads; with ArgList where a set loses order or repeats."""
    texts = text_list(args)
    if texts is None:
        raise Error(ErrorKind.INVALID, "set_run_attrs", ("args",), f"{args!r:.100} is no list of texts")
    if not texts:
        return {}
    columns: Item = {"Args": _ss(texts)}
    if texts != sorted(set(texts)):
        columns["ArgList"] = {"L": [_s(argument) for argument in texts]}
    return columns


def error_json(error: BaseException, limit: int = _MAX_ERROR) -> str:
    """Return the JSON to store for `error`; a longer one than `limit` bytes is cut, with a mark, never lost.

    Of a chain of more than 200 causes the last ones are stored as one text.
    """
    whole = _storable(Error.recover(error))
    text = whole.to_json()
    size = len(text.encode("utf-8", "replace"))
    if size <= limit:
        return text
    mark = f" … [cut from {size} bytes]"
    # A character may take 6 bytes of JSON, and there are up to ten texts; ten marks and the rest fit into 512 bytes.
    keep = (limit - 512) // 60
    args = [_cut(argument, keep, mark) for argument in whole.args[:8]]
    cause = str(whole.cause) if whole.cause is not None else ""
    return Error(whole.kind, _cut(whole.op, keep, mark), args, _cut(cause, keep, "") + mark).to_json()


def _storable(error: Error) -> Error:
    """Return `error` with the type of a foreign exception in its text, and with at most 200 causes."""
    nodes = list(error.chain())
    if len(nodes) > _MAX_DEPTH:
        text = str(nodes[_MAX_DEPTH - 1])
    elif isinstance(nodes[-1], Error):
        return error
    else:
        text = _typed_text(nodes[-1])
    outer: BaseException = Exception(text)
    for node in reversed(nodes[: _MAX_DEPTH - 1]):
        if isinstance(node, Error):  # only the last node of a chain can be another exception
            outer = Error(node.own_kind, node.op, node.args, outer)
    assert isinstance(outer, Error)  # noqa: S101 - the first one is
    return outer


def _typed_text(error: BaseException, depth: int = 0) -> str:
    """Return the text of an exception with its type, and with the members of a group, down to 200 groups in groups."""
    text, name = exception_text(error), type(error).__name__
    if isinstance(error, BaseExceptionGroup) and depth < _MAX_DEPTH:
        text = f"{text}: {'; '.join(_typed_text(member, depth + 1) for member in error.exceptions)}"
    return text if type(error) is Exception or text == name else f"{name}: {text}"


def uri_column(uri: str) -> Item:
    """Return the URI of a row, cut with a mark if a row could not hold it."""
    columns = _texts({"URI": uri})
    size = _value_size(columns["URI"])
    return columns if size <= _MAX_URI else _texts({"URI": _cut(uri, _MAX_URI // 4, f" … [cut from {size} bytes]")})


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the size of an item in bytes as DynamoDB counts it: names and values."""
    return sum(len(name) + _value_size(value) for name, value in item.items())


def _new(id: Digest, row_type: str, start: datetime) -> Item:
    return _texts({"ID": str(id), "ID4": id.short, "Type": row_type, "StartTime": written_time(start)})


def _check_string_id(op: str, id: StringDigest | Any, name: str) -> None:
    if not isinstance(id, StringDigest):
        raise Error(ErrorKind.INVALID, op, (name,), f"{id!r:.100} is no StringDigest")
    check_type(op, "" if id.text is None else id.text, str, name)
    check_id(op, id.digest, name)


def _texts(columns: Mapping[str, str | Any]) -> Item:
    for name, text in columns.items():
        if not isinstance(text, str):
            raise Error(ErrorKind.INVALID, "encode", (name,), f"{text!r:.100} is no text")
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
        text = f"the row has {size} bytes, at most {MAX_ITEM} are allowed"
        raise Error(ErrorKind.INVALID, op, (item["ID"]["S"],), text, FailureReason.ROW_TOO_LARGE)
    return item
