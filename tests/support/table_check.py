"""Comparison of a model with its table: every field of every row, and every state."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from store import Alloc, Digest, Error, Liveness, PoolRow, Run, Task
from store.dynamo.client import ReadClient
from store.dynamo.decode import Decoder
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row


async def read_table(client: ReadClient, table: str) -> list[Row]:
    """Return all rows of a table by a consistent scan of it, which uses no index."""
    rows: list[Row] = []
    errors: list[Error] = []
    start: dict[str, object] = {}
    while True:
        reply = await client.scan(TableName=table, ConsistentRead=True, **start)
        rows += Decoder().decode(reply.items, errors)
        if reply.last_evaluated_key is None:
            assert not errors, errors
            return rows
        start = {"ExclusiveStartKey": reply.last_evaluated_key}


def known_rows(cluster: Cluster) -> dict[Digest, Row]:
    """Return every row of a model by its id."""
    rows: list[Row] = [*cluster.runs, *cluster.allocs, *cluster.pools]
    for run in cluster.runs:
        rows += cluster.tally(run.id).tasks.values()
    return {row.id: row for row in rows}


def row_differences(cluster: Cluster, rows: Iterable[Row]) -> list[str]:
    """Return the differences between the model and the rows of a table.

    The model may lack rows that have ended: it forgets them, and need not have seen rows that ended before it began.
    """
    found = []
    known = known_rows(cluster)
    for row in rows:
        shown = known.pop(row.id, None)
        if shown is None:
            if row.end is None:
                found.append(f"{_name(row)}: not shown")
            continue
        fields = [name for name in row.__struct_fields__ if getattr(row, name) != getattr(shown, name)]
        found += [f"{_name(row)}: {name} {getattr(shown, name)}, not {getattr(row, name)}" for name in fields]
    return found + [f"{_name(row)}: not in the table" for row in known.values()]


def state_differences(cluster: Cluster, rows: Iterable[Row], renewed: Mapping[Digest, datetime]) -> list[str]:
    """Return the rows whose state differs from the state in a new model of all `rows`.

    When the dashboard sees a lease move, the lease counts from that time, for any clock of the writer. A state may
    therefore also be that of a lease that began at `renewed`, the time of the last renewal, or a state in between.
    """
    rows = list(rows)
    plain, lenient = (_model(cluster.as_of, rows, times) for times in ({}, renewed))
    found = []
    known = known_rows(cluster)
    for row in rows:
        if row.id not in known:
            continue
        state, *allowed = (_state(model, row) for model in (cluster, plain, lenient))
        if state not in allowed and not (state == Liveness.STALE and len(set(allowed)) == 2):
            found.append(f"{_name(row)}: {state}, not {' or '.join(dict.fromkeys(allowed))}")
    return found


def _model(as_of: datetime, rows: list[Row], renewed: Mapping[Digest, datetime]) -> Cluster:
    cluster = Cluster(as_of)
    changes = Changes()
    for row in rows:
        if row.id in renewed and row.keepalive is not None:
            earlier = msgspec.structs.replace(row, keepalive=row.keepalive - timedelta(seconds=1))
            cluster.merge([earlier], changes)
            cluster.merge([row], changes, renewed[row.id])
        else:
            cluster.merge([row], changes)
    cluster.finish_refresh(as_of, as_of - timedelta(days=1), changes)
    return cluster


def _state(cluster: Cluster, row: Row) -> str:
    if isinstance(row, Run):
        return cluster.run_state(row.id)
    if isinstance(row, Task):
        return cluster.task_state(row)
    return cluster.liveness(row)


def _name(row: Row) -> str:
    kind = {Run: "run", Task: "task", Alloc: "alloc", PoolRow: "pool"}[type(row)]
    return f"{kind} {row.id.short}"
