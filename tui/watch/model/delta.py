"""The difference between two states of a cluster as plain values, for recordings and the session history."""

from array import array
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

import msgspec

from store import Digest, RunID
from tui.watch.model.changes import Changes
from tui.watch.model.rows import Row, RowTable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LEASE = frozenset({"keepalive"})


def micros(time: datetime) -> int:
    """Return `time` in microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def time_of(micros: int) -> datetime:
    """Return the time `micros` microseconds after 1970. Raises OverflowError beyond the calendar."""
    return _EPOCH + timedelta(microseconds=micros)


def second(seconds: int) -> datetime:
    """Return the time `seconds` seconds after 1970. Raises OverflowError beyond the calendar."""
    return _EPOCH + timedelta(seconds=seconds)


class Leases(msgspec.Struct):
    """Rows whose lease moved and nothing else: most changes of a busy cluster, in 24 bytes each.

    For each row: its id, the whole second `until` which the lease now holds, and when the lease was `seen` to move.
    """

    ids: list[Digest] = []
    until: "array[int]" = msgspec.field(default_factory=lambda: array("q"))
    seen: list[datetime | None] = []

    def __len__(self) -> int:
        return len(self.ids)


class Delta(msgspec.Struct, kw_only=True):
    """Rows that were added or changed, and everything else that changed; relative to an empty cluster, all of it.

    `moved` tells when the leases of open rows among `rows` were seen to move. `removed` ids are forgotten before the
    rest is merged. All tasks of the runs in `whole` have been read; the runs in `rowless` are not in the table. Of
    the rows whose lease has passed, those not `confirmed` are unread; None if no row is. The times are those of
    `Cluster`.
    """

    as_of: datetime
    full_as_of: datetime
    clock_offset: timedelta = timedelta()
    covered_since: datetime | None = None
    rows: list[Row] = []
    moved: dict[Digest, datetime] = {}
    leases: Leases = msgspec.field(default_factory=Leases)
    removed: list[Digest] = []
    whole: list[RunID] = []
    rowless: list[RunID] = []
    confirmed: list[Digest] | None = None


def put_all(union: RowTable, delta: Delta) -> None:
    """Put every row of `union` into `delta`: pools and allocs before the tasks that run there."""
    runs = (run for id, run in union.runs.items() if id not in union.rowless)
    tasks = chain.from_iterable(tally.tasks.values() for tally in union.tallies.values())
    delta.rows += chain(union.pools.values(), union.allocs.values(), runs, tasks)
    delta.moved |= union.moved
    delta.rowless += union.rowless


def put_changes(union: RowTable, changes: Changes, delta: Delta) -> None:
    """Put the current rows behind `changes` into `delta`."""
    delta.removed += changes.removed
    if len(changes.added) >= len(union):  # the first refresh: no need to look each row up
        put_all(union, delta)
        return
    delta.rowless += changes.runs & union.rowless
    open_rows, moved = union.open.rows, union.moved
    ids, renewed = [*changes.added], list[Row]()
    for id, fields in changes.changed.items():
        row = open_rows.get(id) if fields == _LEASE else None
        if row is not None and row.keepalive is not None and not row.keepalive.microsecond and id not in changes.added:
            renewed.append(row)
        elif id not in changes.added:
            ids.append(id)
    delta.leases = Leases(
        [row.id for row in renewed],
        array("q", [int(row.keepalive.timestamp()) for row in renewed]),  # type: ignore[union-attr]
        [moved.get(row.id) for row in renewed],
    )
    delta.rows += _rows(union, ids, changes.runs)
    delta.moved |= {row.id: moved[row.id] for row in delta.rows if row.id in moved}


def _rows(union: RowTable, ids: Iterable[Digest], runs: Iterable[RunID]) -> Iterator[Row]:
    """Return the rows with these ids; ended tasks are looked up in these runs."""
    ended = set()
    for id in ids:
        row = union.open.rows.get(id) or union.allocs.get(id) or union.pools.get(id)
        if row is None:
            ended.add(id)
        else:
            yield row
    for run_id in runs if ended else ():
        run, tally = union.runs.get(run_id), union.tallies.get(run_id)
        if run is not None and run_id in ended and run_id not in union.rowless:
            yield run
        if tally is not None:
            yield from (tally.tasks[id] for id in tally.tasks.keys() & ended)


def take_rest(union: RowTable, delta: Delta) -> None:
    """Note everything in `delta` but its rows in `union`."""
    union.rowless |= set(delta.rowless)
    union.missing.discard(delta.rowless)
    union.moved.update((id, seen) for id, seen in delta.moved.items() if id in union.open.rows)
