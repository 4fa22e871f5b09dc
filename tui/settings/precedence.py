"""The order of precedence: flags, environment variables, the configuration file, reflow's own configuration."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tui.settings import config_file
from tui.settings import reflow_config as reflow
from tui.settings.config_file import ConfigFile
from tui.settings.fields import BY_NAME, ENVIRONMENT_PREFIX, FIELDS, Field
from tui.settings.origin import DEFAULT, Origin
from tui.settings.settings import Settings
from tui.settings.settings_error import SettingsError, suggest
from tui.text import time_zone
from tui.text.terminal_abilities import ascii_reason

_NO_TABLE = (
    "no table given; use --table NAME, set REFLOWTOP_TABLE, or set it in {file} or with"
    " `taskdb: dynamodbtask,table=NAME` in {reflow}"
)


class RawValue(NamedTuple):
    """A value as given, not yet parsed, and its origin."""

    value: object
    source: Origin


class ParsedValue(NamedTuple):
    """The parsed value of a setting, and its origin."""

    value: Any
    source: Origin


Layer = Mapping[str, RawValue]


class ResolvedSettings(msgspec.Struct, frozen=True):
    """The settings, with an empty `table` if none is given, and the files and the cluster that they come from."""

    settings: Settings
    file: ConfigFile
    reflow: Path
    cluster: RawValue | None


def load(
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    now: datetime,
    *,
    config: Path | None = None,
    reflow_config: Path | None = None,
    display_only: bool = False,
) -> Settings:
    """Return the settings from `flags` (by setting name), then environment variables, then files, then defaults.

    The configuration file is `flags["config"]`, else REFLOWTOP_CONFIG, else `config`, which defaults to the path of the
    platform and may be missing. `reflow_config` defaults to ~/.reflow/config.yaml. With `display_only`, take the
    settings of the table from `flags` only.

    Raises SettingsError for an invalid value, and if no table is given.
    """
    resolved = resolve(flags, environ, now, config=config, reflow_config=reflow_config, display_only=display_only)
    if not resolved.settings.table:
        raise SettingsError(_NO_TABLE.format(file=resolved.file.path, reflow=resolved.reflow))
    return resolved.settings


def resolve(
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    now: datetime,
    *,
    config: Path | None = None,
    reflow_config: Path | None = None,
    display_only: bool = False,
) -> ResolvedSettings:
    """Do what `load` does, but accept that no table is given."""
    flag_layer, variables = _make_flag_layer(flags), _make_variable_layer(environ)
    file = _read_config_file(flag_layer, variables, now, config)
    layers = _order_layers(flag_layer, variables, file)
    cluster = _find_first(layers, "cluster")
    if display_only:
        layers = [flag_layer, *(_select_display_settings(layer) for layer in layers if layer is not flag_layer)]
    reflow_path = reflow_config or reflow.PATH
    if not display_only:
        layers.append(_make_reflow_layer(reflow_path, _find_first(layers, "table")))
    now = now.astimezone(
        _parse(BY_NAME["tz"], _find_first(layers, "tz"), now).value.zone
    )  # other times are typed in it
    # First, because an end alone is the start, too: an error must name the flag that the user typed.
    until = _parse(BY_NAME["until"], _find_first(layers, "until"), now)
    parsed = {
        field.name: until if field.name == "until" else _parse(field, _find_first(layers, field.name), now)
        for field in FIELDS
    }
    parsed["table"] = ParsedValue(parsed["table"].value or "", parsed["table"].source)
    parsed["bucket"] = _parse(BY_NAME["bucket"], _find_bucket(layers, parsed["table"].value), now)
    if parsed["ascii"].value is None or parsed["ascii"].source is DEFAULT:
        reason = ascii_reason(environ)
        parsed["ascii"] = ParsedValue(bool(reason), Origin(reason) if reason else DEFAULT)
    _check_window(parsed, now, is_recorded=display_only)
    return ResolvedSettings(_make_settings(parsed, file), file, reflow_path, cluster)


def _make_settings(parsed: Mapping[str, ParsedValue], file: ConfigFile) -> Settings:
    names = {f"{table}.{name}" for table in ("keys", "columns", "prices") for name in getattr(file, table)}
    if file.price_discount:
        names.add(f"prices.{config_file.DISCOUNT}")
    return Settings(
        **{name: each.value for name, each in parsed.items()},
        keys=file.keys,
        columns=file.columns,
        prices=file.prices,
        price_discount=file.price_discount,
        sources={
            **{name: each.source for name, each in parsed.items()},
            **{name: file.source(name) for name in names},
        },
    )


def _make_flag_layer(flags: Mapping[str, str | None]) -> Layer:
    def source(name: str, value: str) -> Origin:
        if name == "filter":  # a positional argument, not a flag
            return Origin(name)
        is_off = name in BY_NAME and not BY_NAME[name].metavar and value == "no"
        return Origin(f"--no-{name}" if is_off else f"--{name.replace('_', '-')}")

    return {name: RawValue(value, source(name, value)) for name, value in flags.items() if value is not None}


def _make_variable_layer(environ: Mapping[str, str]) -> Layer:
    names = (*BY_NAME, "config", "cluster")
    variables = {name: f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in names}
    # An empty variable counts as unset.
    return {
        name: RawValue(environ[variable], Origin(variable))
        for name, variable in variables.items()
        if environ.get(variable)
    }


def _read_config_file(flags: Layer, variables: Layer, now: datetime, default: Path | None) -> ConfigFile:
    named = _find_first((flags, variables), "config")
    if named is None:
        return config_file.read_config_file(default or config_file.default_path(), now, needed=False)
    return config_file.read_config_file(Path(str(named.value)), now, needed=True)


def _order_layers(flags: Layer, variables: Layer, file: ConfigFile) -> list[Layer]:
    """Return the layers by precedence. A cluster ranks just below the layer that selects it."""
    top = {name: RawValue(value, file.source(name)) for name, value in file.settings.items()}
    layers = [flags, variables, top]
    selected = _find_first(layers, "cluster")
    if selected is None:
        return layers
    name = str(selected.value)
    if name not in file.clusters:
        known = suggest(name, file.clusters) if file.clusters else f"{file.path} defines no clusters"
        raise SettingsError(f"{selected.source}: unknown cluster {name[:100]!r}; {known}")
    cluster = {
        key: RawValue(value, file.source(f"clusters.{name}.{key}")) for key, value in file.clusters[name].items()
    }
    by_flag = selected is flags.get("cluster")
    return [flags, cluster, variables, top] if by_flag else [flags, variables, cluster, top]


def _select_display_settings(layer: Layer) -> Layer:
    return {name: raw for name, raw in layer.items() if name in BY_NAME and BY_NAME[name].is_display}


def _make_reflow_layer(path: Path, table: RawValue | None) -> Layer:
    values = reflow.read_taskdb(path) if table is None else reflow.read_bucket(path, str(table.value))
    return {name: RawValue(value, Origin(str(path))) for name, value in values.items() if value}


def _find_first(layers: "list[Layer] | tuple[Layer, ...]", name: str) -> RawValue | None:
    for layer in layers:
        if name in layer:
            raw = layer[name]
            if isinstance(raw.value, str) and not raw.value.strip():
                # Probably an unset shell variable. Falling back to another table would be dangerous.
                raise SettingsError(f"{raw.source} is empty; give it a value or remove it")
            return raw
    return None


def _find_bucket(layers: list[Layer], table: str) -> RawValue | None:
    """Return the bucket from the first layer that does not name another table: a bucket belongs to its table."""
    return _find_first([layer for layer in layers if "table" not in layer or layer["table"].value == table], "bucket")


def _parse(field: Field, raw: RawValue | None, now: datetime) -> ParsedValue:
    if raw is None:
        return ParsedValue(field.default, DEFAULT)
    try:
        return ParsedValue(field.parse(raw.value, now), raw.source)
    except ValueError as error:
        raise SettingsError(f"{raw.source}: {error}") from error


def _check_window(parsed: Mapping[str, ParsedValue], now: datetime, *, is_recorded: bool) -> None:
    """Raise SettingsError for a window that ends before it begins, or is in the future unless it `is_recorded`."""
    since, until = parsed["since"], parsed["until"]
    for each in (since,) if is_recorded else (until, since):
        if each.value is not None and each.value.at(now) > now:
            time = f"{now:%Y-%m-%dT%H:%M} {time_zone.label(now)}"
            raise SettingsError(f"{each.source} {each.value.text} is in the future; it is now {time}")
    if until.value is not None and until.value.at(now) < since.value.at(now):
        earlier = f"{since.source} {since.value.text}" if since.source != DEFAULT else f"--since {since.value.text}"
        raise SettingsError(f"{until.source} {until.value.text} is before {earlier}; use an earlier --since")
