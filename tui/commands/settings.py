"""`settings`: what each one is, and where that was said."""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import click

from tui.settings import example
from tui.settings.fields import FIELDS, serialize
from tui.settings.precedence import ResolvedSettings
from tui.text.safe import NONE, safe

Value = str | float | bool | list[str] | None


class SettingRow(NamedTuple):
    """A value as it would be written, and where it was."""

    value: Value
    source: str


def show(found: ResolvedSettings, *, as_json: bool) -> None:
    """Print the settings."""
    there = found.file.text is not None
    settings = dict(_settings(found))
    if as_json:
        file = {"path": str(found.file.path), "found": there}
        record = {"file": file, "settings": {name: each._asdict() for name, each in settings.items()}}
        click.echo(json.dumps(record, indent=2))
        return
    click.echo(safe(f"configuration file: {found.file.path}{'' if there else ' (not there)'}"))
    for line in _table(settings):
        click.echo(line)


def show_example() -> None:
    """Print a configuration file to begin with."""
    for line in example.example_lines():
        click.echo(line)


def _settings(found: ResolvedSettings) -> Iterator[tuple[str, SettingRow]]:
    settings = found.settings
    if found.cluster is not None:
        yield "cluster", SettingRow(str(found.cluster.value), found.cluster.source.place)
    for field in FIELDS:
        value = serialize(getattr(settings, field.name))
        yield field.name, SettingRow(None if value == "" else value, settings.source(field.name).place)
    for table, given in (("keys", settings.keys), ("columns", settings.columns)):
        for name, names in given.items():
            yield f"{table}.{name}", SettingRow(list(names), settings.source(f"{table}.{name}").place)


def _table(settings: Mapping[str, SettingRow]) -> Iterator[str]:
    texts = {name: safe(_text(each.value)) for name, each in settings.items()}
    left, middle = max(map(len, map(safe, texts))), max(map(len, texts.values()))
    for name, each in settings.items():
        yield f"{safe(name):{left}}  {texts[name]:{middle}}  {safe(each.source)}"


def _text(value: Value) -> str:
    match value:
        case None:
            return NONE
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(value) or NONE
        case float():
            return f"{value:g}"
        case _:
            return str(value)
