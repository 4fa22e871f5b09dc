"""Redaction of secrets: keys, tokens and passwords in texts that leave the dashboard.

It errs on the side of redacting too much. Digests, ids of AWS resources and addresses stay. `tui.text.secrets` finds
the secrets; tests hold it against a corpus of both kinds of texts.
"""

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tui.text.secrets.argument_lists import find_in_arguments, find_in_lists
from tui.text.secrets.assignments import find_assignments
from tui.text.secrets.command_lines import find_in_commands
from tui.text.secrets.encodings import find_encoded
from tui.text.secrets.plain_text import REDACTED, Span
from tui.text.secrets.prose import find_in_prose
from tui.text.secrets.secret_names import is_counted, is_secret_name
from tui.text.secrets.secret_values import is_harmless
from tui.text.secrets.shapes import find_shapes
from tui.text.secrets.urls import find_in_urls
from tui.text.secrets.userinfo import find_userinfo

__all__ = ["REDACTED", "redact", "redact_args", "redact_line", "redact_shown", "redact_values"]

_FINDERS = (find_shapes, find_in_urls, find_userinfo, find_assignments, find_in_prose, find_in_commands)
_MOST_CACHED = 2_000  # characters of a text that is kept with its redaction: 16 MB for 4,096 of the longest
_MOST_PASSES = 4
_MARGIN = 4_000  # characters before the end of a text that was cut: part of a secret there may match no pattern
_DIGEST = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_NAME_KEYS = ("name", "key", "Name", "Key", "ParameterKey")
_VALUE_KEYS = ("value", "Value", "ParameterValue")


def redact(text: str) -> str:
    """Return `text` with `[redacted]` in place of secrets. Redacting it again changes nothing."""
    if _DIGEST.fullmatch(text):
        return text
    return _redact_cached(text) if len(text) <= _MOST_CACHED else _redact(text)


def redact_shown(text: str, most: int) -> str:
    """Return `text` redacted, for a place that shows at most `most` cells of each line.

    What a line has behind twice as many characters is left out before it is searched, which takes 0.2 s for each MB.
    """
    longest = 2 * most + _MARGIN
    if len(text) > longest:
        text = "\n".join(line if len(line) <= longest else redact_line(line, most) for line in text.split("\n"))
    return redact(text)


def redact_line(text: str, most: int) -> str:
    """Return `text` redacted, for a place that shows at most `most` cells of it, on one line."""
    longest = 2 * most + _MARGIN
    return redact(text) if len(text) <= longest else f"{_redact(text[:longest])[:-_MARGIN]}…"


def redact_values(value: object, name: str = "") -> object:
    """Return a JSON value with every text redacted; values under the name of a secret, or after its flag, entirely."""
    is_secret = is_secret_name(name)
    if isinstance(value, str):
        return REDACTED if is_secret and not is_harmless(value) else redact(value)
    if isinstance(value, Mapping):
        return _redact_mapping(value, name if is_secret else "")
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return _redact_sequence(value, name if is_secret else "")
    if is_secret and isinstance(value, int | float) and not isinstance(value, bool) and not is_counted(name):
        return REDACTED
    return value


def redact_args(args: Sequence[str]) -> list[str]:
    """Return the arguments of a command, redacted: each by itself, and as parts of one command line."""
    flags = map(_flag, ("", *args))
    arguments = [
        REDACTED if is_secret_name(flag) and not arg.startswith("-") and not is_harmless(arg) else arg
        for flag, arg in zip(flags, args, strict=False)
    ]
    return [
        redact(_replaced(arg, _merged(sorted([*_spans(arg), *spans])))) if spans else redact(arg)
        for arg, spans in zip(arguments, find_in_arguments(arguments, _spans), strict=True)
    ]


def _redact_mapping(value: Mapping[object, object], inherited: str) -> dict[str, object]:
    named = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), "")
    redacted: dict[str, object] = {}
    for key, each in value.items():
        own = str(named) if key in _VALUE_KEYS else str(key)
        name = own if is_secret_name(own) else inherited
        redacted[redact(str(key))] = redact_values(each, name)
    return redacted


def _redact_sequence(value: Sequence[object], inherited: str) -> list[object]:
    if not inherited and all(isinstance(each, str) for each in value):
        return list(redact_args([str(each) for each in value]))
    return [redact_values(each, inherited or _flag(before)) for before, each in zip(("", *value), value, strict=False)]


def _flag(text: object) -> str:
    """Return the name that the flag `text` gives to the next argument; empty if it is no flag that takes one."""
    return text if isinstance(text, str) and text.startswith("-") and "=" not in text else ""


def _redact(text: str) -> str:
    for _ in range(_MOST_PASSES):
        spans = _spans(text)
        if not spans or (replaced := _replaced(text, spans)) == text:
            break
        text = replaced
    return text


_redact_cached = functools.lru_cache(maxsize=4096)(_redact)


def _spans(text: str) -> list[Span]:
    """Return where the secrets are, in order and without overlaps."""
    return _merged(sorted(find_encoded(text, _find)))


def _find(plain: str) -> Iterator[Span]:
    yield from itertools.chain.from_iterable(find(plain) for find in _FINDERS)
    yield from find_in_lists(plain, _find_once)


def _find_once(plain: str) -> Iterator[Span]:
    return itertools.chain.from_iterable(find(plain) for find in _FINDERS)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def _replaced(text: str, spans: Iterable[Span]) -> str:
    return "".join(_parts(text, spans))


def _parts(text: str, spans: Iterable[Span]) -> Iterator[str]:
    at = 0
    for start, end in spans:
        yield text[at:start]
        yield REDACTED
        at = end
    yield text[at:]
