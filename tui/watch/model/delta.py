"""What of a cluster has changed, as values: enough to make the same cluster again, one change after the other."""

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
    """`time` in microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def time_of(micros: int) -> datetime:
    """The time so many microseconds after 1970. Raises OverflowError where the calendar ends."""
    return _EPOCH + timedelta(microseconds=micros)


def second(seconds: int) -> datetime:
    """The time so many seconds after 1970. Raises OverflowError where the calendar ends."""
    return _EPOCH + timedelta(seconds=seconds)


class Leases(msgspec.Struct):
    """Rows of which nothing but the lease has moved: most changes of a busy cluster, in 24 bytes each.

    Of each row the id, the whole second `until` which its lease holds now, and since when that is `seen` to move.
    """

    ids: list[Digest] = []
    until: "array[int]" = msgspec.field(default_factory=lambda: array("q"))
    seen: list[datetime | None] = []

    def __len__(self) -> int:
        return len(self.ids)


class Delta(msgspec.Struct, kw_only=True):
    """Rows that are new or other than before, and what else is known of them; without anything before it, all of it.

    `moved` says since when the leases of open ones among `rows` have been seen to move. `removed` are the ids of rows
    that are forgotten, before the others are taken. Of the runs in `whole` all tasks were read; those in `rowless` are
    not in the table. The states are those at `as_of`; see `Cluster` for the other times.
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


def put_all(union: RowTable, delta: Delta) -> None:
    """Put every row of `union` into `delta`, pools and allocs before what runs there."""
    runs = (run for id, run in union.runs.items() if id not in union.rowless)
    tasks = chain.from_iterable(tally.tasks.values() for tally in union.tallies.values())
    delta.rows += chain(union.pools.values(), union.allocs.values(), runs, tasks)
    delta.moved |= union.moved
    delta.rowless += union.rowless


def put_changes(union: RowTable, changes: Changes, delta: Delta) -> None:
    """Put the rows of `union` that `changes` tells of into `delta`, as they are now."""
    delta.removed += changes.removed
    if len(changes.added) >= len(union):  # at the beginning: there is no need to look for each
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
    """The rows with these ids; the tasks that have ended among them are of these runs."""
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
    """Note in `union`, which has the rows of `delta`, what else that says of them."""
    union.rowless |= set(delta.rowless)
    union.missing.discard(delta.rowless)
    union.moved.update((id, seen) for id, seen in delta.moved.items() if id in union.open.rows)
