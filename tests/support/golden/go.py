"""Our rows as the recording shows Go's, to compare them with."""

from datetime import datetime
from typing import Any

from store import Alloc, Error, PoolRow, Resources, Run, Task
from store.times import format_time


def run(row: Run) -> dict[str, Any]:
    return {
        "ID": str(row.id),
        "User": row.user,
        "Labels": row.labels,
        "RunLog": str(row.run_log),
        "EvalGraph": str(row.eval_graph),
        "Trace": str(row.trace),
        "ExecLog": str(row.exec_log),
        "SysLog": str(row.sys_log),
        **_times(row.start, row.keepalive, row.end),
    }


def task(row: Task) -> dict[str, Any]:
    return {
        "ID": str(row.id),
        "RunID": str(row.run_id),
        "AllocID": str(row.alloc_id),
        "FlowID": str(row.flow_id),
        "ResultID": str(row.result_id),
        "ImgCmdID": str(row.img_cmd_id),
        "Ident": row.ident,
        "Attempt": row.attempt,
        "Err": _error(row.err),
        "Resources": _resources(row.resources),
        "URI": row.uri,
        "Stdout": str(row.stdout),
        "Stderr": str(row.stderr),
        "Inspect": str(row.inspect),
        "Alloc": alloc(row.alloc) if row.alloc else None,
        **_times(row.start, row.keepalive, row.end),
    }


def alloc(row: Alloc) -> dict[str, Any]:
    return {
        "ID": str(row.id),
        "PoolID": str(row.pool_id),
        "Resources": _resources(row.resources),
        "URI": row.uri,
        "Pool": pool(row.pool) if row.pool else None,
        **_times(row.start, row.keepalive, row.end),
    }


def pool(row: PoolRow) -> dict[str, Any]:
    return {
        "ID": str(row.id),
        "PoolID": str(row.pool_id),
        "PoolType": row.pool_type,
        "Resources": _resources(row.resources),
        "URI": row.uri,
        "ClusterName": row.cluster.cluster_name,
        "User": row.cluster.user,
        "ReflowVersion": row.cluster.reflow_version,
        **_times(row.start, row.keepalive, row.end),
    }


def recorded(row: dict[str, Any]) -> dict[str, Any]:
    """A recorded row without what Go derives from its fields, nested rows too."""
    row = {name: value for name, value in row.items() if name not in ("String", "PoolID_valid")}
    if row.get("Err"):
        row["Err"] = row["Err"]["error_string"]
    for name in ("Alloc", "Pool"):
        if row.get(name):
            row[name] = recorded(row[name])
    return row


def _times(start: datetime | None, keepalive: datetime | None, end: datetime | None) -> dict[str, str | None]:
    times = {"Start": start, "Keepalive": keepalive, "End": end}
    return {name: format_time(time) if time else None for name, time in times.items()}


def _resources(amounts: Resources) -> dict[str, float] | None:
    return dict(amounts) or None


def _error(error: Error | None) -> str | None:
    return None if error is None else str(error)
