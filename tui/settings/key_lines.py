"""The lines on which the keys of a TOML file begin, which `tomllib` does not report."""

import functools
import re
from collections.abc import Iterator, Mapping

# What matters in TOML for where a statement ends: strings and comments hide brackets and line breaks.
_PART = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[{\]}\n]"
    r"|[^\"'#\[\]{}\n]+",
    re.DOTALL,
)


@functools.cache  # called for each error in a settings file
def find_key_lines(text: str) -> Mapping[str, int]:
    """Return the number of the line, from 1, on which each key and each table of the valid TOML `text` begins.

    The keys of a table are named `table.key`. Each statement is parsed once, by itself, in time linear to the text.
    """
    import tomllib

    lines: dict[str, int] = {}
    table: str | None = ""
    for line, statement in _statements(text.replace("\r\n", "\n")):
        try:
            values = tomllib.loads(statement)
        except (tomllib.TOMLDecodeError, RecursionError):  # a line without a number is better than no message
            continue
        is_header = statement.startswith("[")
        keys = list(_keys(values, "" if is_header else table or ""))
        if is_header:
            # The entries of an array of tables have no names, and none of our settings is one.
            table = None if statement.startswith("[[") else f"{keys[-1]}."
        elif table is None:
            continue
        for key in keys:
            lines.setdefault(key, line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement, a table's header or a key with its value, and its line."""
    line = begin = 1
    depth = 0
    parts: list[str] = []
    for match in _PART.finditer(text):
        part = match[0]
        if part == "\n" and depth == 0:
            if statement := "".join(parts).strip():
                yield begin, statement
            parts = []
            line += 1
            begin = line
            continue
        depth += (part in "[{") - (part in "]}") if len(part) == 1 else 0
        line += part.count("\n")
        if part.startswith("#"):
            continue
        if not parts and part.isspace():
            continue
        parts.append(part)
    if statement := "".join(parts).strip():
        yield begin, statement


def _keys(values: Mapping[str, object], table: str) -> Iterator[str]:
    """Yield the names of all keys, each after the table that it is in. Without recursion: keys may have many dots."""
    todo: list[tuple[str, object]] = [(f"{table}{name}", value) for name, value in reversed(list(values.items()))]
    while todo:
        key, value = todo.pop()
        yield key
        if isinstance(value, list) and value and isinstance(value[0], dict):
            continue  # an array of tables: none of our settings
        if isinstance(value, dict):
            todo.extend((f"{key}.{name}", each) for name, each in reversed(value.items()))
