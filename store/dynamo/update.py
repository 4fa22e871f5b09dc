"""Changes of a row -> UpdateItem requests. Pure: no I/O, no clock.

All are conditional on the row's existence: the Go code's are not, and leave a ghost row for an unknown id.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from store.digest import Digest, RunID, TaskID
from store.dynamo.encode import Item, args_columns, digests, error_json, lease_columns, resources_column, uri_column
from store.resources import Resources
from store.times import written_time
from store.validate import check_error, check_id

Request = dict[str, Any]


def run_attrs(id: RunID, bundle: Digest, args: Sequence[str]) -> Request:
    """Set the bundle of a run and, where there are any, its arguments."""
    columns = args_columns(args)
    stale = ("ArgList",) if "Args" in columns and "ArgList" not in columns else ()
    return _update("set_run_attrs", id, digests({"Bundle": bundle}) | columns, stale)


def run_complete(id: RunID, run_log: Digest, eval_graph: Digest, trace: Digest, end: datetime) -> Request:
    """Set the end of a run and those of its logs that are not zero."""
    logs = {"RunLog": run_log, "EvalGraph": eval_graph, "Trace": trace}
    columns = {name: column for name, column in digests(logs).items() if logs[name]}
    return _update("set_run_complete", id, {"EndTime": _time(end)} | columns)


def lease(op: str, id: Digest, keepalive: datetime) -> Request:
    """Set the lease of a row, and with it the partition of Date-Keepalive-index."""
    return _update(op, id, lease_columns(keepalive))


def task_result(id: TaskID, result: Digest) -> Request:
    """Set the result of a task."""
    return _update("set_task_result", id, digests({"ResultID": result}))


def task_uri(id: TaskID, uri: str) -> Request:
    """Return the update that sets the URI of a task."""
    return _update("set_task_uri", id, uri_column(uri))


def task_attrs(id: TaskID, stdout: Digest, stderr: Digest, inspect: Digest) -> Request:
    """Set the log ids of a task."""
    return _update("set_task_attrs", id, digests({"Stdout": stdout, "Stderr": stderr, "Inspect": inspect}))


def task_complete(id: TaskID, err: BaseException | None, end: datetime, *, short: bool = False) -> Request:
    """Set the end of a task and its error; without one, an error of an earlier completion is removed.

    `short` cuts the error to 4 KB, for a row that has no room for more.
    """
    check_error(err)
    columns: Item = {"EndTime": _time(end)}
    if err is None:
        return _update("set_task_complete", id, columns, ("Error",))
    columns["Error"] = {"S": error_json(err, 4096) if short else error_json(err)}
    return _update("set_task_complete", id, columns)


def resources(id: Digest, amounts: Resources) -> Request:
    """Set the resources of a row."""
    return _update("set_resources", id, resources_column(amounts))


def end_time(id: Digest, end: datetime, *, unless_ended: bool = False) -> Request:
    """Return the update that sets the end of a row; with `unless_ended`, only if the row has no end."""
    return _update("set_end_time", id, {"EndTime": _time(end)}, kept=("EndTime",) if unless_ended else ())


def kept_names(request: Request) -> list[str]:
    """Return the names of the columns that `request` sets only if the row does not have them."""
    expression, names = request["UpdateExpression"], request["ExpressionAttributeNames"]
    return [name for name in names.values() if _if_missing(name) in expression]


def _if_missing(name: str) -> str:
    return f"if_not_exists(#{name}, :{name})"


def _time(time: datetime) -> dict[str, Any]:
    return {"S": written_time(time)}


def _update(op: str, id: Digest, columns: Item, remove: Sequence[str] = (), kept: Sequence[str] = ()) -> Request:
    check_id(op, id)
    # Every name goes by a placeholder: Date, Error, Labels and others are reserved words.
    values = {name: _if_missing(name) if name in kept else f":{name}" for name in columns}
    expression = "SET " + ", ".join(f"#{name} = {value}" for name, value in values.items())
    if remove:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in remove)
    return {
        "Key": {"ID": {"S": str(id)}},
        "UpdateExpression": expression,
        "ConditionExpression": "attribute_exists(#ID)",
        "ExpressionAttributeNames": {f"#{name}": name for name in (*columns, *remove, "ID")},
        "ExpressionAttributeValues": {f":{name}": value for name, value in columns.items()},
    }
