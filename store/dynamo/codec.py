"""Items of the table -> rows of the model. Pure: no I/O, no clock."""

from binascii import unhexlify
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from store.digest import Digest, ImgCmdID, RunID, StringDigest, TaskID
from store.dynamo.item import Number, OtherItem, TaskItem, Text, TextList, Texts
from store.errors import Error, ErrorKind
from store.model import NO_RESOURCES, Alloc, ClusterID, PoolRow, Run, Task
from store.resources import Resources
from store.times import parse_time

Row = Run | Task | Alloc | PoolRow
D = TypeVar("D", bound=Digest)

_TASK = msgspec.json.Decoder(TaskItem)
_OTHER = msgspec.json.Decoder(OtherItem)
_new = bytes.__new__

# What many rows share is kept once; a memo that has grown past this is begun anew.
_MEMO = 50_000


class Decoder:
    """Decodes items. It remembers the texts, times, resources and ids that many rows share; one per TaskDB."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._times: dict[str, datetime | None] = {}
        self._resources: dict[str, Resources] = {}
        self._digests: dict[type[Digest], dict[str, Digest]] = {Digest: {}, RunID: {}, ImgCmdID: {}}
        self._notes: list[tuple[str, Exception | str]] = []  # column and reason: what of this row is unreadable

    def decode(self, items: Iterable[bytes | msgspec.Raw], errors: list[Error], row_type: str = "") -> list[Row]:
        """The rows in `items`, each in DynamoDB JSON.

        A row comes back with what is readable in it; what is not is added to `errors` as INVALID, naming the row
        and the column. Rows without a type that we know are left out: updates by Go of an unknown id leave such.
        `row_type` is the type of items from an index that does not hold it.
        """
        rows = []
        notes = self._notes
        for item in items:
            try:
                row = self._row(item, row_type)
            except (msgspec.MsgspecError, UnicodeError) as error:
                errors.append(Error(ErrorKind.INVALID, "decode row", (), error))
                continue
            if row is not None:
                rows.append(row)
                if notes:
                    errors.extend(_unreadable(row.id, column, why) for column, why in notes)
            if notes:
                notes.clear()
        self._forget()
        return rows

    def _forget(self) -> None:
        memos: list[dict[str, Any]] = [self._texts, self._times, self._resources, *self._digests.values()]
        if sum(map(len, memos)) > _MEMO:
            for memo in memos:
                memo.clear()

    def _row(self, item: bytes | msgspec.Raw, row_type: str) -> Row | None:
        task = _TASK.decode(item)  # most rows are tasks
        name = row_type or (task.Type.S if task.Type else "")
        if name == "task":
            return self._task(task)
        if name not in ("run", "alloc", "pool"):
            return None
        other = _OTHER.decode(item)
        return self._run(other) if name == "run" else self._alloc(other) if name == "alloc" else self._pool(other)

    def _task(self, item: TaskItem) -> Task:
        digest, shared, text, time = self._digest, self._shared, self._text, self._time
        return Task(
            id=digest(TaskID, item.ID, "ID"),
            run_id=shared(RunID, item.RunID, "RunID"),
            alloc_id=shared(Digest, item.AllocID, "AllocID"),
            flow_id=digest(Digest, item.FlowID, "FlowID"),
            result_id=digest(Digest, item.ResultID, "ResultID"),
            img_cmd_id=shared(ImgCmdID, item.ImgCmdID, "ImgCmdID"),
            ident=self._repeated(item.Ident, "Ident"),
            attempt=self._attempt(item.Attempt),
            err=self._error(item.Error) if item.Error else None,
            resources=self._amounts(item.Resources),
            uri=text(item.URI, "URI"),
            stdout=digest(Digest, item.Stdout, "Stdout"),
            stderr=digest(Digest, item.Stderr, "Stderr"),
            inspect=digest(Digest, item.Inspect, "Inspect"),
            start=time(item.StartTime, "StartTime"),
            keepalive=time(item.Keepalive, "Keepalive"),
            end=time(item.EndTime, "EndTime"),
        )

    def _run(self, item: OtherItem) -> Run:
        digest, time = self._digest, self._time
        return Run(
            id=digest(RunID, item.ID, "ID"),
            labels=self._labels(item.Labels),
            user=self._repeated(item.User, "User"),
            bundle=digest(Digest, item.Bundle, "Bundle"),
            args=self._args(item.Args, item.ArgList),
            run_log=digest(Digest, item.RunLog, "RunLog"),
            eval_graph=digest(Digest, item.EvalGraph, "EvalGraph"),
            trace=digest(Digest, item.Trace, "Trace"),
            exec_log=digest(Digest, item.ExecLog, "ExecLog"),
            sys_log=digest(Digest, item.Syslog, "Syslog"),
            start=time(item.StartTime, "StartTime"),
            keepalive=time(item.Keepalive, "Keepalive"),
            end=time(item.EndTime, "EndTime"),
        )

    def _alloc(self, item: OtherItem) -> Alloc:
        return Alloc(
            id=self._digest(Digest, item.ID, "ID"),
            alloc_id=self._text(item.AllocID, "AllocID"),
            pool_id=self._shared(Digest, item.PoolID, "PoolID"),
            resources=self._amounts(item.Resources),
            uri=self._text(item.URI, "URI"),
            start=self._time(item.StartTime, "StartTime"),
            keepalive=self._time(item.Keepalive, "Keepalive"),
            end=self._time(item.EndTime, "EndTime"),
        )

    def _pool(self, item: OtherItem) -> PoolRow:
        return PoolRow(
            id=self._digest(Digest, item.ID, "ID"),
            pool_id=StringDigest(self._text(item.PoolID, "PoolID") if item.PoolID else None),
            pool_type=self._repeated(item.PoolType, "PoolType"),
            resources=self._amounts(item.Resources),
            uri=self._text(item.URI, "URI"),
            cluster=ClusterID(
                self._repeated(item.ClusterName, "ClusterName"),
                self._repeated(item.User, "User"),
                self._repeated(item.ReflowVersion, "ReflowVersion"),
            ),
            start=self._time(item.StartTime, "StartTime"),
            keepalive=self._time(item.Keepalive, "Keepalive"),
            end=self._time(item.EndTime, "EndTime"),
        )

    def _digest(self, cls: type[D], attribute: Text | None, column: str) -> D:
        if attribute is None:
            return _new(cls)
        text = attribute.S
        if text is None:
            self._wrong_type(column)
            return _new(cls)
        # The common form first, without the calls of Digest.parse: there are seven digests to a task.
        if len(text) == 71 and text[:7] == "sha256:":
            try:
                return _new(cls, unhexlify(text[7:]))
            except ValueError:
                pass
        try:
            return cls.parse(text)
        except Error as error:
            self._notes.append((column, error))
            return _new(cls)

    def _shared(self, cls: type[D], attribute: Text | None, column: str) -> D:
        memo: dict[str, D] = self._digests[cls]  # type: ignore[assignment]
        if attribute is not None and attribute.S in memo:
            return memo[attribute.S]
        digest = self._digest(cls, attribute, column)
        if digest and attribute is not None and attribute.S is not None:
            memo[attribute.S] = digest
        return digest

    def _text(self, attribute: Text | None, column: str) -> str:
        if attribute is None:
            return ""
        if attribute.S is None:
            self._wrong_type(column)
            return ""
        return attribute.S

    def _repeated(self, attribute: Text | None, column: str) -> str:
        text = self._text(attribute, column)
        return self._texts.setdefault(text, text)

    def _time(self, attribute: Text | None, column: str) -> datetime | None:
        if attribute is None:
            return None
        text = attribute.S
        if text is None:
            self._wrong_type(column)
            return None
        try:
            return self._times[text]
        except KeyError:
            pass
        try:
            time = self._times[text] = parse_time(text)
        except Error as error:
            self._notes.append((column, error))
            return None
        return time

    def _amounts(self, attribute: Text | None) -> Resources:
        text = self._text(attribute, "Resources")
        known = self._resources.get(text)
        if known is not None:
            return known
        try:
            amounts = self._resources[text] = Resources.from_json(text)
        except Error as error:
            self._notes.append(("Resources", error))
            return NO_RESOURCES
        return amounts

    def _attempt(self, attribute: Number | None) -> int:
        if attribute is None:
            return 0
        if attribute.N is None:
            self._wrong_type("Attempt")
            return 0
        try:
            return int(attribute.N)
        except ValueError as error:
            self._notes.append(("Attempt", error))
            return 0

    def _error(self, attribute: Text) -> Error | None:
        text = self._text(attribute, "Error")
        if text in ("", "null"):  # Go stores null for a nil pointer
            return None
        try:
            return Error.from_json(text)
        except Error:  # what the Go code does with text of another origin
            return Error.recover(Exception(text))

    def _set(self, attribute: Texts | None, column: str) -> list[str]:
        if attribute is None:
            return []
        if attribute.SS is None:
            self._wrong_type(column)
            return []
        return attribute.SS

    def _labels(self, attribute: Texts | None) -> dict[str, str]:
        labels = {}
        for label in self._set(attribute, "Labels"):
            name, equals, value = label.partition("=")
            if equals:
                labels[name] = value
            elif label:  # the empty one stands for none
                self._notes.append(("Labels", f"label not well formed: {label[:100]}"))
        return labels

    def _args(self, attribute: Texts | None, ordered: TextList | None) -> tuple[str, ...]:
        # A set has neither order nor repeats. ArgList has; it is void where Go has set other arguments since.
        args = self._set(attribute, "Args")
        in_order = [text.S for text in (ordered.L if ordered else None) or () if text.S is not None]
        return tuple(in_order) if in_order and set(in_order) == set(args) else tuple(args)

    def _wrong_type(self, column: str) -> None:
        self._notes.append((column, "the attribute has another DynamoDB type than the column"))


def _unreadable(id: Digest, column: str, why: Exception | str) -> Error:
    return Error(ErrorKind.INVALID, "decode row", (str(id), column), why)
