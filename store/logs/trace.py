"""The trace of a run: spans, read from and written as the JSON of Chrome's trace viewer."""

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import asdict

from store import gojson
from store.digest import Digest
from store.errors import Error, ErrorKind
from store.times import as_utc

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a run that took time: an exec, a transfer, the run itself.

    A `group` is an alloc, and a `row` of it an exec; group 0 is the run itself. `start` has a time zone, and times are
    exact to the microsecond. `category` is `run`, `exec`, `transfer` and so on, and `args` are JSON values that viewers
    show beside the span.
    """

    name: str
    category: str = ""
    start: datetime
    duration: timedelta = timedelta()
    group: int = 0
    row: int = 0
    args: dict[str, Any] = {}


class Spans(list[Span]):
    """The spans of a trace, the oldest first.

    `unreadable` counts the malformed spans that were left out, and `unended` those without an end.
    """

    unreadable: int = 0
    unended: int = 0


class _Event(msgspec.Struct):
    ph: str = ""
    name: str = ""
    cat: str = ""
    ts: int | float = 0  # microseconds; a float would lose some in 230 years
    dur: int | float = 0
    pid: int = 0
    tid: int = 0
    args: dict[str, Any] | None = None


class _Events(msgspec.Struct):
    events: list[msgspec.Raw] = msgspec.field(name="traceEvents")


def parse_trace(data: bytes) -> Spans:
    """Return the spans in `data`, the oldest first; without those that are malformed, unended or beyond the calendar.

    The result counts the spans that were left out. Bytes that are not UTF-8 are replaced by U+FFFD.
    Raises Error INVALID for JSON that is neither an object with `traceEvents` nor a list of events.
    """
    try:
        raw = msgspec.json.decode(data, type=_Events | list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Error(ErrorKind.INVALID, "parse trace", (str(Digest.compute(data)),), error) from error
    spans = Spans()
    _add_spans(spans, map(_event, raw if isinstance(raw, list) else raw.events))
    spans.sort(key=lambda span: span.start)
    return spans


def format_trace(spans: Iterable[Span]) -> bytes:
    """Return the JSON of a trace, one complete event for each span, for `repository.put`.

    `parse_trace` returns equal spans in the order of their starts; text that is not valid Unicode has U+FFFD in place
    of what is not. Raises Error INVALID for a span with a start that has no time zone, with a negative duration or an
    end beyond the calendar, and with `args` that JSON does not hold.
    """
    return msgspec.json.encode({"traceEvents": [_values(span) for span in spans]})


def _values(span: Span) -> dict[str, Any]:
    try:
        msgspec.convert(asdict(span), Span)  # readers drop spans with fields of other types
        if span.duration < timedelta():
            raise ValueError(f"the duration is negative: {span.duration}")
        start = as_utc(span.start)
        _ = start + span.duration
        fields: dict[str, Any] = gojson.valid(
            {"pid": span.group, "tid": span.row, "name": span.name, "cat": span.category, "args": span.args}
        )
    except (ValueError, OverflowError, RecursionError) as error:
        raise Error(ErrorKind.INVALID, "format trace", (f"{span.name!s:.100}",), error) from error
    times = {"ts": (start - _EPOCH) // _MICROSECOND, "dur": span.duration // _MICROSECOND}
    return {"ph": "X", **times, **fields}


def _event(raw: msgspec.Raw) -> _Event | None:
    with contextlib.suppress(msgspec.MsgspecError, UnicodeError, RecursionError):
        return msgspec.json.decode(raw, type=_Event)
    with contextlib.suppress(msgspec.MsgspecError, RecursionError):  # a name in Latin-1 is the usual reason
        return msgspec.json.decode(bytes(raw).decode("utf-8", "replace"), type=_Event)
    return None


def _add_spans(spans: Spans, events: Iterator[_Event | None]) -> None:
    begun: dict[tuple[int, int], list[_Event]] = defaultdict(list)
    for event in events:
        if event is None:
            spans.unreadable += 1
            continue
        row = begun[event.pid, event.tid]
        match event.ph:
            case "X":
                _add_span(spans, event, event.dur)
            case "B":
                row.append(event)
            case "E" if row:
                first = row.pop()
                _add_span(spans, first, event.ts - first.ts)
    spans.unended = sum(map(len, begun.values()))


def _add_span(spans: Spans, event: _Event, duration: float) -> None:
    try:
        start = _EPOCH + timedelta(microseconds=event.ts)
        end = start + timedelta(microseconds=max(0, duration))
    except OverflowError:
        spans.unreadable += 1
        return
    spans.append(
        Span(
            name=event.name,
            category=event.cat,
            start=start,
            duration=end - start,
            group=event.pid,
            row=event.tid,
            args=event.args or {},
        )
    )
