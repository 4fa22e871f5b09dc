"""Values after names: where one ends, and whether it may be a secret."""

import re

from tui.text.secrets.plain_text import Span, is_done

MOST = 10_000  # characters of a quoted value without an end
_MOST_JUDGED = 300  # characters of a value that says that there is none

_OPENING = re.compile(r"""[bBuUrRfF]?(\\{1,7}["']|["']{3}|["']|&quot;|&#34;|&#39;|&apos;|%22|%27|\\u00(?:22|27))""")
# A quote inside of a word is a part of it; so is `&` or `;` unless another name with a value follows.
_BARE = re.compile(
    r"(?:[^\s\"'<>&;\ue000]|(?<=\w)['\"](?=\w)|&(?![\w.%-]{1,60}=|amp;)|;(?!\s{0,3}\w{1,40}(?:[ ]Id)?=|\s|$))+"
)
_ENCODED = re.compile(r"(?:(?!%26|%22|%27|%20|%3B)[^\s\"'<>&\ue000])+", re.IGNORECASE)
_TRAILING = ",;)]}."
_CLOSING = {"[": "]", "(": ")", "{": "}"}
_TAG = re.compile(r"!!?[\w./-]{1,40}[ \t]{1,4}")  # of YAML
_HARMLESS = re.compile(
    r"(?i:none|null|nil|true|false|yes|no|on|off|undefined|unset|empty|required|optional|for|to|is|hidden|masked|removed|x{3,}"
    r"|redacted|string|str|bool|int|iam|basic|sigv4|oauth2?|kerberos|ldap|anonymous|stdin|n/a|\*+|\.{3,}|-+|…|\?+)"
    # Variables and places for values.
    r"|\$\{?[A-Z_][A-Z0-9_]*\}?|\$\{\{.*|\$\(.*|\{\{?.*|[A-Z_]*(?:PASSWORD|TOKEN|SECRET|KEY)|%[sd]|%\(.*|<.*|\$\d|@?env[:.].*|!Ref.*|[\s,:;|()\[\]{}\\]*"
)
_MAPPING = re.compile(r"[:={}$%]")
_PATH = re.compile(r"(?:~|\.{1,2})?/(?:[\w.@+-]+/?){1,20}|[A-Za-z]:\\.*|(?:file|https?)://[^\s@]*")


def value_at(text: str, at: int, *, is_encoded: bool = False, bare_end: int = 0) -> Span | None:
    """Return the value that begins at a place, without its quotes; None if there is none, or it was redacted before.

    `is_encoded` is whether the text around it is percent-encoded. If `bare_end` is after `at`, the place is inside of a
    value without quotes that ends there: it is not searched again, which would take time by the square of its length.
    """
    if is_done(text, at):
        return None
    if tag := _TAG.match(text, at):
        at = tag.end()
    if opening := _OPENING.match(text, at):
        return _quoted(text, opening.end(), opening[1])
    if (closing := _CLOSING.get(text[at : at + 1])) is not None and bare_end <= at:
        return _enclosed(text, at + 1, closing)
    if bare_end > at:
        return at, bare_end
    bare = (_ENCODED if is_encoded else _BARE).match(text, at)
    if bare is None:
        return None
    return at, at + len(bare[0].rstrip(_TRAILING) or bare[0])


def is_harmless(value: str) -> bool:
    """Return whether a value says that there is none, or stands for one: `null`, `$PASSWORD`, `***`."""
    return len(value) <= _MOST_JUDGED and _HARMLESS.fullmatch(value.strip()) is not None


def is_path(value: str) -> bool:
    """Return whether a value is the path of a file, or an address."""
    return len(value) <= _MOST_JUDGED and _PATH.fullmatch(value) is not None


def has_digit(value: str) -> bool:
    """Return whether a value has a digit, which few words of a sentence have."""
    return any(char.isdigit() for char in value)


def _quoted(text: str, start: int, quote: str) -> Span | None:
    """Return what is between the quotes, or the rest of the line if they do not end."""
    line = text.find("\n", start, start + MOST) if len(quote) < 3 or quote[0] == "\\" else -1
    most = line if line >= 0 else min(len(text), start + MOST)
    end = text.find(quote, start, most)
    while end >= 0 and len(quote) == 1:
        if _is_escaped(text, start, end):
            end = text.find(quote, end + 1, most)
        elif text.startswith("''", end) and quote == "'":  # as YAML and SQL write one quote
            end = text.find(quote, end + 2, most)
        else:
            break
    end = most if end < 0 else end
    return (start, end) if end > start and not is_done(text, start) else None


def _is_escaped(text: str, start: int, at: int) -> bool:
    before = at
    while before > start and text[before - 1] == "\\":
        before -= 1
    return (at - before) % 2 == 1


def _enclosed(text: str, start: int, closing: str) -> Span | None:
    """Return what is between brackets; nothing of a mapping, whose names are looked at one by one."""
    end = text.find(closing, start, start + MOST)
    if end < 0:
        end = text.find("\n\n", start, start + MOST)
    if end < 0:
        end = min(len(text), start + MOST)
    if is_done(text, start) or not text[start : start + _MOST_JUDGED].strip():
        return None
    is_mapping = closing == "}" and _MAPPING.search(text, start, min(end, start + _MOST_JUDGED))
    return None if is_mapping else (start, end)
