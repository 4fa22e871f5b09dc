"""The configuration file: TOML that people write, and we only read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tui.settings import values
from tui.settings.fields import FIELDS
from tui.settings.origin import Origin
from tui.settings.settings_error import SettingsError, suggest

Names = Mapping[str, tuple[str, ...]]

TABLES = ("keys", "columns", "clusters")
_IN_FILE = tuple(each.name for each in FIELDS if each.in_file)
_LAST_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True)
class ConfigFile:
    """What is written in the file `path`: single settings, those of each cluster, and the tables of names.

    `text` is None for a file that is not there.
    """

    path: Path
    text: str | None = field(default=None, repr=False)
    single: Mapping[str, object] = field(default_factory=dict)
    clusters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    keys: Names = field(default_factory=dict)
    columns: Names = field(default_factory=dict)

    def source(self, key: str) -> Origin:
        """Where `key` stands."""
        return Origin(str(self.path), key, self.text or "")


def default_path() -> Path:
    """Where the file is looked for: in ~/.config on Linux, in ~/Library/Application Support on a Mac."""
    import platformdirs

    return platformdirs.user_config_path("reflowtop", appauthor=False) / "config.toml"


def read_config_file(path: Path, now: datetime, *, needed: bool) -> ConfigFile:
    """What `path` says; a file that is not there says nothing, unless it is `needed`.

    Raises SettingsError for one that cannot be read, and for the first key in it that means nothing.
    """
    try:
        data = path.expanduser().read_bytes()
    except (FileNotFoundError, NotADirectoryError, RuntimeError) as error:  # the last for a user without a home
        if needed:
            raise SettingsError(f"{path} is not there: write it, or name another file") from error
        return ConfigFile(path)
    except (OSError, ValueError) as error:  # the last for a path that cannot be one
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"{path} cannot be read ({reason}): mend that, or name another with --config") from error
    return _parsed(path, data, now)


def _parsed(path: Path, data: bytes, now: datetime) -> ConfigFile:
    import tomllib

    try:
        text = data.decode()
        found = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}:{line}: not UTF-8: save it as that") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(_not_toml(path, str(error))) from error
    file = ConfigFile(path, text)
    _check_names(file, found, "", (*_IN_FILE, "cluster", *TABLES))
    keys, columns, clusters = (_table(file, name, found.get(name, {})) for name in TABLES)
    named = {name: _table(file, f"clusters.{name}", cluster) for name, cluster in clusters.items()}
    for name, cluster in named.items():
        _check_names(file, cluster, f"clusters.{name}.", _IN_FILE)
    return ConfigFile(
        path,
        text,
        {name: value for name, value in found.items() if name not in TABLES},
        named,
        dict(_names(file, keys, "keys.", now)),
        dict(_names(file, columns, "columns.", now)),
    )


def _not_toml(path: Path, why: str) -> str:
    place = _LAST_PLACE.search(why)
    if place is None:
        return f"{path} is not TOML: {why}"
    return f"{path}:{place[1]}: not TOML: {why[: place.start()]}, column {place[2]}"


def _check_names(file: ConfigFile, found: Mapping[str, object], table: str, known: tuple[str, ...]) -> None:
    for name in found:
        if name not in known:
            raise SettingsError(f"{file.source(f'{table}{name}')}: no such setting; {suggest(name, known)}")


def _table(file: ConfigFile, name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise SettingsError(f"{file.source(name)}: {value!r:.100} is not a table; begin it with [{name}]")
    return value


def _names(
    file: ConfigFile, found: Mapping[str, object], table: str, now: datetime, above: str = ""
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lists of names in `found`; with `a.b = ...` the name is `a.b`, as it is in quotes."""
    for name, value in found.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            yield from _names(file, value, table, now, f"{key}.")
            continue
        try:
            yield key, values.parse_names(value, now)
        except ValueError as error:
            raise SettingsError(f"{file.source(f'{table}{key}')}: {error}") from error
