"""JSON text exactly as Go's encoding/json prints it: the stored Resources and Error columns are compared as text."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_ESCAPED = '["\\\\\x00-\x1f<>&\u2028\u2029\ud800-\udfff\ufffd]'  # compiled when needed: readers write none
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char >= "\ud800":  # a surrogate or U+FFFD stands for a byte that was not UTF-8; Go escapes those
        return "\\ufffd"
    return _SHORT.get(char) or f"\\u{ord(char):04x}"


def utf8(text: str) -> str:
    """Return `text` with U+FFFD for each lone surrogate, which UTF-8 cannot encode, as Go does."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def valid(value: Any) -> Any:
    """Return a JSON value with `utf8` applied to its texts, and with dicts and lists for mappings and sequences.

    Raises ValueError for values that JSON cannot hold or Go cannot read: infinities, NaN, integers of more than 64
    bits, and objects of other types.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 64:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {utf8(name): valid(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [valid(each) for each in value]
    raise ValueError(f"{value!r:.100} has no JSON form")


def string(text: str) -> str:
    """Return `text` as a JSON string: `<`, `>`, `&`, U+2028 and U+2029 are escaped, other non-ASCII is not."""
    return f'"{re.sub(_ESCAPED, _escape, text)}"'


def number(value: float) -> str:
    """Return `value` as a JSON number: shortest digits, exponent below 1e-6 and from 1e21.

    Raises ValueError for an infinity or NaN, which JSON cannot hold.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    magnitude = abs(value)
    if magnitude != 0 and not 1e-6 <= magnitude < 1e21:
        mantissa, exponent = _scientific(value)
        return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent)}"
    return _plain(value)


def general(value: float) -> str:
    """Return `value` as Go's %g prints it: shortest digits, exponent of two digits below 1e-4 and from 1e6."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    mantissa, exponent = _scientific(value)
    if value != 0 and not -4 <= exponent < 6:
        return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return _plain(value)


def _scientific(value: float) -> tuple[str, int]:
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    text = "".join(map(str, digits))
    mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
    return ("-" if sign else "") + mantissa, int(exponent) + len(digits) - 1


def _plain(value: float) -> str:
    text = f"{Decimal(repr(float(value))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
