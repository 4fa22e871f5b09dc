"""Values after the name of a secret: `NAME=value`, `name: value`, `--name value`, headers, XML and pairs in JSON."""

import re
from collections.abc import Iterator

from tui.text.secrets.plain_text import Span
from tui.text.secrets.secret_names import is_counted, is_secret_name, is_strong_name
from tui.text.secrets.secret_values import has_digit, is_harmless, is_path, value_at

_CLOSED = r"""(?:\\{0,7}["'])?(?:&quot;|&#3[49];|%22|%27)?(?:\[\]|%5B%5D|[\])])?"""
# The possessive `++` keeps the search linear: no part of a name is tried again.
_NAMED = re.compile(
    rf"(?<![\w.$-])(?P<name>[\w$.-]++){_CLOSED}[ \t]{{0,8}}"
    r"(?P<sign>=>|->|:=|==?|[\u2190\u2192\u21d0\u21d2]|:(?!//)|%3D|%253D|%3A|\\u003[dD]|&#61;)[ \t]{0,8}",
    re.IGNORECASE,
)
_FLAG = re.compile(r"(?<![\w-])--?(?P<name>[A-Za-z][\w.-]*+)[ \t]{1,8}(?=[^\s-]|-\S{0,60}\d)")
_SET = re.compile(
    r"(?<![\w-])(?:set-?env|setx|set|env|config|configure)(?:[ \t]+(?:-{1,2}\w{1,20}|set|global)){0,3}[ \t]+"
    r"(?!set-)(?P<name>[\w./:-]{1,100})[ \t]+(?=[^\s=:-])",
    re.IGNORECASE,
)
# The name in one field and the value in the next, as in `{"name": "PASSWORD", "value": "x"}`.
_PAIR = re.compile(
    r"""(?<!\w)(?:name|key|parameterkey)\\{0,7}["']?\s{0,4}[:= ]\s{0,4}\\{0,7}["']?"""
    r"""(?P<name>[\w./-]{1,200})\\{0,7}["']?"""
    r"""[,\s]{1,40}[-\s]{0,20}\\{0,7}["']?(?:--)?(?:parameter)?value\\{0,7}["']?\s{0,4}[:= ]\s{0,4}""",
    re.IGNORECASE,
)
# A field of a form with files, which has its value in the next paragraph.
_FORM_FIELD = re.compile(
    r"""form-data;[ ]{0,4}name=\\{0,7}["']?(?P<name>[\w.\[\]-]{1,100})\\{0,7}["']?"""
    r"""(?:(?:\r?\n|\\{1,7}r\\{1,7}n)[^\s\\][^\n\\]{0,100}){0,2}(?:\r?\n|\\{1,7}r\\{1,7}n){2}""",
    re.IGNORECASE,
)
_ELEMENT = re.compile(
    r"(?:<|&lt;|\\u003c)(?:\w{1,40}:)?(?P<name>[\w.-]{1,100})(?:\s[^<>]{0,200})?(?:>|&gt;|\\u003e)\s{0,20}"
    r"(?P<value>[^<&\\\ue000]{1,4000})",
    re.IGNORECASE,
)
_ELEMENT_PAIR = re.compile(
    r"<(?:name|key)>\s{0,8}(?P<name>[\w.-]{1,200})\s{0,8}</(?:name|key)>\s{0,40}<(?:value|string)>(?P<value>[^<\ue000]{1,4000})",
    re.IGNORECASE,
)
# `setPassword("x")`, `define('DB_PASSWORD', 'x')` and, of a list of arguments, `'--password', 'x'`.
_CALL = re.compile(r"(?<![\w$])(?P<name>[\w$]{1,80})\((?:\w{1,20}=)?(?=[bru]?[\"']\S)")
_PLACED = re.compile(r"(?:\w\([ ]?\\{0,7}[\"']|[\"']--?)(?P<name>[\w.-]{1,80})\\{0,7}[\"'],[ ]?(?=\\{0,7}[\"'])")
_READING = re.compile(
    r"_?(?:get|read|fetch|load|find|look_?up|delete|remove|list|describe|require|parse|prompt|ask|has|is)",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(?<![\w-])(?P<name>[\w-]{0,40}?(?:authorization|cookie))(?P<quote>\\{0,7}[\"'])?[ \t]{0,8}(?P<sign>[:=]|%3A)"
    r"[ \t]{0,8}(?P<opening>\\{0,7}[\"'])?"
    r"(?:(?:AWS4-HMAC-SHA256|Basic|Bearer|Digest|Negotiate|Token|ApiKey|GoogleLogin|SharedKey)[ \t]{1,4})?",
    re.IGNORECASE,
)
_LINE = re.compile(r"(?:[^\"'\n\ue000]|(?<==)\"[^\"\n]{0,500}\"){1,8000}")
# Patterns before a value, each with words: every text that it matches contains one of them.
_OTHERS = (
    (("-",), _FLAG),
    (("set", "env", "config"), _SET),
    (("value",), _PAIR),
    (("(",), _CALL),
    (('",', "',"), _PLACED),
    (("form-data",), _FORM_FIELD),
)
_ARN = re.compile(r"arn:[\w:/-]*$")
# The word before `key` or `code`, in a name of several words.
_BEFORE = re.compile(r"([A-Za-z]{2,20}[ _-])?[A-Za-z]{2,20}(?:[ ]|[\"']\]\[[\"'])$")
_CONTINUED = frozenset(("key", "keys", "code", "phrase", "string", "id"))
_BACK = 60  # characters
_AWS_SECRET = 40  # characters; the first may be a slash
_PIN = range(4, 9)  # digits
_LEAST = 6  # characters of a value after a name that is also another word


def find_assignments(text: str) -> Iterator[Span]:
    """Yield the values after names of secrets in a prepared text."""
    yield from _named(text)
    lower = text.lower()
    for words, pattern in _OTHERS:
        if any(word in lower for word in words):
            for match in pattern.finditer(text):
                name = match["name"]
                if is_secret_name(name) and not (pattern is _CALL and _READING.match(name)):
                    yield from _value(text, match.end(), name, "=")
    if any(sign in lower for sign in ("<", "lt;", "003c")):
        yield from _elements(text)
    if "authorization" in lower or "cookie" in lower:
        yield from _headers(text)


def _elements(text: str) -> Iterator[Span]:
    for pattern in (_ELEMENT, _ELEMENT_PAIR):
        for match in pattern.finditer(text):
            if is_secret_name(match["name"]) and not is_harmless(match["value"]):
                yield match.start("value"), match.start("value") + len(match["value"].rstrip())


def _named(text: str) -> Iterator[Span]:
    at = bare_end = 0
    while match := _NAMED.search(text, at):
        at = match.end()
        name, sign = match["name"], match["sign"]
        if not is_secret_name(name):
            if name.lower() not in _CONTINUED:
                continue
            before = _BEFORE.search(text, max(0, match.start() - _BACK), match.start())
            if before is None or not is_secret_name(f"{before[0]}{name}"):
                continue
            name = f"{before[0]}{name}"
        if sign == ":" and text.endswith("//", 0, match.start()):
            continue  # the user in an address
        if sign == ":" and _ARN.search(text, max(0, match.start() - 200), match.start()):
            continue
        is_inside = bare_end > at  # of a value that is no secret and has no digit
        span = value_at(text, at, is_encoded=sign.startswith("%"), bare_end=bare_end)
        if span is None or (is_inside and span[0] == at and sign in (":", "%3A") and not is_strong_name(name)):
            continue
        if _is_secret(text, at, span, name, sign):
            yield span
            at = max(at, span[1])
        elif span[0] == at:
            bare_end = span[1]


def _value(text: str, at: int, name: str, sign: str) -> Iterator[Span]:
    span = value_at(text, at, is_encoded=sign.startswith("%"))
    if span is not None and _is_secret(text, at, span, name, sign):
        yield span


def _is_secret(text: str, at: int, span: Span, name: str, sign: str) -> bool:
    value = text[span[0] : span[1]]
    if is_harmless(value) or (value.isdigit() and is_counted(name)):
        return False
    last = name.lower().rpartition("_")[2]
    if last == "pin":
        return value.isdigit() and len(value) in _PIN
    if last == "pat" and len(value) < _LEAST:
        return False
    may_be_path = last in ("pwd", "cookie") or "key" in name.lower() or not is_strong_name(name)
    if may_be_path and is_path(value) and len(value) != _AWS_SECRET:
        return False
    if is_strong_name(name) or sign not in (":", "%3A"):
        return True
    is_quoted = span[0] > at
    return len(value) >= _LEAST and (is_quoted or has_digit(value))


def _headers(text: str) -> Iterator[Span]:
    """Yield the values of headers with credentials, to the end of the line or of the quotes around them."""
    at = 0
    while match := _HEADER.search(text, at):
        at = match.end()
        if match["sign"] == "=" and match["opening"] is None and match["name"].lower().endswith("cookie"):
            continue  # a variable
        line = _LINE.match(text, at)
        if line is not None:
            end = at + len(line[0].rstrip("\\ \r"))
            if not is_harmless(line[0]):
                yield at, end
            at = max(at, end)
