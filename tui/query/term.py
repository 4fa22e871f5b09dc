"""The terms of a filter, and how they are matched with the fields of rows."""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from tui.query import time_expressions
from tui.query.regex import RegexError, compile_regex, is_found

R = TypeVar("R")
S = TypeVar("S")
T = TypeVar("T")

KEYS: Mapping[str, str] = {
    "state": "running, failing, stale, lost, failed, …",
    "user": "the owner of the run",
    "run": "the id prefix of a run",
    "host": "the name or the id of a host",
    "ident": "the ident of a task",
    "error": "a text in the error",
    "since": "started, or if it ended: ended, since then: 30m, 02:10",
    "age": "the age, or the time a task took: >1h30m",
    "label": "project=p1, or a part of it",
    "type": "the host's instance type",
    "pool": "the host's id or type",
    "attempt": "the number of the attempt: 2, >1",
    "id": "the id prefix of a row",
}
"""Each key, with a description of its values; the most useful keys first."""

FORMS = (
    ("oom bwa", "rows with both texts, in any field"),
    ("user:amy", "a field and the text in it; tab completes both"),
    ("state:stale,lost", "a comma means or"),
    ("!user:amy  -oom", "! or - excludes"),
    ("ident:=bwa", "= is the whole value"),
    ("error:~exit.1[0-9]", "~ is a regular expression (RE2)"),
    ('"out of memory"', "quotes keep blanks, commas and colons"),
)
"""Terms, with their meanings."""

AMOUNTS = ("attempt", "age")
TIMES = ("since",)
# Keys that match the start of a value. Ids always do: any few digits occur somewhere in many of them.
_IDS = ("id", "run")
_STARTS = (*_IDS, "state", "user")
# Digits that make a text without a key a run id: a shorter one would match all tasks of many runs.
_LEAST_RUN_DIGITS = 4
WHOLE = "="
"""The prefix of a text that must match the whole field."""
REGEX = "~"
"""The prefix of a regular expression."""
_HEX_DIGITS = frozenset("0123456789abcdef")
_MAX_SHOWN = 40  # characters of a wrong value
_MAX_DIGITS = 12


class FilterError(ValueError):
    """The text is no valid filter; the message is one line that says why.

    `is_incomplete` is whether more text may make it valid.
    """

    def __init__(self, message: str, *, is_incomplete: bool = False) -> None:
        super().__init__(message)
        self.is_incomplete = is_incomplete


class Term(msgspec.Struct, frozen=True):
    """One condition: the field `key` (any field if empty) matches one of `values`; or none of them, if `is_negated`."""

    key: str
    values: tuple[str, ...]
    is_negated: bool = False


class Fields(msgspec.Struct, Generic[R], frozen=True):
    """The fields of rows: texts, amounts (`age` in seconds) and times by key; None for a row without one.

    Rows with the same `alike` value of a key have the same texts there, which are then matched once. `words` are all
    possible texts under a key: others are refused. With both, 100,000 rows are filtered while the user types. `now` is
    the time that the times of a filter are relative to.
    """

    texts: Mapping[str, Callable[[R], Iterable[str]]]
    amounts: Mapping[str, Callable[[R], float | None]] = {}
    alike: Mapping[str, Callable[[R], Hashable]] = {}
    words: Mapping[str, Sequence[str]] = {}
    times: Mapping[str, Callable[[R], datetime | None]] = {}
    now: datetime | None = None

    @property
    def keys(self) -> list[str]:
        """The keys that rows have."""
        return [*self.texts, *self.amounts, *self.times]

    def through(self, get: Callable[[S], R]) -> "Fields[S]":
        """Return the same fields for other rows; `get` returns the row of type `R` that belongs to such a row."""

        def each(functions: Mapping[str, Callable[[R], T]]) -> Mapping[str, Callable[[S], T]]:
            return {key: _chain(get, function) for key, function in functions.items()}

        return Fields(each(self.texts), each(self.amounts), each(self.alike), self.words, each(self.times), self.now)


def _chain(get: Callable[[S], R], function: Callable[[R], T]) -> Callable[[S], T]:
    return lambda row: function(get(row))


def term_test(term: Term, fields: Fields[R]) -> Callable[[R], bool]:
    """Return a function that tells whether a row meets `term`.

    Raises FilterError for a key that rows do not have, or a value that it cannot have.
    """
    if term.key and term.key not in fields.keys:
        raise FilterError(f"this list has no key {term.key!r}; its keys: {' '.join(fields.keys)}")
    if term.key in AMOUNTS:
        found = _amount_test(term, fields)
    elif term.key in TIMES:
        found = _time_test(term, fields)
    else:
        found = _text_test(term, fields)
    return (lambda row: not found(row)) if term.is_negated else found


# Texts


def _text_test(term: Term, fields: Fields[R]) -> Callable[[R], bool]:
    if term.key in fields.words:
        term = _spell_words(term, fields.words[term.key])
        _check_words(term, fields.words[term.key])
    tests: defaultdict[Callable[[R], Hashable] | None, list[Callable[[R], bool]]] = defaultdict(list)
    for key in [term.key] if term.key else fields.texts:
        if (test := _field_test(key, term, fields)) is not None:
            tests[fields.alike.get(key)].append(test)
    some = [_remembering(alike, _any(each)) for alike, each in tests.items()]
    return _any(some)


def _spell_words(term: Term, words: Sequence[str]) -> Term:
    """Return the term with blanks for underscores if `words` have blanks: tables in pipes print `lost_host`."""
    if not any(" " in word for word in words):
        return term
    return msgspec.structs.replace(term, values=tuple(value.replace("_", " ") for value in term.values))


def _check_words(term: Term, words: Sequence[str]) -> None:
    """Raise FilterError for a value that none of `words` matches."""
    for value in term.values:
        is_wanted = _text_wanted(Term(term.key, (value,)), starts=True)
        if not any(is_wanted(word.lower()) for word in words):
            shown = value.removeprefix(WHOLE)[:_MAX_SHOWN]
            raise FilterError(f"{term.key}: {shown!r} is not one of {', '.join(words)}")


def _field_test(key: str, term: Term, fields: Fields[R]) -> Callable[[R], bool] | None:
    """Whether a text under `key` matches `term`; None if no text can."""
    get = fields.texts[key]
    if key in _IDS and not term.key:
        term = _id_term(key, term)
        if not term.values:
            return None
    is_wanted = _text_wanted(term, starts=key in _IDS or term.key in _STARTS)
    if key in fields.words and not any(is_wanted(word.lower()) for word in fields.words[key]):
        return None

    def test(row: R) -> bool:
        for text in get(row):  # noqa: SIM110 (see `_any`)
            if is_wanted(text.lower()):
                return True
        return False

    return test


def _id_term(key: str, term: Term) -> Term:
    """Return a term without a key, reduced to the values that may be ids."""
    least = _LEAST_RUN_DIGITS if key == "run" else 1
    digits = (value.removeprefix("sha256:") for value in term.values)
    ids = tuple(text for text in digits if len(text) >= least and _HEX_DIGITS.issuperset(text))
    return msgspec.structs.replace(term, values=ids)


def _text_wanted(term: Term, *, starts: bool) -> Callable[[str], bool]:
    """Whether a text in lower case is one of those that a term names."""
    regexes = [value_regex(term.key, value) for value in term.values if value.startswith(REGEX)]
    exact = frozenset(value.removeprefix(WHOLE) for value in term.values if value.startswith(WHOLE) and term.key)
    parts = tuple(
        value for value in term.values if not value.startswith(REGEX) and not (term.key and value.startswith(WHOLE))
    )
    is_plain = _plain_test(exact, parts, starts=starts)
    if not regexes:
        return is_plain
    return lambda text: is_plain(text) or any(is_found(regex, text) for regex in regexes)


def _plain_test(exact: frozenset[str], parts: tuple[str, ...], *, starts: bool) -> Callable[[str], bool]:
    """Whether a text is one of `exact`, or contains one of `parts`; if `starts`, begins with one of them."""
    if starts:
        beginnings = tuple(part.removeprefix("sha256:") for part in parts)
        return lambda text: text.startswith(beginnings) or text in exact
    if len(parts) == 1 and not exact:
        (part,) = parts
        return lambda text: part in text
    return lambda text: text in exact or any(part in text for part in parts)


def value_regex(key: str, value: str) -> re.Pattern[str]:
    """Return the regular expression in a value that begins with `REGEX`. Raises FilterError."""
    try:
        return compile_regex(value.removeprefix(REGEX))
    except RegexError as error:
        name = f"{key}: " if key else ""
        raise FilterError(
            f"{name}{value[:_MAX_SHOWN]!r} is not a valid regular expression: {error}", is_incomplete=True
        ) from None


def _any(tests: Sequence[Callable[[R], bool]]) -> Callable[[R], bool]:
    if len(tests) == 1:
        return tests[0]

    def test(row: R) -> bool:
        for each in tests:  # noqa: SIM110 (`any` takes twice as long)
            if each(row):
                return True
        return False

    return test


def _remembering(alike: Callable[[R], Hashable] | None, test: Callable[[R], bool]) -> Callable[[R], bool]:
    """`test`, called once for rows that are alike."""
    if alike is None:
        return test
    known: dict[Hashable, bool] = {}

    def look_up(row: R) -> bool:
        sort = alike(row)
        found = known.get(sort)
        if found is None:
            found = known[sort] = test(row)
        return found

    return look_up


# Amounts and times


def _amount_test(term: Term, fields: Fields[R]) -> Callable[[R], bool]:
    get = fields.amounts[term.key]
    tests = [parse_amount(term.key, value) for value in term.values]

    def test(row: R) -> bool:
        amount = get(row)
        return amount is not None and any(test(amount) for test in tests)

    return test


def parse_amount(key: str, text: str) -> Callable[[float], bool]:
    """Return the test of an amount written as `2`, `>1`, or for an age `>1h30m`. Raises FilterError."""
    sign, number = (text[0], text[1:]) if text[:1] in ("<", ">") else ("", text)
    amount: float
    try:
        if not number[:1].isdecimal() or len(number) > _MAX_DIGITS:
            raise ValueError(text)
        amount = time_expressions.parse_span(number).total_seconds() if key == "age" else int(number)
    except (ValueError, OverflowError):
        # `>` and `1h3` may become an amount.
        is_incomplete = not number or (key == "age" and number[-1].isdecimal())
        raise FilterError(
            f"{key}: {text[:_MAX_SHOWN]!r} is not an amount; {KEYS[key]}", is_incomplete=is_incomplete
        ) from None
    if sign == "<":
        return lambda value: value < amount
    # Without a sign an age means at least that: no age is exact to the second.
    if sign == ">":
        return lambda value: value > amount
    return (lambda value: value >= amount) if key == "age" else (lambda value: value == amount)


def _time_test(term: Term, fields: Fields[R]) -> Callable[[R], bool]:
    get, now = fields.times[term.key], fields.now or datetime.now(UTC)
    since = min(parse_time(term.key, value, now) for value in term.values)

    def test(row: R) -> bool:
        time = get(row)
        return time is not None and time >= since

    return test


def parse_time(key: str, text: str, now: datetime) -> datetime:
    """Return the time written as an age (`10m`) or as a time in the time zone of the screen. Raises FilterError."""
    try:
        return time_expressions.parse_time(text, now)
    except ValueError as error:
        raise FilterError(f"{key}: {error}", is_incomplete=True) from None
