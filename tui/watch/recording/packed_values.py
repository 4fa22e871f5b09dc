"""Digests, resources and errors in recordings, as values that MessagePack knows."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import msgspec

from store import Digest, Error, FailureReason, Resources
from store.aws.error_mapping import error_code, throttling_reasons
from tui.watch.recording.validity import MANY_CAUSES, recordable_text

_SEARCH_FACTOR = 10  # characters of a text that are searched for secrets, for each character that is kept
_MOST_ARGS = 20  # of an error whose texts are limited
_MOST_IN_ERROR = 10  # texts as long as one may be
Mask = Callable[[object], object]
"""Returns a JSON value without its secrets."""


class _Failed(msgspec.Struct, omit_defaults=True, array_like=True):
    """An error as stored JSON, with the parts that the JSON lacks: AWS's code, why it throttles, and the reason."""

    json: str
    code: str = ""
    why: str = ""
    reason: str = ""


class _RecordedError(Exception):
    """The part of an AWS error that a recording keeps."""

    def __init__(self, text: str, code: str, why: str) -> None:
        super().__init__(text)
        self.response = {"Error": {"Code": code}, "ThrottlingReasons": [{"reason": why}] if why else []}


def pack(value: Any, mask: Mask | None = None, longest: int | None = None) -> Any:
    """Return `value` as MessagePack values. `mask` removes secrets from errors.

    `longest` limits the texts of errors, in characters: a service may send messages of any length. Raises TypeError.
    """
    match value:
        case Digest():
            return bytes(value)
        case Resources():
            return dict(value)
        case Error():
            origin = [node for node in value.chain() if isinstance(node, Error)][-1]
            code, why = error_code(origin), throttling_reasons(origin)
            if longest is None:
                text = value.to_json()
                text = text if mask is None else json.dumps(mask(json.loads(text)))
            else:
                code, why = recordable_text(code, longest), recordable_text(why, longest)
                text = _short_json(value, mask, longest)
            return _Failed(text, code, why, value.reason)
        case _:
            raise TypeError(f"{type(value).__name__} in a refresh")


def _short_json(error: Error, mask: Mask | None, longest: int) -> str:
    """Return an error as JSON with few causes and arguments, no text over `longest` and ten times that in all."""
    chain = list(itertools.islice(error.chain(), MANY_CAUSES))
    texts = sum(1 + len(node.args[:_MOST_ARGS]) for node in chain)
    longest = min(longest, _MOST_IN_ERROR * longest // texts)
    # Cut to what is searched for secrets before anything else, and again when the secrets are removed: the beginning
    # of a secret may match no pattern.
    searched = _SEARCH_FACTOR * longest
    cause: Exception | None = None
    for node in reversed(chain):
        if isinstance(node, Error):
            args = [arg[:searched] for arg in node.args[:_MOST_ARGS]]
            cause = Error(node.own_kind, node.op[:searched], args, cause)
        else:
            cause = Exception(str(Error(cause=node))[:searched])
    assert isinstance(cause, Error)  # noqa: S101 - the first one of a chain
    text = cause.to_json()
    if mask is None and len(text) <= longest:
        return text
    parts = json.loads(text)
    return json.dumps(_cut(parts if mask is None else mask(parts), longest))


def _cut(value: object, longest: int) -> object:
    """Return a JSON value with no text of more than `longest` characters."""
    match value:
        case str():
            return value[:longest]
        case list():
            return [_cut(each, longest) for each in value]
        case dict():
            return {name: _cut(each, longest) for name, each in value.items()}
    return value


def unpack(kind: type, value: Any) -> Any:
    """Return the `kind` that `pack` made `value` of. Raises ValueError or Error if it is none."""
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
