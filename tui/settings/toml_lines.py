"""On which line of a TOML file a key stands, which the parser does not tell."""

from collections.abc import Iterator, Mapping


def of_keys(text: str) -> dict[str, int]:
    """The number of the line, from 1, on which each key and each table of the valid TOML `text` begins.

    Keys in tables are called `table.key`. The parser itself is asked what is there after each line, so that nothing
    about TOML is known twice. A text that ends within a value is none, so a key begins on the line after the last that
    could have been the end.
    """
    import tomllib

    found: dict[str, int] = {}
    so_far, begin = "", 1
    for number, line in enumerate(text.split("\n"), 1):
        so_far += f"{line}\n"
        try:
            values = tomllib.loads(so_far)
        except tomllib.TOMLDecodeError:
            continue
        for key in _keys(values):
            found.setdefault(key, begin)
        begin = number + 1
    return found


def _keys(values: Mapping[str, object], table: str = "") -> Iterator[str]:
    for name, value in values.items():
        yield f"{table}{name}"
        if isinstance(value, dict):
            yield from _keys(value, f"{table}{name}.")
