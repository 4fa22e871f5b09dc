"""The language of filters: `samtools user:amy state:stale,lost label:project=p1 !host:ip-10 age:>1h`.

All terms must hold. A term is a text that stands anywhere in the row, or `key:` and a text, the start of an id, or for
`age` and `attempt` an amount with `>` or `<`. Commas separate alternatives, `!` negates, quotes keep blanks together.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

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
"""Each key, and what its value says."""

_AMOUNTS = ("attempt", "age")
# Compiled when a filter is typed: the first frame of a dashboard need not wait for it.
_TERM = r'(?P<not>!?)(?:(?P<key>[A-Za-z]+):)?(?P<value>(?:"[^"]*(?:"|$)|[^\s"])*)'
_AMOUNT = r"(?P<sign>[<>]?)(?P<number>[0-9]{1,9})(?P<unit>[smhd]?)"
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class FilterError(ValueError):
    """What is typed is no filter; the message is one line that says why."""


@dataclasses.dataclass(frozen=True)
class Term:
    """One condition: any of `values` in the field `key`, in any field if that is empty; or not, if `negated`."""

    key: str
    values: tuple[str, ...]
    negated: bool = False


@dataclasses.dataclass(frozen=True)
class Fields(Generic[R]):
    """What can be asked of rows: texts by key, and amounts (`age` in seconds) by key; None for a row without."""

    texts: Mapping[str, Callable[[R], Iterable[str]]]
    amounts: Mapping[str, Callable[[R], float | None]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Filter:
    """A filter as it was typed. The empty one lets everything through."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def marks(self) -> re.Pattern[str] | None:
        """What of the texts in a matching row made it match."""
        wanted = [
            value for term in self.terms if not term.negated and term.key not in _AMOUNTS for value in term.values
        ]
        return re.compile("|".join(map(re.escape, wanted)), re.IGNORECASE) if wanted else None

    def matcher(self, fields: Fields[R]) -> Callable[[R], bool]:
        """Whether a row with these `fields` matches. Raises FilterError for a key that such rows have not got."""
        tests = [_test(term, fields) for term in self.terms]
        return lambda row: all(test(row) for test in tests)


EVERYTHING = Filter()


def parse(text: str) -> Filter:
    """The filter that is typed as `text`. Raises FilterError."""
    return Filter(text.strip(), tuple(_term(match) for match in _matches(text) if match["value"] or match["key"]))


def complete(text: str, values: Callable[[str], Iterable[str]]) -> list[str]:
    """What the last term of `text` may become: whole texts. `values` are those known for a key."""
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
    values = term.values
    if not term.key:
        every = list(fields.texts.values())
        return lambda row: any(value in text.lower() for get in every for text in get(row) for value in values)
    if term.key not in fields.texts:
        raise _no_field(term.key, fields)
    get = fields.texts[term.key]
    if term.key in ("id", "state", "user"):
        starts = tuple(value.removeprefix("sha256:") for value in values)
        return lambda row: any(text.lower().startswith(starts) for text in get(row))
    return lambda row: any(value in text.lower() for text in get(row) for value in values)


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
    # An age is never hit to the second: without a sign, at least that.
    if match["sign"] == ">":
        return lambda value: value > amount
    return (lambda value: value >= amount) if key == "age" else (lambda value: value == amount)


def _no_field(key: str, fields: Fields[R]) -> FilterError:
    known = [key for key in KEYS if key in fields.texts or key in fields.amounts]
    return FilterError(f"no {key}: here, only {' '.join(known)}")
