"""The checks that every TaskDB makes first: of queries, and of the values of writes."""

import inspect
from collections.abc import Collection, Iterable, Mapping
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, TypeVar

from msgspec.structs import asdict, replace

from store import gojson
from store.digest import Digest, DigestPrefix, ImgCmdID, RunID, TaskID
from store.errors import Error, ErrorKind
from store.model import AllocQuery, ClusterID, PoolQuery, RunQuery, TaskQuery
from store.taskdb import MappingHandler, MappingHandlerFunc
from store.times import as_utc

Query = RunQuery | TaskQuery | AllocQuery | PoolQuery
Q = TypeVar("Q", RunQuery, TaskQuery, AllocQuery, PoolQuery)

# Bytes that must be given of an abbreviated id: the indexes hold the first 4.
MIN_PREFIX = 4
# What DynamoDB takes as an index key.
_MAX_IDENT = 2048
# The writes to rows of one type, with the type of their ids: in Go the compiler refuses any other.
_WRITES_OF_RUNS = ("create_run", "set_run_attrs", "set_run_complete", "keep_run_alive")
_WRITES_OF_TASKS = (
    *("create_task", "set_task_result", "set_task_uri", "set_task_attrs", "set_task_complete", "keep_task_alive"),
)
_ID_TYPES: dict[str, type[Digest]] = dict.fromkeys(_WRITES_OF_RUNS, RunID) | dict.fromkeys(_WRITES_OF_TASKS, TaskID)

# Arguments and columns with the digest of a string id, and what they name.
_OF_HOSTS = {"pool_id": "digest of a pool", "PoolID": "digest of a pool", "AllocID": "digest of an alloc"}


def validate(query: Q, cls: type[Q]) -> Q:
    """Return `query` with its texts as they are stored.

    Raises Error INVALID, naming the field, for a query that is no `cls` or asks for nothing, for `since` after `until`,
    a time without a zone, a negative limit, fewer than 8 digits of an id, and a value of another type.
    """
    if not isinstance(query, cls):
        raise invalid_query(type(query).__name__, f"it takes a {cls.__name__}")
    if isinstance(query, AllocQuery):
        _check_ids(query.ids)
        if not query.ids:
            raise invalid_query("ids", "no id is given")
        return query
    if isinstance(query, PoolQuery):
        _check_ids(query.ids)
        check_type("query", query.cluster, ClusterID, "cluster")
        if not query.ids:
            check_window(query.since, query.until)
        names = {name: query_text(name, text) for name, text in asdict(query.cluster).items()}
        return replace(query, cluster=ClusterID(**names))
    if isinstance(query, RunQuery):
        _check_prefixes("id", query.id, type_=RunID)
        if not query.id:
            check_window(query.since, query.until)
        return replace(query, user=query_text("user", query.user))
    return _validate_task_query(query)


def _validate_task_query(query: TaskQuery) -> TaskQuery:
    _check_prefixes("id", query.id, type_=TaskID)
    _check_prefixes("run_id", query.run_id, type_=RunID)
    if query.img_cmd_id is not None:
        check_digest("query", query.img_cmd_id, "img_cmd_id", ImgCmdID)
    if query.img_cmd_id and query.img_cmd_id.is_abbrev:
        raise invalid_query("img_cmd_id", "it is not looked up by its first digits: give all 64")
    if type(query.limit) is not int or query.limit >= 1 << 63:
        raise invalid_query("limit", f"{query.limit!r:.50} is no whole number below 2^63; 0 is no limit")
    if query.limit < 0:
        raise invalid_query("limit", f"{query.limit} is negative; 0 is no limit")
    ident = query_text("ident", query.ident)
    if not (query.id or query.run_id or query.img_cmd_id or ident):
        check_window(query.since, query.until)
    return replace(query, ident=ident)


def query_text(field: str, text: str) -> str:
    """Return a text of a query as it is stored; raises Error INVALID for another type."""
    check_type("query", text, str, field)
    return gojson.utf8(text)


def _check_ids(ids: Collection[Digest]) -> None:
    if not isinstance(ids, Collection):  # an iterator could not be read a second time
        raise invalid_query("ids", f"of type {type(ids).__name__}: give a list of digests")
    _check_prefixes("ids", *ids)


def _check_prefixes(field: str, *ids: Digest | None, type_: type[Digest] = Digest) -> None:
    for id in ids:
        if id is None:
            continue
        check_digest("query", id, field, type_)
        if id and len(id.rstrip(b"\0")) < MIN_PREFIX and not isinstance(id, DigestPrefix):
            digits = id.hex.rstrip("0")
            raise invalid_query(field, f"{digits!r} is too short: give 8 digits or more, not counting zeros at the end")


def check_window(since: datetime | None, until: datetime | None) -> datetime:
    """Return `since`; raises Error INVALID unless it is set, is no later than `until`, and both are times that can be.

    They have a time zone, and a year before and after them.
    """
    if since is None:
        raise invalid_query("since", "neither an id nor a start of the time window is given")
    start, end = _bound("since", since), _bound("until", since if until is None else until)
    if until is not None and start > end:
        raise invalid_query("since", f"{since.isoformat()} is later than until, {until.isoformat()}")
    return since


def _bound(field: str, time: datetime) -> datetime:
    utc = as_utc(time)
    if not MINYEAR < utc.year < MAXYEAR:
        raise invalid_query(field, f"{utc.isoformat()}: the calendar ends there")
    return utc


def check_active(since: datetime, until: datetime | None, **others: datetime | None) -> None:
    """Raise Error INVALID for a window, or for other bounds by their name, that cannot be: see `check_window`."""
    check_window(since, until)
    for field, time in others.items():
        if time is not None:
            _bound(field, time)


def check_ended(ident: str, since: datetime) -> tuple[str, datetime]:
    """Return the ident as it is stored, and `since`.

    Raises Error INVALID for an empty ident or a time that cannot be: see `check_window`.
    """
    stored = query_text("ident", ident)
    if not stored:
        raise invalid_query("ident", "no ident is given")
    return stored, check_window(since, None)


def invalid_query(field: str, why: str) -> Error:
    """Return an Error INVALID about the field of a query."""
    return Error(ErrorKind.INVALID, "query", (field,), why)


def check_digest(op: str, value: object, name: str = "id", type_: type[Digest] = Digest) -> None:
    """Raise Error INVALID if `value` is no Digest, or the id of another type of row than `type_`.

    A text has to be parsed first. A Digest of no particular type can be any id.
    """
    if not isinstance(value, Digest):
        why = f"{value!r:.100} is of type {type(value).__name__}, not Digest: a text is read by Digest.parse"
        raise Error(ErrorKind.INVALID, op, (name,), why)
    is_other = name in _OF_HOSTS if type_ is Digest else not isinstance(value, type_)
    if is_other and isinstance(value, RunID | TaskID | ImgCmdID):
        why = f"{value} is a {type(value).__name__}, not a {_OF_HOSTS.get(name, type_.__name__)}"
        raise Error(ErrorKind.INVALID, op, (name,), why)


def whole_ids(op: str, ids: Iterable[Digest]) -> frozenset[Digest]:
    """Return `ids`, each once; raises Error INVALID unless they are Digests."""
    check_type(op, ids, Iterable, "ids")
    asked = list(ids)
    for id in asked:
        check_digest(op, id)
    return frozenset(asked)


def check_id(op: str, id: Digest, name: str = "id", type_: type[Digest] | None = None) -> None:
    """Raise Error INVALID if `id` is no Digest, the id of a row of another type, or zero: a row called `<zero>`.

    Without `type_`, the argument `id` is of the type of row that the write `op` is for.
    """
    if type_ is None:
        type_ = _ID_TYPES.get(op, Digest) if name == "id" else Digest
    check_digest(op, id, name, type_)
    if op == "set_resources" and isinstance(id, RunID):
        raise Error(ErrorKind.INVALID, op, (name,), f"{id} is a RunID, not a row with resources")
    if not id:
        raise Error(ErrorKind.INVALID, op, (name,), "the id is zero")


def check_ident(ident: str) -> None:
    """Raise Error INVALID if `ident` is longer than an index key may be."""
    size = len(gojson.utf8(ident).encode())
    if size > _MAX_IDENT:
        raise Error(
            ErrorKind.INVALID, "create_task", ("ident", ident[:50]), f"{size} bytes, at most {_MAX_IDENT} are allowed"
        )


def check_attempt(attempt: object) -> None:
    """Raise Error INVALID unless `attempt` is an int from 0 to 2^63 - 1: readers take anything else for 0."""
    if type(attempt) is not int or not 0 <= attempt < 1 << 63:
        why = "give a whole number from 0 to 2^63 - 1"
        raise Error(ErrorKind.INVALID, "create_task", ("attempt", f"{attempt!r:.50}"), why)


def check_type(op: str, value: object, cls: type[Any], name: str) -> None:
    """Raise Error INVALID unless `value`, the argument called `name`, is a `cls`."""
    if not isinstance(value, cls):
        why = f"{value!r:.100} is of type {type(value).__name__}, not {cls.__name__}"
        raise Error(ErrorKind.INVALID, op, (name,), why)


def check_error(err: object) -> None:
    """Raise Error INVALID if `err`, the error of a task, is neither an exception nor None."""
    if err is not None and not isinstance(err, BaseException):
        why = f"{err!r:.100} is of type {type(err).__name__}: give an exception, such as Error(cause=text)"
        raise Error(ErrorKind.INVALID, "set_task_complete", ("err",), why)


def label_list(labels: Mapping[str, str] | Iterable[str] | None, op: str = "open") -> list[str]:
    """Return labels in their stored form: unique texts `name=value`; without labels one empty text, for Go readers.

    Raises Error INVALID for labels that cannot be read back: without `=`, with `=` in a name, or two values for a name.
    """
    if isinstance(labels, Mapping):
        for name in labels:
            if isinstance(name, str) and "=" in name:
                raise _invalid_label(op, name, "the name contains `=`, where readers would split it")
        if not all(isinstance(text, str) for pair in labels.items() for text in pair):
            raise _invalid_label(op, labels, "names and values must be texts")
        labels = [f"{name}={value}" for name, value in labels.items()]
    listed = text_list(labels) if labels is not None else []
    if listed is None:
        raise _invalid_label(op, labels, 'give a mapping, or a list of texts of the form "name=value"')
    values: dict[str, str] = {}
    for label in listed:
        name, equals, value = label.partition("=")
        if label and not equals:
            raise _invalid_label(op, label, 'it is not of the form "name=value"')
        if label and values.setdefault(name, value) != value:
            raise _invalid_label(op, label, "another label has this name")
    return list(dict.fromkeys(listed)) or [""]


def text_list(value: object) -> list[str] | None:
    """Return the texts in `value` as they are stored; None if it is a text itself, or not a collection of texts."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return None
    texts = list(value)
    return list(map(gojson.utf8, texts)) if all(isinstance(text, str) for text in texts) else None


def _invalid_label(op: str, label: object, why: str) -> Error:
    return Error(ErrorKind.INVALID, op, ("labels", f"{label!r:.100}"), why)


def mapping_func(handler: MappingHandler | MappingHandlerFunc) -> MappingHandlerFunc:
    """Return the function that `scan` calls.

    Raises Error INVALID for what cannot be called, and for a coroutine function: nothing would await it.
    """
    handle = handler.handle_mapping if isinstance(handler, MappingHandler) else handler
    if not callable(handle):
        raise Error(ErrorKind.INVALID, "scan", ("handler",), f"{handle!r:.100} is no function")
    if inspect.iscoroutinefunction(handle) or inspect.iscoroutinefunction(type(handle).__call__):
        raise Error(ErrorKind.INVALID, "scan", ("handler",), "it is called, not awaited: give a plain function")
    return handle
