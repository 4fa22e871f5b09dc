"""Secrets in sentences, and in blocks of several lines: YAML, .netrc, .pgpass, SQL and web keys."""

import re
from collections.abc import Iterator

from tui.text.secrets.plain_text import Span
from tui.text.secrets.secret_names import is_secret_name
from tui.text.secrets.secret_values import has_digit, is_harmless, value_at

_WORD = r"(?:pass(?:word|wd|phrase|code)|secret|token|(?:api|access|private|secret|encryption)[ _-]?key|credentials?)"
# `password 'x'`, `password for amy: x`, `api key is x`.
_QUOTED = re.compile(rf"(?<![\w-]){_WORD}[ \t]{{1,4}}(?=\\{{0,7}}[\"']\S)", re.IGNORECASE)
_FOR = re.compile(rf"(?<![\w-]){_WORD} (?:for|of) [\"']?[\w.@/-]{{1,80}}[\"']?:? ?[:=] {{0,4}}", re.IGNORECASE)
_IS = re.compile(rf"(?<![\w-]){_WORD} (?:is|was|to|as|set to) (?:now )?:? {{0,4}}", re.IGNORECASE)
# `token x9… has expired`, and the columns of a table: what is no word.
_BESIDE = re.compile(
    rf"(?<![\w-]){_WORD}(?: value| string)?(?: \| |[ \t|]{{1,8}})(?P<secret>[\w+=!@#$%^*~-]{{8,400}})", re.IGNORECASE
)
_AWS_ID = re.compile(r"[a-z]{1,8}-[0-9a-f]{8,17}|\d+|[A-Za-z_-]+\d{1,2}")
_IDENTIFIED = re.compile(
    r"(?<!\w)identified\s{1,4}(?:with\s{1,4}\S{1,60}\s{1,4})?by\s{1,4}(?:password\s{1,4})?", re.IGNORECASE
)
_NETRC = re.compile(
    r"(?<!\S)(?:machine|login|user|account)\s{1,10}\S{1,200}\s{1,10}password\s{1,10}(?=\S)", re.IGNORECASE
)
_PGPASS = re.compile(
    r"(?<![^\s\"'(])(?:[\w-]+(?:\.[\w-]+)+|localhost|\*):(?:\d{3,5}|\*):[^\s:]{1,64}:[^\s:]{1,64}:"
    r"(?P<secret>(?:[^\s:\\\"'\ue000]|\\.){1,200})(?![^\s\"')])"
)
_BLOCK = re.compile(r"(?<![\w.-])(?P<name>[\w.-]++)[\"']?:[ \t]{0,8}(?:[|>][+-]?\d?)?[ \t]{0,8}(?:#[^\n]{0,200})?\r?\n")
_INDENT = re.compile(r"(?P<indent>[ \t]*)(?P<item>- )?")
_BLOCK_LINE = re.compile(r"(?P<indent>[ \t]*)(?P<item>- +)?(?P<text>[^\n]*?)[ \t\r]*(?:\n|\Z)")
_MAPPING = re.compile(r"[\w.-]{1,100}:(?:\s|$)")
_WEB_KEY = re.compile(r"\\{0,7}[\"']kty\\{0,7}[\"']\s{0,4}:")
_WEB_KEY_PART = re.compile(r"\\{0,7}[\"'](?:d|p|q|dp|dq|qi|k)\\{0,7}[\"']\s{0,4}:\s{0,4}")
_LEAST = 6  # characters
_BACK = 400  # characters before a name in which its line begins


def find_in_prose(text: str) -> Iterator[Span]:
    """Yield secrets in sentences and blocks of a prepared text."""
    lower = text.lower()
    if any(word in lower for word in ("pass", "secret", "token", "key", "credential", "identified")):
        yield from _sentences(text)
    if ":" in text:
        yield from (match.span("secret") for match in _PGPASS.finditer(text))
        if "\n" in text:
            yield from _blocks(text)
    if "kty" in text and _WEB_KEY.search(text):
        for match in _WEB_KEY_PART.finditer(text):
            yield from _value(text, match.end())


def _sentences(text: str) -> Iterator[Span]:
    for pattern in (_FOR, _IDENTIFIED, _NETRC):
        for match in pattern.finditer(text):
            yield from _value(text, match.end())
    for match in _QUOTED.finditer(text):  # `secret "x"` is rather a name
        is_password = match[0].lower().startswith("pass")
        yield from (span for span in _value(text, match.end()) if is_password or has_digit(text[slice(*span)]))
    for match in _IS.finditer(text):
        for start, end in _value(text, match.end()):
            if start > match.end() or (has_digit(text[start:end]) and end - start >= _LEAST):
                yield start, end
    yield from (match.span("secret") for match in _BESIDE.finditer(text) if _is_random(match["secret"]))


def _value(text: str, at: int) -> Iterator[Span]:
    span = value_at(text, at)
    if span is not None and not is_harmless(text[span[0] : span[1]]):
        yield span


def _is_random(word: str) -> bool:
    """Return whether a word has letters and digits, but is no name that ends with a number, nor an id."""
    return has_digit(word) and any(map(str.isalpha, word)) and _AWS_ID.fullmatch(word) is None


def _blocks(text: str) -> Iterator[Span]:
    """Yield the lines below a name of YAML: a list, or a text of several lines."""
    at = 0
    while match := _BLOCK.search(text, at):
        at = match.end()
        if not is_secret_name(match["name"]):
            continue
        begin = _INDENT.match(text, text.rfind("\n", max(0, match.start() - _BACK), match.start()) + 1)
        own, is_item = (len(begin["indent"]), bool(begin["item"])) if begin is not None else (0, False)
        while at < len(text) and (line := _BLOCK_LINE.match(text, at)):
            indent, body = len(line["indent"]), line["text"]
            if body and not (indent > own or (indent == own and line["item"] and not is_item)):
                break
            if body and not _MAPPING.match(body) and not is_harmless(body):
                yield line.span("text")
            at = line.end()
