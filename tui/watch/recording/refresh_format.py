"""Encoding of refreshes as bytes.

Rows are numbered from a keyframe on. Leases that moved are stored by row number, as columns of differences, of which
little is left after compression.
"""

import itertools
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from typing import Any

import msgspec

from store import Alloc, Digest, Error, FailureReason, PoolRow, Resources, Run, RunID, Task
from store.aws.error_mapping import error_code, throttling_reasons
from tui.watch.model.delta import Delta, Leases, micros, time_of
from tui.watch.model.rows import Row
from tui.watch.model.usual_duration import UsualDuration
from tui.watch.polling.status import Status
from tui.watch.recording.frames import MOST_IN_FRAME, RecordingError
from tui.watch.recording.recorder import Refresh

_FRAME = 1 << 20  # bytes of rows in a frame, about
_UNREADABLE = 100  # errors kept about unreadable rows
_ID = 32  # bytes
_NEVER = -(1 << 62)  # stands for no time
_LONGEST = 1e9  # seconds: 31 years
_LATEST = 253_000_000_000  # in the year 9987
_KINDS: tuple[tuple[str, type[Row]], ...] = (("pools", PoolRow), ("allocs", Alloc), ("runs", Run), ("tasks", Task))


class _Failed(msgspec.Struct, omit_defaults=True, array_like=True):
    """An error as stored JSON, with the parts that the JSON lacks: AWS's code, why it throttles, and the reason."""

    json: str
    code: str = ""
    why: str = ""
    reason: str = ""


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
    """The numbers of rows."""

    def __init__(self) -> None:
        self._ids: list[Digest] = []
        self._numbers: dict[Digest, int] = {}

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


def encode(refresh: Refresh, numbers: RowNumbers) -> Iterator[bytes]:
    """Return the contents of the frames of a refresh. Raises RecordingError for a row that does not fit."""
    delta = refresh.delta
    numbers.add(delta.rows)
    moved = sorted(zip(numbers.assigned(delta.moved), delta.moved.values(), strict=True))
    seen = {time: place for place, time in enumerate(dict.fromkeys(delta.leases.seen))}
    moves = zip(delta.leases.ids, delta.leases.until, delta.leases.seen, strict=True)
    leases = sorted((number, until, seen[at]) for id, until, at in moves if (number := numbers.get(id)) is not None)
    rest = _Rest(
        as_of=micros(delta.as_of),
        full_as_of=micros(delta.full_as_of),
        status=msgspec.structs.replace(
            refresh.status, unreadable=refresh.status.unreadable[:_UNREADABLE], next_at=None
        ),
        clock_offset=delta.clock_offset // timedelta(microseconds=1),
        covered_since=None if delta.covered_since is None else micros(delta.covered_since),
        moved=_column(number for number, _ in moved),
        moved_at=_column(micros(time) for _, time in moved),
        leases=_column(number for number, _, _ in leases),
        until=_column(until for _, until, _ in leases),
        seen=_column(place for _, _, place in leases),
        seen_at=_column(_NEVER if at is None else micros(at) for at in seen),
        removed=b"".join(delta.removed),
        whole=b"".join(delta.whole),
        rowless=b"".join(delta.rowless),
        confirmed=None if delta.confirmed is None else _column(sorted(_known(delta.confirmed, numbers))),
        history_errors={id.hex: error for id, error in refresh.history_errors.items()},
        usual={
            ident: usual.slow_after.total_seconds()
            for ident, usual in refresh.usual.items()
            if usual.slow_after is not None
        },
        durations={
            ident: (usual.count, _seconds(usual.p50), _seconds(usual.p95)) for ident, usual in refresh.usual.items()
        },
    )
    data = _encoder.encode(rest)
    if len(data) > MOST_IN_FRAME:
        raise RecordingError(f"{len(delta.leases)} leases in one refresh are too many for a recording")
    yield data
    yield from _encode_rows(delta.rows)


def _known(ids: Iterable[Digest], numbers: RowNumbers) -> Iterator[int]:
    return (number for id in ids if (number := numbers.get(id)) is not None)


def _encode_rows(rows: Sequence[Row]) -> Iterator[bytes]:
    names = {kind: name for name, kind in _KINDS}
    frame: dict[str, list[msgspec.Raw]] = {}
    size = 0
    for row in rows:
        # Empty values are the defaults, and are not written.
        data = _encoder.encode({name: value for name in row.__struct_fields__ if (value := getattr(row, name))})
        if len(data) > MOST_IN_FRAME - _FRAME:
            raise RecordingError(f"row {row.id.short} has {len(data)} bytes: too large for a recording")
        if size + len(data) > _FRAME and size:
            yield _encoder.encode(frame)
            frame, size = {}, 0
        frame.setdefault(names[type(row)], []).append(msgspec.Raw(data))
        size += len(data)
    if frame:
        yield _encoder.encode(frame)


def decode(time: datetime, frames: Iterable[bytes], numbers: RowNumbers) -> Refresh:
    """Return the refresh in these frames, taken at `time`. Raises RecordingError if they hold none."""
    *_, refresh = decode_slices(time, frames, numbers)
    assert refresh is not None  # noqa: S101 - the last one
    return refresh


def decode_slices(time: datetime, frames: Iterable[bytes], numbers: RowNumbers) -> Iterator[Refresh | None]:
    """Yield None after each part of a refresh, and the refresh in the end; do what `decode` does, without blocking.

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
    for frame in frames:
        part = _ROWS.decode(frame)
        found = list[Row](itertools.chain(part.pools, part.allocs, part.runs, part.tasks))
        for row in found:
            _check(row.id, row.start, row.keepalive, row.end)
        numbers.add(found)
        rows += found
        yield None
    _check_status(rest.status)
    times = [None if at == _NEVER else time_of(at) for at in _numbers(rest.seen_at)]
    places = _numbers(rest.seen)
    until = _numbers(rest.until)
    for column, most in ((places, len(times) - 1), (until, _LATEST)):
        if column and (min(column) < 0 or max(column) > most):
            raise RecordingError("invalid time of a lease")
    leases = Leases(numbers.ids(_numbers(rest.leases)), until, [times[place] for place in places])
    if not len(leases.ids) == len(leases.until) == len(leases.seen):
        raise RecordingError("columns of leases of different lengths")
    moved = zip(numbers.ids(_numbers(rest.moved)), map(time_of, _numbers(rest.moved_at)), strict=True)
    delta = Delta(
        as_of=time_of(rest.as_of),
        full_as_of=time_of(rest.full_as_of),
        clock_offset=timedelta(microseconds=rest.clock_offset),
        covered_since=None if rest.covered_since is None else time_of(rest.covered_since),
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
        status=rest.status,
        delta=delta,
        history_errors={RunID.parse(id): error for id, error in rest.history_errors.items()},
        usual=_usual(rest),
    )


def _usual(rest: _Rest) -> dict[str, UsualDuration]:
    older = {ident: UsualDuration(p95=_span(seconds)) for ident, seconds in rest.usual.items()}
    newer = {ident: UsualDuration(count, _span(p50), _span(p95)) for ident, (count, p50, p95) in rest.durations.items()}
    return older | newer


def _span(seconds: float | None) -> timedelta | None:
    if seconds is not None and not 0 <= seconds < _LONGEST:
        raise RecordingError("invalid duration")
    return None if seconds is None else timedelta(seconds=seconds)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _check(id: Digest, *times: datetime | None) -> None:
    # As for rows of the table: no arithmetic with a time may overflow.
    if not id or any(time and (time.tzinfo is None or not MINYEAR < time.year < MAXYEAR) for time in times):
        raise RecordingError("row without an id, or with an invalid time")


def _check_status(status: Status) -> None:
    back = status.backfill
    times = [
        status.as_of,
        status.next_at,
        status.retry_at,
        *((back.start, back.reached, back.goal) if back is not None else ()),
    ]
    _check(Digest.compute(b""), *times)


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


class _RecordedError(Exception):
    """The part of an AWS error that a recording keeps."""

    def __init__(self, text: str, code: str, why: str) -> None:
        super().__init__(text)
        self.response = {"Error": {"Code": code}, "ThrottlingReasons": [{"reason": why}] if why else []}


def _packed(value: Any) -> Any:
    match value:
        case Digest():
            return bytes(value)
        case Resources():
            return dict(value)
        case Error():
            origin = [node for node in value.chain() if isinstance(node, Error)][-1]
            code = error_code(origin)
            return _Failed(value.to_json(), code, throttling_reasons(origin), value.reason)
        case _:
            raise TypeError(f"{type(value).__name__} in a refresh")


def _unpacked(kind: type, value: Any) -> Any:
    if issubclass(kind, Digest):
        return kind(value)
    if issubclass(kind, Resources):
        return kind(msgspec.convert(value, dict[str, float]))
    if issubclass(kind, Error):
        failed = msgspec.convert(value, _Failed)
        return _reread(Error.from_json(failed.json), failed)
    raise TypeError(kind.__name__)


def _reread(error: Error, failed: _Failed) -> Error:
    # Recordings of older versions have no reason; one of a newer version may be unknown here.
    reason = FailureReason(failed.reason) if failed.reason in set(FailureReason) else None
    if not failed.code and reason is None:
        return error
    *around, last = error.chain()
    cause: BaseException | None = last
    if failed.code:
        cause = _RecordedError(str(last), failed.code, failed.why)
    if isinstance(last, Error):
        around.append(last)
        cause = cause if failed.code else None
    for node in reversed(around):
        assert isinstance(node, Error)  # noqa: S101 - only the last one of a chain is anything else
        cause = Error(node.kind, node.op, node.args, cause, reason)
    assert isinstance(cause, Error)  # noqa: S101
    return cause


_encoder = msgspec.msgpack.Encoder(enc_hook=_packed)
_REST = msgspec.msgpack.Decoder(_Rest, dec_hook=_unpacked)
_ROWS = msgspec.msgpack.Decoder(_Rows, dec_hook=_unpacked)
