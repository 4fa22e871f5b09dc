"""The configuration file, `config.toml`. reflowtop never writes it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from tui.settings import values
from tui.settings.fields import FIELDS
from tui.settings.origin import Origin
from tui.settings.settings_error import SettingsError, suggest

Names = Mapping[str, tuple[str, ...]]

TABLES = ("keys", "columns", "clusters", "prices")
DISCOUNT = "discount"
_IN_FILE = tuple(each.name for each in FIELDS if each.in_file)
_MAX_SIZE = 4 << 20  # bytes
_MAX_DEPTH = 20
_MANY_DIGITS = re.compile(r"[0-9_]{4300}")
_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")


class ConfigFile(msgspec.Struct, frozen=True):
    """The content of the file at `path`: top-level settings, clusters, key bindings, columns, and prices by type.

    `text` is the whole file, or None if the file does not exist.
    """

    path: Path
    text: str | None = None
    settings: Mapping[str, object] = {}
    clusters: Mapping[str, Mapping[str, object]] = {}
    keys: Names = {}
    columns: Names = {}
    prices: Mapping[str, Decimal] = {}
    price_discount: Decimal = Decimal()

    def source(self, key: str) -> Origin:
        """Return the origin of `key` in this file."""
        return Origin(str(self.path), key, self.text or "")


def default_path() -> Path:
    """Return the default path, in ~/.config on Linux and in ~/Library/Application Support on macOS."""
    import platformdirs

    return platformdirs.user_config_path("reflowtop", appauthor=False) / "config.toml"


def read_config_file(path: Path, now: datetime, *, needed: bool) -> ConfigFile:
    """Read the file at `path`. A missing file is empty unless it is `needed`.

    Raises SettingsError if the file is needed but missing, cannot be read, is not TOML, or has an unknown key.
    """
    from store.regular_file import read_regular_file  # with all of `store`, which `--help` does not need

    try:
        data = read_regular_file(path.expanduser(), _MAX_SIZE)
    except (FileNotFoundError, NotADirectoryError, RuntimeError) as error:  # RuntimeError: the user has no home
        if needed:
            raise SettingsError(f"{path} does not exist; create it or name another file") from error
        return ConfigFile(path)
    except (OSError, ValueError) as error:  # ValueError: not a valid path
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"{path} cannot be read ({reason}); fix it or name another file with --config") from error
    return _parse(path, data, now)


def _parse(path: Path, data: bytes, now: datetime) -> ConfigFile:
    import tomllib

    try:
        text = data.decode("utf-8-sig")  # editors on Windows write a byte order mark
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_describe_toml_error(path, str(error))) from error
    except ValueError as error:  # of a number
        digits = _MANY_DIGITS.search(text)
        place = f"{path}:{text.count(chr(10), 0, digits.start()) + 1}" if digits else str(path)
        raise SettingsError(f"{place}: a number has too many digits; shorten it") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: a value is nested too deeply; shorten it") from error
    file = ConfigFile(path, text)
    _check_depth(file, content)
    _check_names(file, content, "", (*_IN_FILE, "cluster", *TABLES))
    keys, columns, clusters, prices = (_require_table(file, name, content.get(name, {})) for name in TABLES)
    named = {name: _require_table(file, f"clusters.{name}", cluster) for name, cluster in clusters.items()}
    for name, cluster in named.items():
        _check_names(file, cluster, f"clusters.{name}.", _IN_FILE)
    return ConfigFile(
        path,
        text,
        {name: value for name, value in content.items() if name not in TABLES},
        named,
        dict(_parse_names(file, keys, "keys.", now)),
        dict(_parse_names(file, columns, "columns.", now)),
        dict(_parse_prices(file, {name: usd for name, usd in prices.items() if name != DISCOUNT})),
        _parse_discount(file, prices.get(DISCOUNT)),
    )


def _check_depth(file: ConfigFile, content: Mapping[str, object]) -> None:
    """Raise SettingsError for a key with so many dots, or tables in tables, that recursion over them would fail."""
    todo = [(1, key, value) for key, value in content.items()]
    while todo:
        depth, top, value = todo.pop()
        if depth > _MAX_DEPTH:
            raise SettingsError(f"{file.source(top)}: nested over {_MAX_DEPTH} levels deep; no setting is")
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        todo.extend((depth + 1, top, each) for each in inner)


def _describe_toml_error(path: Path, why: str) -> str:
    place = _POSITION.search(why)
    if place is None:
        return f"{path} is not valid TOML: {why}"
    return f"{path}:{place[1]}: not valid TOML: {why[: place.start()]}, column {place[2]}"


def _check_names(file: ConfigFile, names: Iterable[str], table: str, known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise SettingsError(f"{file.source(f'{table}{name}')}: unknown setting; {suggest(name, known)}")


def _require_table(file: ConfigFile, name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise SettingsError(f"{file.source(name)}: {value!r:.100} is not a table; start it with [{name}]")
    return value


def _parse_names(
    file: ConfigFile, names: Mapping[str, object], table: str, now: datetime, above: str = ""
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the lists of names in `names`. `a.b = ...` and `"a.b" = ...` both have the name `a.b`."""
    for name, value in names.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            yield from _parse_names(file, value, table, now, f"{key}.")
            continue
        try:
            yield key, values.parse_names(value, now)
        except ValueError as error:
            raise SettingsError(f"{file.source(f'{table}{key}')}: {error}") from error


def _parse_prices(file: ConfigFile, prices: Mapping[str, object], above: str = "") -> Iterator[tuple[str, Decimal]]:
    """Yield the prices of types of hosts. `r5.large = 1` and `"r5.large" = 1` both have the name `r5.large`."""
    for name, value in prices.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            yield from _parse_prices(file, value, f"{key}.")
            continue
        try:
            yield key, values.parse_dollars(value)
        except ValueError as error:
            raise SettingsError(f"{file.source(f'prices.{key}')}: {error}") from error


def _parse_discount(file: ConfigFile, value: object) -> Decimal:
    try:
        return Decimal() if value is None else values.parse_share(value)
    except ValueError as error:
        raise SettingsError(f"{file.source(f'prices.{DISCOUNT}')}: {error}") from error
