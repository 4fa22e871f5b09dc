"""The hooks with which msgspec converts rows, queries and errors to JSON and builtins, and back.

Encode with `msgspec.json.encode(row, enc_hook=store.enc_hook)` or `msgspec.to_builtins`; decode with
`msgspec.json.decode(data, type=Task, dec_hook=store.dec_hook)`.
"""

from typing import Any

from store.digest import Digest
from store.errors import Error, ErrorKind, FailureReason
from store.resources import Resources


def enc_hook(value: object) -> object:
    """Convert a value of this package to a value that msgspec can encode.

    A digest becomes its text, and resources become a mapping. An Error becomes a mapping with `kind`, `op`, `args`,
    `reason`, `text` and `causes`, a list. A cause that is an Error has `kind`, `op` and `args`; another exception has
    only `text`. Raises NotImplementedError for other types, as msgspec requires.
    """
    if isinstance(value, Digest):
        return str(value) if value else ""
    if isinstance(value, Resources):
        return dict(value)
    if isinstance(value, Error):
        first, *causes = map(_node, value.chain())
        return {**first, "reason": str(value.reason), "text": str(value), "causes": causes}
    raise NotImplementedError(f"values of type {type(value).__name__} are not of this package")


def dec_hook(type_: type[Any], value: Any) -> Any:
    """Convert a value made by `enc_hook` back to `type_`. Raises Error INVALID for any other value."""
    if issubclass(type_, Digest):
        return type_.parse(_checked(value, str))
    if issubclass(type_, Resources):
        try:
            return type_(_checked(value, dict))
        except (TypeError, ValueError, OverflowError) as error:
            raise Error(ErrorKind.INVALID, "decode resources", (f"{value!r:.100}",), error) from error
    if issubclass(type_, Error):
        return _error(_checked(value, dict))
    raise NotImplementedError(f"values of type {type_.__name__} are not of this package")


def _node(node: BaseException) -> dict[str, object]:
    if isinstance(node, Error):
        return {"kind": str(node.kind), "op": node.op, "args": list(node.args)}
    return {"text": str(node)}


def _error(value: dict[str, Any]) -> Error:
    cause: BaseException | None = None
    try:
        for node in reversed(value["causes"]):
            if "kind" in node:
                cause = Error(ErrorKind(node["kind"]), node["op"], node["args"], cause)
            else:
                cause = Exception(node["text"])
        reason = FailureReason(value["reason"])
        return Error(ErrorKind(value["kind"]), value["op"], value["args"], cause, reason)
    except (KeyError, TypeError, ValueError) as error:
        raise Error(ErrorKind.INVALID, "decode error", (f"{value!r:.100}",), error) from error


def _checked(value: Any, type_: type[Any]) -> Any:
    if not isinstance(value, type_):
        raise Error(ErrorKind.INVALID, "decode", (f"{value!r:.100}",), f"not of type {type_.__name__}")
    return value
