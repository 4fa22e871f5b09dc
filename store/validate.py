"""The checks that every TaskDB makes first: of queries, and of the values of writes."""

import inspect
from collections.abc import Iterable, Mapping
from datetime import MAXYEAR, MINYEAR, datetime

from store.digest import Digest, DigestPrefix
from store.errors import Error, ErrorKind
from store.model import AllocQuery, PoolQuery, RunQuery, TaskQuery
from store.taskdb import MappingHandler, MappingHandlerFunc
from store.times import as_utc

Query = RunQuery | TaskQuery | AllocQuery | PoolQuery

# Bytes that must be given of an abbreviated id: the indexes hold the first 4.
MIN_PREFIX = 4
# What DynamoDB takes as an index key.
_MAX_IDENT = 2048


def validate(query: Query, cls: type[Query]) -> None:
    """Raise Error INVALID, naming the field, if `query` is no `cls`, asks for nothing or for what cannot be.

    Nothing to ask for, `since` after `until`, a time without a zone, a negative limit, fewer than 8 digits of an id.
    """
    if not isinstance(query, cls):
        raise invalid_query(type(query).__name__, f"it takes a {cls.__name__}")
    if isinstance(query, AllocQuery):
        if not query.ids:
            raise invalid_query("ids", "no id is given")
        _check_prefixes("ids", *query.ids)
    elif isinstance(query, PoolQuery):
        _check_prefixes("ids", *query.ids)
        if not query.ids:
            check_window(query.since, query.until)
    elif isinstance(query, RunQuery):
        _check_prefixes("id", query.id)
        if not query.id:
            check_window(query.since, query.until)
    else:
        _check_prefixes("id", query.id)
        _check_prefixes("run_id", query.run_id)
        check_digest("query", query.img_cmd_id, "img_cmd_id")
        if query.img_cmd_id.is_abbrev:
            raise invalid_query("img_cmd_id", "it is not looked up by its first digits: give all 64")
        if query.limit < 0:
            raise invalid_query("limit", f"{query.limit} is negative; 0 is no limit")
        if not (query.id or query.run_id or query.img_cmd_id or query.ident):
            check_window(query.since, query.until)


def _check_prefixes(field: str, *ids: Digest) -> None:
    for id in ids:
        check_digest("query", id, field)
        if id and len(id.rstrip(b"\0")) < MIN_PREFIX and not isinstance(id, DigestPrefix):
            digits = id.hex.rstrip("0")
            raise invalid_query(field, f"{digits!r} is too short: give 8 digits or more, not counting zeros at the end")


def check_window(since: datetime | None, until: datetime | None) -> datetime:
    """Return `since`; raises Error INVALID unless it is set, is no later than `until`, and both are times that can be.

    They have a time zone, and a year before and after them.
    """
    if since is None:
        raise invalid_query("since", "neither an id nor a start of the time window is given")
    start, end = as_utc(since), as_utc(since if until is None else until)
    for field, time in (("since", start), ("until", end)):
        if not MINYEAR < time.year < MAXYEAR:
            raise invalid_query(field, f"{time.isoformat()}: the calendar ends there")
    if until is not None and start > end:
        raise invalid_query("since", f"{since.isoformat()} is later than until, {until.isoformat()}")
    return since


def check_ended(ident: str, since: datetime) -> datetime:
    """Return `since`; raises Error INVALID for an empty ident or a time that cannot be: see `check_window`."""
    if not ident:
        raise invalid_query("ident", "no ident is given")
    return check_window(since, None)


def invalid_query(field: str, why: str) -> Error:
    """Return an Error INVALID about the field of a query."""
    return Error(ErrorKind.INVALID, "query", (field,), why)


def check_digest(op: str, value: object, name: str = "id") -> None:
    """Raise Error INVALID if `value` is no Digest: a text has to be parsed first."""
    if not isinstance(value, Digest):
        why = f"{value!r:.100} is of type {type(value).__name__}, not Digest: a text is read by Digest.parse"
        raise Error(ErrorKind.INVALID, op, (name,), why)


def whole_ids(op: str, ids: Iterable[Digest]) -> frozenset[Digest]:
    """Return `ids`, each once; raises Error INVALID unless they are Digests."""
    asked = list(ids)
    for id in asked:
        check_digest(op, id)
    return frozenset(asked)


def check_id(op: str, id: Digest, name: str = "id") -> None:
    """Raise Error INVALID if `id` is no Digest, or the zero digest, whose row would be called `<zero>`."""
    check_digest(op, id, name)
    if not id:
        raise Error(ErrorKind.INVALID, op, (name,), "the id is zero")


def check_ident(ident: str) -> None:
    """Raise Error INVALID if `ident` is longer than an index key may be."""
    size = len(ident.encode("utf-8", "replace"))
    if size > _MAX_IDENT:
        raise Error(
            ErrorKind.INVALID, "create_task", ("ident", ident[:50]), f"{size} bytes, at most {_MAX_IDENT} are allowed"
        )


def label_list(labels: Mapping[str, str] | Iterable[str] | None) -> list[str]:
    """Return labels as they are stored: `k=v`, each once, and at least one (the empty one), which Go readers need."""
    if isinstance(labels, Mapping):
        labels = (f"{name}={value}" for name, value in labels.items())
    listed = [labels] if isinstance(labels, str) else list(labels or ())
    if isinstance(labels, str) or not all(isinstance(label, str) for label in listed):
        why = 'give a mapping, or a list of texts of the form "name=value"'
        raise Error(ErrorKind.INVALID, "open", ("labels", repr(listed)[:100]), why)
    return list(dict.fromkeys(listed)) or [""]


def mapping_func(handler: MappingHandler | MappingHandlerFunc) -> MappingHandlerFunc:
    """Return the function that `scan` calls; raises Error INVALID for a coroutine function: nothing would await it."""
    handle = handler.handle_mapping if isinstance(handler, MappingHandler) else handler
    if inspect.iscoroutinefunction(handle):
        raise Error(ErrorKind.INVALID, "scan", ("handler",), "it is called, not awaited: give a plain function")
    return handle
