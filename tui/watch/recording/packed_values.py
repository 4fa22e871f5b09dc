"""Digests, resources and errors in recordings, as values that MessagePack knows."""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from store import Digest, Error, FailureReason, Resources
from store.aws.error_mapping import error_code, throttling_reasons
from tui.watch.recording.validity import MANY_CAUSES, recordable_text

_SEARCH_FACTOR = 10  # characters of a text that are searched for secrets, for each character that is kept
_MOST_TEXTS = 20  # texts of an error, each as long as it may be
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
            if longest is not None:
                code, why = recordable_text(code, longest), recordable_text(why, longest)
            text = (
                ""
                if longest is not None and len(list(value.chain())) > MANY_CAUSES
                else _error_json(value, mask, longest)
            )
            if longest is not None and (not text or len(text) > _MOST_TEXTS * longest):  # or thousands of arguments
                text = _error_json(Error(value.kind, value.op, (), str(value)), mask, longest)
            return _Failed(text, code, why, value.reason)
        case _:
            raise TypeError(f"{type(value).__name__} in a refresh")


def _error_json(error: Error, mask: Mask | None, longest: int | None) -> str:
    text = error.to_json()
    is_cut = longest is not None and len(text) > longest
    if mask is not None or is_cut:
        parts = json.loads(text)
        if is_cut and longest:
            parts = _cut(parts, _SEARCH_FACTOR * longest)
        if mask is not None:
            parts = mask(parts)  # before the last cut: the beginning of a secret may match no pattern
        text = json.dumps(_cut(parts, longest))
    return text


def _cut(value: object, longest: int | None) -> object:
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
