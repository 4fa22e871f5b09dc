"""Encoding of refreshes as bytes.

Rows are numbered from a keyframe on. Leases that moved are stored by row number, as columns of differences, which
compress to little.
"""

import itertools
import re
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from store import Alloc, Digest, Error, ErrorKind, PoolRow, Run, RunID, Task
from tui.watch.model.delta import Delta, Leases, micros, time_of
from tui.watch.model.rows import Row
from tui.watch.model.usual_duration import UsualDuration
from tui.watch.polling.status import Status
from tui.watch.recording.frames import MOST_IN_FRAME, MOST_IN_REFRESH, RecordingError
from tui.watch.recording.packed_values import Mask, pack, unpack
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.validity import LONGEST, LONGEST_TEXT, check_numbers, find_fault

_FRAME = 1 << 20  # bytes of rows in a frame, about
_MOST_IN_ROWS = MOST_IN_REFRESH - MOST_IN_FRAME  # bytes
_UNREADABLE = 100  # errors kept about unreadable rows
_LONGEST_TEXT = LONGEST_TEXT  # of each text of an error of the poller; those of tasks are kept whole
# Bytes of the errors of histories, and of idents with their durations, in a refresh. 2,000 idents of 100 characters
# have 500 KB.
_MOST_EXTRA = 2 << 20
_ID = 32  # bytes
_ABSENT = -(1 << 62)  # stands for no time
# The fields of rows with texts from users, engines and programs; and what is in an address with a secret, for the
# addresses of tasks are many.
_FREE_TEXTS = frozenset(("labels", "user", "args", "ident"))
_SECRET_SIGNS = frozenset("@?#%")
_NO_TIME = timedelta()
_SURROGATES = re.compile("[\ud800-\udfff]")
_LATEST = 253_000_000_000  # in the year 9987
_KINDS: tuple[tuple[str, type[Row]], ...] = (("pools", PoolRow), ("allocs", Alloc), ("runs", Run), ("tasks", Task))


class _Rows(msgspec.Struct, omit_defaults=True):
    """The rows of a frame."""

    pools: list[PoolRow] = []
    allocs: list[Alloc] = []
    runs: list[Run] = []
    tasks: list[Task] = []


class _Rest(msgspec.Struct, omit_defaults=True):
    """The other parts of a refresh: columns as `_column` encodes them, ids concatenated.

    `durations` are counts, p50 and p95 in seconds. `usual` is what older versions read: after how many seconds a task
    is slow.
    """

    as_of: int
    full_as_of: int
    status: Status
    clock_offset: int = 0
    covered_since: int | None = None
    moved: bytes = b""
    moved_at: bytes = b""
    leases: bytes = b""
    until: bytes = b""
    seen: bytes = b""
    seen_at: bytes = b""
    removed: bytes = b""
    whole: bytes = b""
    rowless: bytes = b""
    confirmed: bytes | None = None
    history_errors: dict[str, Error] = {}
    usual: dict[str, float] = {}
    durations: dict[str, tuple[int, float | None, float | None]] = {}


class RowNumbers:
    """The numbers of rows. `left_out` are the rows that a recording cannot hold, and why."""

    def __init__(self) -> None:
        self._ids: list[Digest] = []
        self._numbers: dict[Digest, int] = {}
        self.left_out: dict[Digest, str] = {}

    def leave_out(self, row: Row, fault: str) -> Error:
        """Note that `row` is left out; return the error that says why."""
        self.left_out[row.id] = fault
        return Error(ErrorKind.INVALID, "decode row", (row.id.short,), f"not recorded: {fault}")

    def add(self, rows: Iterable[Row]) -> None:
        """Number the rows that have no number yet."""
        for row in rows:
            if row.id not in self._numbers:
                self._numbers[row.id] = len(self._ids)
                self._ids.append(row.id)

    def assigned(self, ids: Iterable[Digest]) -> list[int]:
        """Return the numbers of these rows, which all have one."""
        return [self._numbers[id] for id in ids]

    def get(self, id: Digest) -> int | None:
        """Return the number of a row; None if it has none."""
        return self._numbers.get(id)

    def ids(self, numbers: Sequence[int]) -> list[Digest]:
        """Return the ids of the rows with these numbers. Raises RecordingError for a number without a row."""
        try:
            ids = self._ids
            if numbers and min(numbers) < 0:
                raise IndexError
            return [ids[number] for number in numbers]
        except IndexError:
            raise RecordingError("reference to an unknown row") from None


def encode(refresh: Refresh, numbers: RowNumbers, mask: Mask | None = None) -> Iterator[bytes]:
    """Return the contents of the frames of a refresh, with `mask` applied to the texts of rows and errors.

    A row that a recording cannot hold is left out, and named among the unreadable rows of the status and in
    `numbers.left_out`. Raises RecordingError if there are too many rows.
    """
    encoder = _encoder if mask is None else msgspec.msgpack.Encoder(enc_hook=partial(pack, mask=mask))
    rest_encoder = msgspec.msgpack.Encoder(enc_hook=partial(pack, mask=mask, longest=_LONGEST_TEXT))
    delta = refresh.delta
    rows, unreadable = _encode_rows(delta.rows, numbers, encoder, mask)
    numbers.add(row for row, _ in rows)
    known = {id: time for id, time in delta.moved.items() if numbers.get(id) is not None}
    moved = sorted(zip(numbers.assigned(known), known.values(), strict=True))
    seen = {time: place for place, time in enumerate(dict.fromkeys(delta.leases.seen))}
    moves = zip(delta.leases.ids, delta.leases.until, delta.leases.seen, strict=True)
    leases = sorted((number, until, seen[at]) for id, until, at in moves if (number := numbers.get(id)) is not None)
    usual = {ident: each for ident, each in refresh.usual.items() if _is_recordable(ident, each)}
    rest = _Rest(
        as_of=micros(delta.as_of),
        full_as_of=micros(delta.full_as_of),
        status=_add_unreadable(_recordable(refresh.status), unreadable),
        clock_offset=delta.clock_offset // timedelta(microseconds=1),
        covered_since=None if delta.covered_since is None else micros(delta.covered_since),
        moved=_column(number for number, _ in moved),
        moved_at=_column(micros(time) for _, time in moved),
        leases=_column(number for number, _, _ in leases),
        until=_column(until for _, until, _ in leases),
        seen=_column(place for _, _, place in leases),
        seen_at=_column(_ABSENT if at is None else micros(at) for at in seen),
        removed=b"".join(delta.removed),
        whole=b"".join(delta.whole),
        rowless=b"".join(delta.rowless),
        confirmed=None if delta.confirmed is None else _column(sorted(_known(delta.confirmed, numbers))),
        history_errors=_first({id.hex: error for id, error in refresh.history_errors.items()}, rest_encoder),
        usual=_first(
            {ident: each.slow_after.total_seconds() for ident, each in usual.items() if each.slow_after is not None},
            rest_encoder,
        ),
        durations=_first(
            {ident: (each.count, _seconds(each.p50), _seconds(each.p95)) for ident, each in usual.items()},
            rest_encoder,
        ),
    )
    data = rest_encoder.encode(rest)
    if len(data) > MOST_IN_FRAME - _FRAME:
        what = f"the changes of {len(delta.leases) + len(moved) + len(delta.removed)} rows in one refresh"
        raise RecordingError(
            f"{what} have {len(data)} bytes, at most {MOST_IN_FRAME - _FRAME} can be recorded: "
            "record fewer runs with a shorter --since"
        )
    yield data
    yield from _frame_rows(rows, encoder)


def _first(values: Mapping[str, object], encoder: msgspec.msgpack.Encoder) -> dict[str, Any]:
    """Return the first ones of `values` that have at most `_MOST_EXTRA` bytes, encoded."""
    encoded = {name: msgspec.Raw(encoder.encode(value)) for name, value in values.items()}
    sizes = itertools.accumulate(4 * len(name) + len(raw) for name, raw in encoded.items())
    return {name: raw for (name, raw), size in zip(encoded.items(), sizes, strict=True) if size <= _MOST_EXTRA}


def _is_recordable(ident: str, usual: UsualDuration) -> bool:
    spans = (usual.p50 or _NO_TIME, usual.p95 or _NO_TIME, usual.slow_after or _NO_TIME)
    return max(spans) < LONGEST and _SURROGATES.search(ident) is None


def _recordable(status: Status) -> Status:
    """Return a status as a recording holds it: without numbers that it cannot hold."""
    status = msgspec.structs.replace(status, next_at=None)
    try:
        check_numbers(status)
    except RecordingError as error:
        fault = Error(ErrorKind.INVALID, "record", (), f"the health of the poller is not recorded: {error}")
        return Status(refreshes=status.refreshes, error=status.error, unreadable=(fault, *status.unreadable))
    return status


def _add_unreadable(status: Status, errors: Sequence[Error]) -> Status:
    return msgspec.structs.replace(status, unreadable=(*status.unreadable, *errors)[:_UNREADABLE])


def _known(ids: Iterable[Digest], numbers: RowNumbers) -> Iterator[int]:
    return (number for id in ids if (number := numbers.get(id)) is not None)


def _encode_rows(
    rows: Sequence[Row],
    numbers: RowNumbers,
    encoder: msgspec.msgpack.Encoder,
    mask: Mask | None,
) -> tuple[list[tuple[Row, bytes]], list[Error]]:
    """Return the rows that can be recorded with their content, and an error for each other one."""
    encoded: list[tuple[Row, bytes]] = []
    errors: list[Error] = []
    for row in rows:
        fault = find_fault(row)
        data = b""
        if not fault:
            # Empty values are the defaults, and are not written.
            fields = {name: value for name in row.__struct_fields__ if (value := getattr(row, name))}
            if mask is not None:
                fields |= {name: mask(value) for name, value in fields.items() if _may_have_secret(name, value)}
            try:
                data = encoder.encode(fields)
            except (ValueError, TypeError, OverflowError, RecursionError) as error:  # such as half a surrogate pair
                fault = " ".join(str(error).split())[:100]
        if len(data) > MOST_IN_FRAME - _FRAME:
            fault = f"it has {len(data)} bytes"
        if fault:
            errors.append(numbers.leave_out(row, fault))
        else:
            encoded.append((row, data))
    total = sum(len(data) for _, data in encoded)
    largest = sorted(range(len(encoded)), key=lambda place: -len(encoded[place][1])) if total > _MOST_IN_ROWS else ()
    dropped = set[int]()
    for place in largest:
        if total <= _MOST_IN_ROWS:
            break
        row, data = encoded[place]
        dropped.add(place)
        total -= len(data)
        errors.append(numbers.leave_out(row, f"it has {len(data)} bytes, and its refresh over {_MOST_IN_ROWS}"))
    return [each for place, each in enumerate(encoded) if place not in dropped], errors


def _may_have_secret(name: str, value: object) -> bool:
    return name in _FREE_TEXTS or (name == "uri" and isinstance(value, str) and not _SECRET_SIGNS.isdisjoint(value))


def _frame_rows(rows: Sequence[tuple[Row, bytes]], encoder: msgspec.msgpack.Encoder) -> Iterator[bytes]:
    names = {kind: name for name, kind in _KINDS}
    frame: dict[str, list[msgspec.Raw]] = {}
    size = 0
    for row, data in rows:
        if size + len(data) > _FRAME and size:
            yield encoder.encode(frame)
            frame, size = {}, 0
        frame.setdefault(names[type(row)], []).append(msgspec.Raw(data))
        size += len(data)
    if frame:
        yield encoder.encode(frame)


def decode(time: datetime, frames: Iterable[bytes], numbers: RowNumbers) -> Refresh:
    """Return the refresh in these frames, taken at `time`. Raises RecordingError if they hold none."""
    *_, refresh = decode_slices(time, frames, numbers)
    assert refresh is not None  # noqa: S101 - the last one
    return refresh


def decode_slices(time: datetime, frames: Iterable[bytes], numbers: RowNumbers) -> Iterator[Refresh | None]:
    """Yield None after each part of a refresh, then the refresh. Like `decode`, without blocking.

    50,000 tasks take half a second.
    """
    try:
        yield from _decoded(time, iter(frames), numbers)
    except RecordingError:
        raise
    except (msgspec.MsgspecError, Error, ValueError, OverflowError, RecursionError) as error:
        raise RecordingError(" ".join(str(error).split())[:200] or type(error).__name__) from error


def _decoded(time: datetime, frames: Iterator[bytes], numbers: RowNumbers) -> Iterator[Refresh | None]:
    first = next(frames, None)
    if first is None:
        raise RecordingError("no frame")
    rest = _REST.decode(first)
    rows: list[Row] = []
    unreadable: list[Error] = []
    for frame in frames:
        part = _ROWS.decode(frame)
        found = list[Row](itertools.chain(part.pools, part.allocs, part.runs, part.tasks))
        numbers.add(found)
        for row in found:
            if fault := find_fault(row):
                unreadable.append(numbers.leave_out(row, fault))
            else:
                rows.append(row)
        yield None
    clock_offset = timedelta(microseconds=rest.clock_offset)
    covered_since = None if rest.covered_since is None else time_of(rest.covered_since)
    check_numbers((rest.status, time_of(rest.as_of), time_of(rest.full_as_of), covered_since, clock_offset))
    times = [None if at == _ABSENT else time_of(at) for at in _numbers(rest.seen_at)]
    places = _numbers(rest.seen)
    until = _numbers(rest.until)
    for column, most in ((places, len(times) - 1), (until, _LATEST)):
        if column and (min(column) < 0 or max(column) > most):
            raise RecordingError("invalid time of a lease")
    leases = Leases(numbers.ids(_numbers(rest.leases)), until, [times[place] for place in places])
    if not len(leases.ids) == len(leases.until) == len(leases.seen):
        raise RecordingError("columns of leases of different lengths")
    moved_at = [time_of(at) for at in _numbers(rest.moved_at)]
    moved = zip(numbers.ids(_numbers(rest.moved)), moved_at, strict=True)
    check_numbers([*times, *({min(moved_at), max(moved_at)} if moved_at else ())])
    delta = Delta(
        as_of=time_of(rest.as_of),
        full_as_of=time_of(rest.full_as_of),
        clock_offset=clock_offset,
        covered_since=covered_since,
        rows=rows,
        moved=dict(moved),
        leases=leases,
        removed=[Digest(id) for id in _ids(rest.removed)],
        whole=[RunID(id) for id in _ids(rest.whole)],
        rowless=[RunID(id) for id in _ids(rest.rowless)],
        confirmed=None if rest.confirmed is None else numbers.ids(_numbers(rest.confirmed)),
    )
    yield Refresh(
        time=time,
        status=_add_unreadable(rest.status, unreadable),
        delta=delta,
        history_errors={RunID.parse(id): error for id, error in rest.history_errors.items()},
        usual=_usual(rest),
    )


def _usual(rest: _Rest) -> dict[str, UsualDuration]:
    older = {ident: UsualDuration(p95=_span(seconds)) for ident, seconds in rest.usual.items()}
    newer = {ident: UsualDuration(count, _span(p50), _span(p95)) for ident, (count, p50, p95) in rest.durations.items()}
    return older | newer


def _span(seconds: float | None) -> timedelta | None:
    if seconds is not None and not 0 <= seconds < LONGEST.total_seconds():
        raise RecordingError("invalid duration")
    return None if seconds is None else timedelta(seconds=seconds)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _ids(data: bytes) -> Iterator[bytes]:
    if len(data) % _ID:
        raise RecordingError("truncated id")
    return (data[at : at + _ID] for at in range(0, len(data), _ID))


def _column(values: Iterable[int]) -> bytes:
    """Integers, each as the difference from the one before."""
    column, before = array("q"), 0
    for value in values:
        column.append(value - before)
        before = value
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def _numbers(column: bytes) -> "array[int]":
    differences = array("q")
    differences.frombytes(column)
    if sys.byteorder == "big":
        differences.byteswap()
    return array("q", itertools.accumulate(differences))


_encoder = msgspec.msgpack.Encoder(enc_hook=pack)
_REST = msgspec.msgpack.Decoder(_Rest, dec_hook=unpack)
_ROWS = msgspec.msgpack.Decoder(_Rows, dec_hook=unpack)
