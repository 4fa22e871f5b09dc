"""The filter language: `samtools user:amy state:stale,lost label:project=p1 !host:ip-10 age:>1h`.

A row must match all terms. A term is a text anywhere in the row, or `key:` and a text, the start of an id, or for `age`
and `attempt` an amount with `>` or `<`. Commas separate alternatives, `!` negates, quotes keep blanks together, and
`ident:=align` matches that ident exactly.
"""

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

R = TypeVar("R")

KEYS: Mapping[str, str] = {
    "user": "whose run",
    "state": "running, failing, stale, lost, failed, …",
    "label": "project=p1, or a part of it",
    "ident": "of a task",
    "error": "what went wrong",
    "pool": "the host's id or type",
    "host": "its name",
    "id": "how an id begins",
    "attempt": "its number: 2, >1",
    "age": "how long since the start: >1h, <10m",
}
"""Each key, with a description of its values."""

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
_AMOUNTS = ("attempt", "age")
# Keys that match the start of a value. Ids always do: any few digits occur somewhere in many of them.
_STARTS = ("id", "state", "user")
WHOLE = "="
"""The prefix of a text that must match the whole field."""
# Compiled with the first filter: the first frame of a dashboard does not wait for it.
_TERM = r'(?P<not>!?)(?:(?P<key>[A-Za-z]+):)?(?P<value>(?:"[^"]*(?:"|$)|[^\s"])*)'
_AMOUNT = r"(?P<sign>[<>]?)(?P<number>[0-9]{1,9})(?P<unit>[smhd]?)"
_HEX_DIGITS = frozenset("0123456789abcdef")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class FilterError(ValueError):
    """The text is no valid filter; the message is one line that says why."""


class Term(msgspec.Struct, frozen=True):
    """One condition: the field `key` (any field if empty) matches one of `values`; or none of them, if `negated`."""

    key: str
    values: tuple[str, ...]
    negated: bool = False


class Fields(msgspec.Struct, Generic[R], frozen=True):
    """The fields of rows: texts by key, and amounts (`age` in seconds) by key; None for a row without the amount.

    Rows with the same `alike` value of a key have the same texts there, which are then matched once. `words` are all
    possible texts under a key. With both, 100,000 rows are filtered while the user types.
    """

    texts: Mapping[str, Callable[[R], Iterable[str]]]
    amounts: Mapping[str, Callable[[R], float | None]] = {}
    alike: Mapping[str, Callable[[R], Hashable]] = {}
    words: Mapping[str, Sequence[str]] = {}


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
        """Return a function that tells whether a row matches. Raises FilterError for a key that rows do not have."""
        tests = [_test(term, fields) for term in self.terms]
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


EVERYTHING = Filter()


def whole(key: str, text: str) -> Filter:
    """Return the filter for rows whose field `key` is exactly `text`: `key:=text`."""
    quoted = f'"{WHOLE}{text}"' if re.search(r"[\s,]", text) else f"{WHOLE}{text}"
    return Filter(f"{key}:{quoted}", (Term(key, (f"{WHOLE}{text.lower()}",)),))


@functools.lru_cache(maxsize=256)
def _marks(terms: tuple[Term, ...], column_id: str) -> re.Pattern[str] | None:
    keys = {"", column_id, *_KEYS_SHOWN.get(column_id, ())}.difference(_AMOUNTS)
    wanted = [value for term in terms if not term.negated and term.key in keys for value in term.values]
    texts = [text for text in (value.removeprefix(WHOLE).removeprefix("sha256:") for value in wanted) if text]
    return re.compile("|".join(map(re.escape, texts)), re.IGNORECASE) if texts else None


def parse(text: str) -> Filter:
    """Return the filter written as `text`. Raises FilterError."""
    return Filter(text.strip(), tuple(_term(match) for match in _matches(text) if match["value"] or match["key"]))


def complete(text: str, values: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the completions of the last term of `text`, as whole texts. `values` returns the known values of a key."""
    matches = _matches(text)
    if not matches or (last := matches[-1]).end() < len(text):
        return []
    if last["key"] is None:
        typed = last["value"].lower()
        return [f"{text[: last.start('value')]}{key}:" for key in KEYS if typed and key.startswith(typed)]
    *_, typed = last["value"].split(",")
    known = (
        value for value in values(last["key"].lower()) if value.lower().startswith(typed.lower()) and '"' not in value
    )
    return [text[: len(text) - len(typed)] + (f'"{value}"' if " " in value else value) for value in known]


def _matches(text: str) -> list[re.Match[str]]:
    return [match for match in re.finditer(_TERM, text) if match.group()]


def _term(match: re.Match[str]) -> Term:
    key, value = (match["key"] or "").lower(), match["value"]
    if key and key not in KEYS:
        if not value.startswith("//"):
            raise FilterError(f"no key {key!r}; there are {' '.join(KEYS)}; put text with a colon into quotes")
        key, value = "", f"{match['key']}:{value}"
    values = tuple(part.replace('"', "").lower() for part in re.findall(r'(?:"[^"]*"?|[^,"])+', value))
    if not values:
        what = f"{match['key']}: of what? {KEYS[key]}" if key else f"nothing to look for in {match.group()}"
        raise FilterError(what)
    if key in _AMOUNTS:
        for text in values:
            _amount(key, text)
    return Term(key, values, bool(match["not"]))


def _test(term: Term, fields: Fields[R]) -> Callable[[R], bool]:
    found = _amount_test(term, fields) if term.key in _AMOUNTS else _text_test(term, fields)
    return (lambda row: not found(row)) if term.negated else found


def _text_test(term: Term, fields: Fields[R]) -> Callable[[R], bool]:
    if term.key and term.key not in fields.texts:
        raise _no_field(term.key, fields)
    tests: defaultdict[Callable[[R], Hashable] | None, list[Callable[[R], bool]]] = defaultdict(list)
    for key in [term.key] if term.key else fields.texts:
        if (test := _field_test(key, term, fields)) is not None:
            tests[fields.alike.get(key)].append(test)
    some = [_remembering(alike, _any(each)) for alike, each in tests.items()]
    return _any(some)


def _field_test(key: str, term: Term, fields: Fields[R]) -> Callable[[R], bool] | None:
    """Whether a text under `key` matches `term`; None if no text can."""
    get = fields.texts[key]
    is_wanted = _text_wanted(term, starts=key == "id" or term.key in _STARTS)
    if key in fields.words and not any(map(is_wanted, fields.words[key])):
        return None
    if key == "id" and not term.key and not any(map(_HEX_DIGITS.issuperset, term.values)):
        return None

    def test(row: R) -> bool:
        for text in get(row):  # noqa: SIM110 (see `_any`)
            if is_wanted(text.lower()):
                return True
        return False

    return test


def _text_wanted(term: Term, *, starts: bool) -> Callable[[str], bool]:
    whole = frozenset(value.removeprefix(WHOLE) for value in term.values if value.startswith(WHOLE) and term.key)
    parts = tuple(value for value in term.values if not (value.startswith(WHOLE) and term.key))
    if starts:
        beginnings = tuple(value.removeprefix("sha256:") for value in parts)
        return lambda text: text.startswith(beginnings) or text in whole
    if len(parts) == 1 and not whole:
        (part,) = parts
        return lambda text: part in text
    return lambda text: text in whole or any(part in text for part in parts)


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


def _amount_test(term: Term, fields: Fields[R]) -> Callable[[R], bool]:
    if term.key not in fields.amounts:
        raise _no_field(term.key, fields)
    get = fields.amounts[term.key]
    tests = [_amount(term.key, value) for value in term.values]

    def test(row: R) -> bool:
        amount = get(row)
        return amount is not None and any(test(amount) for test in tests)

    return test


def _amount(key: str, text: str) -> Callable[[float], bool]:
    match = re.fullmatch(_AMOUNT, text)
    if match is None or bool(match["unit"]) > (key == "age"):
        raise FilterError(f"{key}: {text[:40]!r} is no amount; {KEYS[key]}")
    amount = int(match["number"]) * _SECONDS[match["unit"]]
    if match["sign"] == "<":
        return lambda value: value < amount
    # Without a sign an age means at least that: no age is exact to the second.
    if match["sign"] == ">":
        return lambda value: value > amount
    return (lambda value: value >= amount) if key == "age" else (lambda value: value == amount)


def _no_field(key: str, fields: Fields[R]) -> FilterError:
    known = [key for key in KEYS if key in fields.texts or key in fields.amounts]
    return FilterError(f"no {key}: here, only {' '.join(known)}")
