"""The reference of the library."""

import enum
import inspect
import re
from collections.abc import Iterator
from typing import Any

import store
from tests.support import api_reference

# Functions that raise nothing for valid arguments, or only what the event loop or `logging` expects of them.
_CANNOT_FAIL = frozenset(
    {
        *(
            "available",
            "close",
            "compute",
            "drop_tracebacks",
            "expands",
            "format",
            "handle_mapping",
            "hex_n",
            "lapse",
        ),
        *("liveness", "location", "max_ratio", "measured", "new", "random", "recover", "remove", "send", "start_end"),
        *("to_json", "with_deadline", "back_off", "get"),
    }
)
_ERRORS = re.compile(r"\b[Rr]aises?\b|\berrors\b|[Ss]ee `|, as `")


def test_the_reference_is_up_to_date() -> None:
    assert api_reference.FILE.read_text() == api_reference.render(), "run `python -m tests.support.api_reference`"


def test_the_reference_describes_every_public_name() -> None:
    lines = api_reference.FILE.read_text().splitlines()
    titles = {line.split("`")[1] for line in lines if line.startswith("### ")}
    assert titles == {*api_reference.public_names()}
    assert titles > {*store.__all__}
    assert not [line for line in lines if line.startswith("#### ") and not line.rstrip().endswith("`")]


def test_every_public_name_has_a_docstring() -> None:
    text = api_reference.FILE.read_text()
    sections = [section.strip() for section in text.split("\n### ")[1:]]
    assert not [section.splitlines()[0] for section in sections if not section.splitlines()[-1].strip("`").strip()]


def test_every_function_that_can_fail_says_how() -> None:
    functions = dict(_functions())
    undocumented = [name for name, doc in functions.items() if not _ERRORS.search(doc)]
    assert not [name for name in undocumented if name.rpartition(".")[2] not in _CANNOT_FAIL]
    assert {name.rpartition(".")[2] for name in undocumented} == _CANNOT_FAIL


def _functions() -> Iterator[tuple[str, str]]:
    """Yield the public functions and methods with their docstrings."""
    values: dict[str, Any] = api_reference.public_names()
    for name, value in values.items():
        if inspect.isfunction(value):
            yield name, inspect.getdoc(value) or ""
        elif inspect.isclass(value) and not issubclass(value, enum.Enum):
            for member, part in api_reference._members(value):
                if not isinstance(part, property):
                    yield f"{name}.{member}", inspect.getdoc(getattr(value, member)) or ""
