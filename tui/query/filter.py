"""The filter language: `samtools user:amy state:stale,lost label:project=p1 !host:ip-10 age:>1h`.

A row must match all terms. A term is a text anywhere in the row, or `key:` and a text, the start of an id, for `age`
and `attempt` an amount with `>` or `<`, for `since` a time. Commas separate alternatives, `!` or `-` negates, quotes
keep blanks together, `ident:=align` matches that ident exactly, and `ident:~^(bwa|star)` is a regular expression.
"""

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from tui.query.regex import RegexError, compile_regex
from tui.query.term import (
    AMOUNTS,
    FORMS,
    KEYS,
    REGEX,
    TIMES,
    WHOLE,
    Fields,
    FilterError,
    Term,
    parse_amount,
    parse_time,
    term_test,
    value_regex,
)

__all__ = [
    "EVERYTHING",
    "FORMS",
    "KEYS",
    "Fields",
    "Filter",
    "FilterError",
    "Term",
    "complete",
    "complete_from_rows",
    "parse",
    "whole",
]

R = TypeVar("R")

# The keys whose values a column shows, besides the key that it is named after.
_KEYS_SHOWN = {
    "run": ("id",),
    "task": ("id",),
    "name": ("label",),
    "type": ("pool",),
    "cluster": ("pool",),
    "kind": ("state",),
    "why": ("error", "ident"),
}
# Compiled with the first filter: the first frame of a dashboard does not wait for it.
_TERM = r'(?P<not>[!-]?)(?:(?P<key>[A-Za-z]+):)?(?P<value>(?:"[^"]*(?:"|$)|[^\s"])*)'
_OPERATORS = {
    "not": "put ! before a term to exclude it, as in !state:lost",
    "and": "leave it out, rows match all terms",
    "&&": "leave it out, rows match all terms",
    "or": "a comma means or, as in state:stale,lost",
    "||": "a comma means or, as in state:stale,lost",
}
_NOT_EQUAL = re.compile(r"(?P<key>[A-Za-z]+)(?:!=|!:|==|<>)")
# Completions come from the values in this many rows.
_COMPLETION_ROWS = 2000
# Completions of a time.
_SPANS = ("10m", "1h", "24h")
_MAX_SHOWN = 40  # characters of a wrong term
# Each term looks at every row again: a log pasted as a filter must not hang the dashboard.
_MAX_TERMS = 100
_MAX_VALUES = 1000
# Times are checked without a clock when a filter is parsed.
_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class Filter(msgspec.Struct, frozen=True):
    """A filter as typed. The empty filter matches every row."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def marks(self, column_id: str) -> re.Pattern[str] | None:
        """Return the pattern to mark in a column: texts, and values of the keys that the column shows."""
        return _marks(self.terms, column_id)

    def matcher(self, fields: Fields[R]) -> Callable[[R], bool]:
        """Return a function that tells whether a row matches.

        Raises FilterError for a key that rows do not have, or a value that it cannot have.
        """
        tests = [term_test(term, fields) for term in self.terms]
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def words_wanted(self, key: str, words: Sequence[str]) -> set[str]:
        """Return those of `words`, all possible texts under `key`, that a matching row can have there."""
        fields = Fields[str]({key: lambda word: (word,)}, words={key: words})
        tests = [term_test(term, fields) for term in self.terms if term.key == key]
        return {word for word in words if all(test(word) for test in tests)}


EVERYTHING = Filter()


def whole(key: str, text: str) -> Filter:
    """Return the filter for rows whose field `key` is exactly `text`: `key:=text`.

    With a `"` in `text` the filter is right, but nobody can type it.
    """
    return Filter(f"{key}:{_quote(f'{WHOLE}{text}')}", (Term(key, (f"{WHOLE}{text.lower()}",)),))


def _quote(value: str) -> str:
    """Return a value in quotes if it would else be two terms or two values."""
    return f'"{value}"' if re.search(r"[\s,]", value) else value


@functools.lru_cache(maxsize=256)
def _marks(terms: tuple[Term, ...], column_id: str) -> re.Pattern[str] | None:
    keys = {"", column_id, *_KEYS_SHOWN.get(column_id, ())}.difference(AMOUNTS, TIMES)
    wanted = [value for term in terms if not term.is_negated and term.key in keys for value in term.values]
    texts = [value.removeprefix(WHOLE).removeprefix("sha256:") for value in wanted if not value.startswith(REGEX)]
    patterns = [re.escape(text) for text in texts if text]
    regexes = [f"(?:{value.removeprefix(REGEX)})" for value in wanted if value.startswith(REGEX)]
    if regexes:
        try:
            return compile_regex("|".join(patterns + regexes))
        except RegexError:  # they are too long together
            return None
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


def parse(text: str, *, is_partial: bool = False) -> Filter:
    """Return the filter written as `text`; `is_partial` if more of it will be typed. Raises FilterError."""
    matches = _matches(text)
    if len(matches) > _MAX_TERMS:
        raise FilterError(f"{len(matches):,} terms, more than {_MAX_TERMS}; quotes make them one text")
    if not is_partial and matches and matches[-1]["value"].count('"') % 2:
        raise FilterError(f'no closing " after {matches[-1].group()[:_MAX_SHOWN]}', is_incomplete=True)
    _check_operators(matches)
    terms = tuple(map(_term, matches))
    if (count := sum(len(term.values) for term in terms)) > _MAX_VALUES:
        raise FilterError(f"{count:,} values, more than {_MAX_VALUES:,}; quotes make them one text")
    for term in terms:
        _check_values(term)
    return Filter(text.strip(), terms)


def _check_operators(matches: Sequence[re.Match[str]]) -> None:
    """Raise FilterError for an operator of another language, which would be searched for as a text.

    `not found` is a text; `not state:lost` and `NOT found` are not.
    """
    for place, match in enumerate(matches):
        word = match.group()
        is_beside_key = any(other["key"] is not None for other in matches[max(0, place - 1) : place + 2])
        if word.lower() in _OPERATORS and (word.isupper() or is_beside_key or not word.isalpha()):
            is_last = place == len(matches) - 1  # and may become another word
            raise FilterError(f"{word}: {_OPERATORS[word.lower()]}; quotes make it a text", is_incomplete=is_last)
        found = _NOT_EQUAL.match(match["value"])
        if match["key"] is None and found is not None and found["key"].lower() in KEYS:
            raise FilterError(f"{found.group()}: write !{found['key']}:VALUE to exclude")
        if match["key"] is not None and match["value"].startswith("!"):
            raise FilterError(f"{word[:_MAX_SHOWN]}: write !{match['key']}:VALUE to exclude")


def complete(text: str, values: Callable[[str], Iterable[str]], keys: Iterable[str] = KEYS) -> list[str]:
    """Return the completions of the last term of `text`, as whole texts: one of the `keys`, or a value.

    `values` returns the known values of a key.
    """
    matches = _matches(text)
    if not matches or (last := matches[-1]).end() < len(text):
        return []
    if last["key"] is None:
        typed = last["value"].lower()
        return [f"{text[: last.start('value')]}{key}:" for key in keys if typed and key.startswith(typed)]
    *_, typed = last["value"].split(",")
    known = (
        value for value in values(last["key"].lower()) if value.lower().startswith(typed.lower()) and '"' not in value
    )
    return [text[: len(text) - len(typed)] + _quote(value) for value in known]


def complete_from_rows(text: str, fields: Fields[R], rows: Sequence[R]) -> list[str]:
    """Return the completions of the last term of `text` with the keys of a list, and the values in its first rows."""

    def values(key: str) -> Iterable[str]:
        if key in fields.words:
            return fields.words[key]
        if key in fields.times:
            return _SPANS
        get = fields.texts.get(key)
        return () if get is None else sorted({value for row in rows[:_COMPLETION_ROWS] for value in get(row) if value})

    return complete(text, values, [key for key in KEYS if key in fields.keys])


def _matches(text: str) -> list[re.Match[str]]:
    return [match for match in re.finditer(_TERM, text) if match.group()]


def _term(match: re.Match[str]) -> Term:
    key, value = (match["key"] or "").lower(), match["value"]
    if key and key not in KEYS:
        if not value.startswith("//"):
            raise FilterError(f"no key {key!r}; there are {' '.join(KEYS)}; put text with a colon into quotes")
        key, value = "", f"{match['key']}:{value}"
    parts = (part.replace('"', "") for part in re.findall(r'(?:"[^"]*"?|[^,"])+', value))
    # In a regular expression, \S is not \s.
    values = tuple(part if part.startswith(REGEX) else part.lower() for part in parts)
    if not values:
        text = match.group()[:_MAX_SHOWN]
        what = f"{match['key']}: needs a value: {KEYS[key]}" if key else f"no text after {text}; quotes make it a text"
        raise FilterError(what, is_incomplete=True)
    return Term(key, values, bool(match["not"]))


def _check_values(term: Term) -> None:
    for text in term.values:
        if term.key in AMOUNTS:
            parse_amount(term.key, text)
        elif term.key in TIMES:
            parse_time(term.key, text, _SOME_TIME)
        elif text.startswith(REGEX):
            value_regex(term.key, text)
