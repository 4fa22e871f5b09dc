"""`reflowtop settings`: print the settings in effect and the origin of each."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tui.settings import example
from tui.settings.config_file import DISCOUNT
from tui.settings.fields import FIELDS, serialize
from tui.settings.precedence import ResolvedSettings
from tui.terminal import output
from tui.text.json_text import json_text
from tui.text.redaction import redact
from tui.text.safe import NONE, safe
from tui.text.safe_text import SafeText

Value = str | float | bool | list[str] | None


class SettingRow(NamedTuple):
    """The value of a setting, as it would be written, and its origin."""

    value: Value
    source: str


def show(resolved: ResolvedSettings, *, as_json: bool) -> None:
    """Print the path of the configuration file and all settings, as a table or as JSON."""
    exists = resolved.file.text is not None
    settings = dict(_rows(resolved))
    if as_json:
        file = {"path": str(resolved.file.path), "found": exists}
        record = {"file": file, "settings": {name: each._asdict() for name, each in settings.items()}}
        output.print_line(json_text(record, indent=2))
        return
    output.print_line(safe(f"configuration file: {resolved.file.path}{'' if exists else ' (does not exist)'}"))
    for line in _table(settings):
        output.print_line(line)


def show_example() -> None:
    """Print the example configuration file."""
    for text in example.example_lines():
        for line in text.split("\n"):
            output.print_line(safe(line))


def _rows(resolved: ResolvedSettings) -> Iterator[tuple[str, SettingRow]]:
    settings = resolved.settings
    if resolved.cluster is not None:
        yield "cluster", SettingRow(str(resolved.cluster.value), resolved.cluster.source.place)
    for field in FIELDS:
        value = serialize(getattr(settings, field.name))
        yield field.name, SettingRow(None if value == "" else value, settings.source(field.name).place)
    for type_, usd in settings.prices.items():
        yield f"prices.{type_}", SettingRow(str(usd), settings.source(f"prices.{type_}").place)
    if settings.price_discount:
        yield (
            f"prices.{DISCOUNT}",
            SettingRow(str(settings.price_discount), settings.source(f"prices.{DISCOUNT}").place),
        )
    for table, given in (("keys", settings.keys), ("columns", settings.columns)):
        for name, names in given.items():
            yield f"{table}.{name}", SettingRow(list(names), settings.source(f"{table}.{name}").place)


def _table(settings: Mapping[str, SettingRow]) -> Iterator[SafeText]:
    texts = {name: safe(_text(each.value)) for name, each in settings.items()}
    left, middle = max(map(len, map(safe, texts))), max(map(len, texts.values()))
    for name, each in settings.items():
        parts = f"{safe(name):{left}}", f"{texts[name]:{middle}}", safe(each.source)
        yield SafeText("  ".join(parts))


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
            return redact(str(value))  # an endpoint or a proxy may have a password
