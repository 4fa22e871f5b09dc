"""What every TaskDB checks before it does anything: queries and the values of writes."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from store.digest import Abbreviation, Digest
from store.errors import Error, ErrorKind
from store.model import AllocQuery, PoolQuery, RunQuery, TaskQuery
from store.times import as_utc

Query = RunQuery | TaskQuery | AllocQuery | PoolQuery

# Bytes that must be given of an abbreviated id: the indexes hold the first 4.
MIN_PREFIX = 4
# What DynamoDB takes as an index key.
_MAX_IDENT = 2048


def validate(query: Query) -> None:
    """Raise Error INVALID, naming the field, if `query` asks for nothing or for what cannot be.

    Nothing to ask for, `since` after `until`, a time without a zone, a negative limit, fewer than 8 digits of an id.
    """
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
        if query.img_cmd_id.is_abbrev:
            raise invalid_query("img_cmd_id", "it is not looked up by its first digits: give all 64")
        if query.limit < 0:
            raise invalid_query("limit", f"{query.limit} is negative; 0 is no limit")
        if not (query.id or query.run_id or query.img_cmd_id or query.ident):
            check_window(query.since, query.until)


def _check_prefixes(field: str, *ids: Digest) -> None:
    for id in ids:
        if id and len(id.rstrip(b"\0")) < MIN_PREFIX and not isinstance(id, Abbreviation):
            digits = id.hex.rstrip("0")
            raise invalid_query(field, f"{digits!r} is too short: give 8 digits or more, not counting zeros at the end")


def check_window(since: datetime | None, until: datetime | None) -> datetime:
    """`since`; raises Error INVALID unless it is set, is no later than `until`, and both have a time zone."""
    if since is None:
        raise invalid_query("since", "neither an id nor a start of the time window is given")
    start = as_utc(since)
    if until is not None and start > as_utc(until):
        raise invalid_query("since", f"{since.isoformat()} is later than until, {until.isoformat()}")
    return since


def invalid_query(field: str, why: str) -> Error:
    """An Error INVALID about the field of a query."""
    return Error(ErrorKind.INVALID, "query", (field,), why)


def check_id(op: str, id: Digest, name: str = "id") -> None:
    """Raise Error INVALID if `id` is the zero digest, whose row would be called `<zero>`."""
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
    """Labels as they are stored: `k=v`, each once, and at least one (the empty one), which Go readers need."""
    if isinstance(labels, Mapping):
        labels = (f"{name}={value}" for name, value in labels.items())
    elif isinstance(labels, str):
        raise Error(ErrorKind.INVALID, "open", ("labels", labels), 'give a mapping, or texts of the form "name=value"')
    return list(dict.fromkeys(labels or ())) or [""]
