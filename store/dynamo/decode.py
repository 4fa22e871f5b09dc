"""Items of the table -> rows of the model. Pure: no I/O, no clock."""

from binascii import unhexlify
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any, TypeVar

import msgspec

from store.digest import Digest, ImgCmdID, RunID, StringDigest, TaskID
from store.dynamo.wire import Item, ItemID, Number, RunItem, Text, TextList, Texts
from store.errors import Error, ErrorKind, FailureReason, drop_tracebacks
from store.model import NO_RESOURCES, Alloc, ClusterID, PoolRow, Run, Task
from store.resources import Resources
from store.times import parse_time

Row = Run | Task | Alloc | PoolRow
D = TypeVar("D", bound=Digest)
V = TypeVar("V")

_ITEM = msgspec.json.Decoder(Item)
_RUN = msgspec.json.Decoder(RunItem)
_ID = msgspec.json.Decoder(ItemID)
_new = bytes.__new__
_ZERO = Digest.ZERO

# Values that many rows share are kept once: those of the last one or two generations. A generation ends after so many
# rows, or with so many texts. Of 55 rows at a time it takes half an hour, of 800 two minutes.
_ROWS = 20_000
_MEMO = 25_000  # texts, 6 MB
_LONGEST_CACHED = 10_000  # characters; an item may have 400 KB, but 256 cached errors take at most 5 MB


class _Memo(dict[str, V]):
    """The values of texts, each decoded once. Those that were not used for a whole generation are forgotten."""

    def __init__(self, convert: Callable[[str], V]) -> None:
        super().__init__()
        self._convert = convert
        self._older: dict[str, V] = {}

    def __missing__(self, text: str | None) -> V:
        if text is None:  # the attribute has another type
            raise TypeError
        try:
            value = self._older.pop(text)
        except KeyError:
            value = self._convert(text)
        if len(text) <= _LONGEST_CACHED:
            self[text] = value
        return value

    def age(self) -> None:
        """Forget values that were not used since the last call."""
        self._older = dict(self)
        self.clear()


class Decoder:
    """Decodes items. It remembers the texts, times, resources and ids that many rows share; one per TaskDB."""

    def __init__(self) -> None:
        self._texts = _Memo(lambda text: text)
        self._times = _Memo(parse_time)
        self._resources = _Memo(Resources.from_json)
        self._ids = _Memo(_DIGEST)
        self._run_ids = _Memo(_RUN_ID)
        self._img_cmd_ids = _Memo(_IMG_CMD_ID)
        self._rows = 0  # of this generation
        self._notes: list[tuple[str, Exception | str]] = []  # column and reason: what of this row is unreadable

    def decode(self, items: Iterable[bytes | msgspec.Raw], errors: list[Error], row_type: str = "") -> list[Row]:
        """Return the rows in `items`, each in DynamoDB JSON.

        A row comes back with what is readable in it; what is not is added to `errors` as INVALID, naming the row and
        the column. Rows without a type that we know are left out: updates by Go of an unknown id leave such. `row_type`
        is the type of items from an index that does not hold it.
        """
        row = self.row
        rows = [found for item in items if (found := row(item, errors, row_type)) is not None]
        self.forget(len(rows))
        return rows

    def row(self, item: bytes | msgspec.Raw, errors: list[Error], row_type: str = "") -> Row | None:
        """Return one row, as `decode` has it; None for what is left out."""
        try:
            columns = _ITEM.decode(item)
            name = row_type or (columns.Type.S if columns.Type else "")
            row: Row
            if name == "task":
                row = self._task(columns)
            elif name == "alloc":
                row = self._alloc(columns)
            elif name == "pool":
                row = self._pool(columns)
            elif name == "run":
                row = self._run(_RUN.decode(item))
            else:
                return None
        except (msgspec.MsgspecError, UnicodeError) as error:
            errors.append(_error_of_row(_find_id(item), error))
            return None
        if self._notes:
            errors.extend(_unreadable(row.id, column, why) for column, why in self._notes)
            self._notes.clear()
        return row

    def forget(self, rows: int) -> None:
        """Bound what is remembered; called after so many rows."""
        memos: tuple[_Memo[Any], ...] = (
            self._texts,
            self._times,
            self._resources,
            self._ids,
            self._run_ids,
            self._img_cmd_ids,
        )
        self._rows += rows
        if self._rows >= _ROWS or sum(map(len, memos)) > _MEMO:
            self._rows = 0
            for memo in memos:
                memo.age()

    def _task(self, item: Item) -> Task:
        # A task as it should be, for a table has a hundred thousand of them. The other way says what is amiss.
        times = self._times
        try:
            return Task(  # by position, in the order of the fields: five times faster than by keyword
                times[item.StartTime.S],
                times[item.Keepalive.S],
                times[item.EndTime.S] if item.EndTime else None,
                _digest(TaskID, item.ID.S),
                self._run_ids[item.RunID.S],
                self._ids[item.AllocID.S],
                _digest(Digest, item.FlowID.S),
                _digest(Digest, item.ResultID.S) if item.ResultID else _ZERO,
                self._img_cmd_ids[item.ImgCmdID.S],
                self._texts[item.Ident.S],
                int(item.Attempt.N),
                _error(item.Error.S) if item.Error else None,
                self._resources[item.Resources.S],
                item.URI.S + "",  # raises TypeError for None
                _digest(Digest, item.Stdout.S) if item.Stdout else _ZERO,
                _digest(Digest, item.Stderr.S) if item.Stderr else _ZERO,
                _digest(Digest, item.Inspect.S) if item.Inspect else _ZERO,
            )
        except (AttributeError, TypeError, ValueError, Error):
            return self._task_by_columns(item)

    def _task_by_columns(self, item: Item) -> Task:
        value, time, digest = self._value, self._time, self._digest
        return Task(
            id=value(item.ID, "ID", _TASK_ID, TaskID()),
            run_id=value(item.RunID, "RunID", self._run_ids.__getitem__, RunID()),
            alloc_id=digest(item.AllocID, "AllocID"),
            flow_id=digest(item.FlowID, "FlowID"),
            result_id=digest(item.ResultID, "ResultID"),
            img_cmd_id=value(item.ImgCmdID, "ImgCmdID", self._img_cmd_ids.__getitem__, ImgCmdID()),
            ident=self._text(item.Ident, "Ident"),
            attempt=self._attempt(item.Attempt),
            err=value(item.Error, "Error", _error, None),
            resources=value(item.Resources, "Resources", self._resources.__getitem__, NO_RESOURCES),
            uri=self._text(item.URI, "URI"),
            stdout=digest(item.Stdout, "Stdout"),
            stderr=digest(item.Stderr, "Stderr"),
            inspect=digest(item.Inspect, "Inspect"),
            start=time(item.StartTime, "StartTime"),
            keepalive=time(item.Keepalive, "Keepalive"),
            end=time(item.EndTime, "EndTime"),
        )

    def _run(self, item: RunItem) -> Run:
        digest = self._digest
        return Run(
            id=self._value(item.ID, "ID", _RUN_ID, RunID()),
            labels=self._labels(item.Labels),
            user=self._text(item.User, "User"),
            bundle=digest(item.Bundle, "Bundle"),
            args=self._args(item.Args, item.ArgList),
            run_log=digest(item.RunLog, "RunLog"),
            eval_graph=digest(item.EvalGraph, "EvalGraph"),
            trace=digest(item.Trace, "Trace"),
            exec_log=digest(item.ExecLog, "ExecLog"),
            sys_log=digest(item.Syslog, "Syslog"),
            start=self._time(item.StartTime, "StartTime"),
            keepalive=self._time(item.Keepalive, "Keepalive"),
            end=self._time(item.EndTime, "EndTime"),
        )

    def _alloc(self, item: Item) -> Alloc:
        times = self._times
        try:
            return Alloc(
                times[item.StartTime.S],
                times[item.Keepalive.S],
                times[item.EndTime.S] if item.EndTime else None,
                _digest(Digest, item.ID.S),
                item.AllocID.S + "",
                self._ids[item.PoolID.S],
                self._resources[item.Resources.S],
                item.URI.S + "",
            )
        except (AttributeError, TypeError, ValueError, Error):
            return self._alloc_by_columns(item)

    def _alloc_by_columns(self, item: Item) -> Alloc:
        return Alloc(
            id=self._digest(item.ID, "ID"),
            alloc_id=self._value(item.AllocID, "AllocID", str, ""),
            pool_id=self._value(item.PoolID, "PoolID", self._ids.__getitem__, _ZERO),
            resources=self._value(item.Resources, "Resources", self._resources.__getitem__, NO_RESOURCES),
            uri=self._value(item.URI, "URI", str, ""),
            start=self._time(item.StartTime, "StartTime"),
            keepalive=self._time(item.Keepalive, "Keepalive"),
            end=self._time(item.EndTime, "EndTime"),
        )

    def _pool(self, item: Item) -> PoolRow:
        text = self._text
        return PoolRow(
            id=self._digest(item.ID, "ID"),
            pool_id=self._value(item.PoolID, "PoolID", StringDigest, StringDigest()),
            pool_type=text(item.PoolType, "PoolType"),
            resources=self._value(item.Resources, "Resources", self._resources.__getitem__, NO_RESOURCES),
            uri=text(item.URI, "URI"),
            cluster=ClusterID(
                text(item.ClusterName, "ClusterName"),
                text(item.User, "User"),
                text(item.ReflowVersion, "ReflowVersion"),
            ),
            start=self._time(item.StartTime, "StartTime"),
            keepalive=self._time(item.Keepalive, "Keepalive"),
            end=self._time(item.EndTime, "EndTime"),
        )

    def _value(self, attribute: Text | None, column: str, convert: Callable[[str], V], absent: V) -> V:
        if attribute is None:
            return absent
        text: str | None = attribute.S
        if text is None:
            self._wrong_type(column)
            return absent
        try:
            return convert(text)
        except Error as error:
            self._notes.append((column, error))
            return absent

    def _digest(self, attribute: Text, column: str) -> Digest:
        return self._value(attribute, column, _DIGEST, _ZERO)

    def _text(self, attribute: Text, column: str) -> str:
        return self._value(attribute, column, self._texts.__getitem__, "")

    def _time(self, attribute: Text, column: str) -> Any:
        return self._value(attribute, column, self._times.__getitem__, None)

    def _attempt(self, attribute: Number | None) -> int:
        if attribute is None:
            return 0
        number: str | None = attribute.N
        if number is None:
            self._wrong_type("Attempt")
            return 0
        try:
            return int(number)
        except ValueError as error:
            self._notes.append(("Attempt", error))
            return 0

    def _set(self, attribute: Texts | None, column: str) -> list[str]:
        if attribute is None:
            return []
        texts: list[str] | None = attribute.SS
        if texts is None:
            self._wrong_type(column)
        return texts or []

    def _labels(self, attribute: Texts) -> dict[str, str]:
        labels = {}
        for label in self._set(attribute, "Labels"):
            name, equals, value = label.partition("=")
            if equals:
                labels[name] = value
            elif label:  # the empty one stands for none
                self._notes.append(("Labels", f"label not well formed: {label[:100]}"))
        return labels

    def _args(self, attribute: Texts, ordered: TextList) -> tuple[str, ...]:
        # A set has neither order nor repeats. ArgList has; it is void where Go has set other arguments since.
        args = self._set(attribute, "Args")
        in_order = [text.S for text in (ordered and ordered.L) or () if text.S is not None]
        return tuple(in_order) if in_order and set(in_order) == set(args) else tuple(args)

    def _wrong_type(self, column: str) -> None:
        self._notes.append((column, "the attribute has another DynamoDB type than the column"))


def _digest(cls: type[D], text: str) -> D:
    # The common form without the calls of Digest.parse: there are six to a task.
    name, _, digits = text.partition(":")
    if name == "sha256" and len(digits) == 64:
        try:
            return _new(cls, unhexlify(digits))
        except ValueError:
            pass
    return cls.parse(text)


_DIGEST, _RUN_ID, _TASK_ID = partial(_digest, Digest), partial(_digest, RunID), partial(_digest, TaskID)
_IMG_CMD_ID = partial(_digest, ImgCmdID)


def _error(text: str) -> Error | None:
    return _short_error(text) if len(text) <= _LONGEST_CACHED else _parse_error(text)


def _parse_error(text: str) -> Error | None:
    if text in ("", "null"):  # Go stores null for a nil pointer
        return None
    try:
        error = Error.from_json(text)
        is_empty = error.kind is ErrorKind.OTHER and not (error.op or error.args or error.cause)
        return None if is_empty else error
    except Error:  # what the Go code does with text of another origin
        return Error.recover(Exception(text))


# Tasks that fail together mostly have the same error, and parsing one takes longer than the rest of the row (8 us).
_short_error = lru_cache(maxsize=256)(_parse_error)


def _find_id(item: bytes | msgspec.Raw) -> tuple[str, ...]:
    """Return the id of a row whose other columns cannot be read; empty if the id cannot be read either."""
    try:
        id = _ID.decode(item).ID
    except (msgspec.MsgspecError, UnicodeError):
        return ()
    return (id.S[:100],) if id is not None and id.S is not None else ()


def _unreadable(id: Digest, column: str, why: Exception | str) -> Error:
    return _error_of_row((str(id), column), why)


def _error_of_row(args: tuple[str, ...], why: Exception | str) -> Error:
    if isinstance(why, Exception):
        drop_tracebacks(why)  # the error is kept for as long as the row is there, and would keep its page
    return Error(ErrorKind.INVALID, "decode row", args, why, FailureReason.UNREADABLE)
