"""The origin of a setting: a flag, a variable, or a line in a file."""

import functools
from collections.abc import Iterator, Mapping

import msgspec


class Origin(msgspec.Struct, frozen=True):
    """The place where a setting was given.

    `text` is the flag, the variable or the path of the file; `key` is the setting's key in the file, and `toml` the
    content of the file.
    """

    text: str
    key: str = ""
    toml: str = ""

    @property
    def place(self) -> str:
        """The flag, the variable, or the file and the line, such as `config.toml:3`."""
        line = find_key_lines(self.toml).get(self.key) if self.key else None
        return f"{self.text}:{line}" if line else self.text

    def __str__(self) -> str:
        """Return the place followed by the key in the file; error messages begin with it."""
        return f"{self.place}: {self.key}" if self.key else self.place


DEFAULT = Origin("default")


@functools.cache
def find_key_lines(text: str) -> Mapping[str, int]:
    """Return the number of the line, from 1, on which each key and each table of the valid TOML `text` begins.

    The keys of a table are named `table.key`. `tomllib` does not report lines. Instead of a second parser, this
    function parses each prefix of the text that ends with a line. A prefix that ends inside a value does not parse, so
    a key begins on the line after the last prefix that parsed.
    """
    import tomllib

    lines: dict[str, int] = {}
    prefix, begin = "", 1
    for number, line in enumerate(text.split("\n"), 1):
        prefix += f"{line}\n"
        try:
            values = tomllib.loads(prefix)
        except tomllib.TOMLDecodeError:
            continue
        for key in _keys(values):
            lines.setdefault(key, begin)
        begin = number + 1
    return lines


def _keys(values: Mapping[str, object], table: str = "") -> Iterator[str]:
    for name, value in values.items():
        yield f"{table}{name}"
        if isinstance(value, dict):
            yield from _keys(value, f"{table}{name}.")
