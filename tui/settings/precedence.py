"""Which of all that is said about a setting holds."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tui.settings import config_file
from tui.settings import reflow_config as reflow
from tui.settings.config_file import ConfigFile
from tui.settings.fields import BY_NAME, ENVIRONMENT_PREFIX, FIELDS, Field
from tui.settings.origin import DEFAULT, Origin
from tui.settings.settings import Settings
from tui.settings.settings_error import SettingsError, suggest
from tui.text import ascii as glyphs

_NO_TABLE = (
    "no table: say which with --table NAME or REFLOWTOP_TABLE, in {file}, or with"
    " `taskdb: dynamodbtask,table=NAME` in {reflow}"
)


class RawValue(NamedTuple):
    """A value as it was written, and where."""

    value: object
    source: Origin


class ParsedValue(NamedTuple):
    """What a setting is, and where that was said."""

    value: Any
    source: Origin


Layer = Mapping[str, RawValue]


class ResolvedSettings(NamedTuple):
    """The settings, their table empty if nothing names it, and what they were taken from."""

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
    """The settings from `flags` (by name), else variables, else the configuration file, else reflow's configuration.

    The file is `flags["config"]`, else REFLOWTOP_CONFIG, else `config` if that is there, by default the one in the
    platform's folder. reflow's is by default ~/.reflow/config.yaml. With `display_only`, what is about a table is taken
    from flags alone.
    Raises SettingsError for a value that cannot be right, and when there is no table.
    """
    found = resolve(flags, environ, now, config=config, reflow_config=reflow_config, display_only=display_only)
    if not found.settings.table:
        raise SettingsError(_NO_TABLE.format(file=found.file.path, reflow=found.reflow))
    return found.settings


def resolve(
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    now: datetime,
    *,
    config: Path | None = None,
    reflow_config: Path | None = None,
    display_only: bool = False,
) -> ResolvedSettings:
    """What `load` takes the settings from, also where there is no table."""
    given_flags, variables = _flags(flags), _variables(environ)
    written = _config_file(given_flags, variables, now, config)
    layers = _layers(given_flags, variables, written)
    cluster = _first(layers, "cluster")
    if display_only:
        layers = [given_flags, *(_looks(layer) for layer in layers if layer is not given_flags)]
    reflow_path = reflow_config or reflow.PATH
    if not display_only:
        layers.append(_reflow(reflow_path, _first(layers, "table")))
    found = {field.name: _found(field, _first(layers, field.name), now) for field in FIELDS}
    found["table"] = ParsedValue(found["table"].value or "", found["table"].source)
    found["bucket"] = _found(BY_NAME["bucket"], _bucket(layers, found["table"].value), now)
    if found["ascii"].value is None or found["ascii"].source is DEFAULT:
        reason = glyphs.ascii_reason(environ)
        found["ascii"] = ParsedValue(bool(reason), Origin(reason) if reason else DEFAULT)
    _check_window(found, now)
    return ResolvedSettings(_settings(found, written), written, reflow_path, cluster)


def _settings(found: Mapping[str, ParsedValue], written: ConfigFile) -> Settings:
    names = {f"{table}.{name}" for table in ("keys", "columns") for name in getattr(written, table)}
    return Settings(
        **{name: each.value for name, each in found.items()},
        keys=written.keys,
        columns=written.columns,
        sources={
            **{name: each.source for name, each in found.items()},
            **{name: written.source(name) for name in names},
        },
    )


def _flags(flags: Mapping[str, str | None]) -> Layer:
    def source(name: str, value: str) -> Origin:
        if name == "filter":  # it stands for itself
            return Origin(name)
        is_off = name in BY_NAME and not BY_NAME[name].metavar and value == "no"
        return Origin(f"--no-{name}" if is_off else f"--{name.replace('_', '-')}")

    return {name: RawValue(value, source(name, value)) for name, value in flags.items() if value is not None}


def _variables(environ: Mapping[str, str]) -> Layer:
    names = (*BY_NAME, "config", "cluster")
    variables = {name: f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in names}
    # One that is empty counts as not set.
    return {
        name: RawValue(environ[variable], Origin(variable))
        for name, variable in variables.items()
        if environ.get(variable)
    }


def _config_file(flags: Layer, variables: Layer, now: datetime, default: Path | None) -> ConfigFile:
    named = _first((flags, variables), "config")
    if named is None:
        return config_file.read_config_file(default or config_file.default_path(), now, needed=False)
    return config_file.read_config_file(Path(str(named.value)), now, needed=True)


def _layers(flags: Layer, variables: Layer, written: ConfigFile) -> list[Layer]:
    """What is said, in the order that it holds in. A cluster comes right after whatever has chosen it."""
    top = {name: RawValue(value, written.source(name)) for name, value in written.single.items()}
    layers = [flags, variables, top]
    chosen = _first(layers, "cluster")
    if chosen is None:
        return layers
    name = str(chosen.value)
    if name not in written.clusters:
        known = suggest(name, written.clusters) if written.clusters else f"there are none in {written.path}"
        raise SettingsError(f"{chosen.source}: no cluster {name[:100]!r}; {known}")
    cluster = {
        key: RawValue(value, written.source(f"clusters.{name}.{key}")) for key, value in written.clusters[name].items()
    }
    by_flag = chosen is flags.get("cluster")
    return [flags, cluster, variables, top] if by_flag else [flags, variables, cluster, top]


def _looks(layer: Layer) -> Layer:
    return {name: given for name, given in layer.items() if name in BY_NAME and BY_NAME[name].is_display}


def _reflow(path: Path, table: RawValue | None) -> Layer:
    said = reflow.read_taskdb(path) if table is None else reflow.read_bucket(path, str(table.value))
    return {name: RawValue(value, Origin(str(path))) for name, value in said.items() if value}


def _first(layers: "list[Layer] | tuple[Layer, ...]", name: str) -> RawValue | None:
    for layer in layers:
        if name in layer:
            given = layer[name]
            if isinstance(given.value, str) and not given.value.strip():
                # Most likely an unset shell variable. Another table than the one meant would be a bad surprise.
                raise SettingsError(f"{given.source} is empty: give it a value, or leave it out")
            return given
    return None


def _bucket(layers: list[Layer], table: str) -> RawValue | None:
    """The bucket. It belongs to the table that is named beside it: where that is another one, it is not meant."""
    return _first([layer for layer in layers if "table" not in layer or layer["table"].value == table], "bucket")


def _found(field: Field, given: RawValue | None, now: datetime) -> ParsedValue:
    if given is None:
        return ParsedValue(field.default, DEFAULT)
    try:
        return ParsedValue(field.read(given.value, now), given.source)
    except ValueError as error:
        raise SettingsError(f"{given.source}: {error}") from error


def _check_window(found: Mapping[str, ParsedValue], now: datetime) -> None:
    since, until = found["since"], found["until"]
    if since.value.at(now) > now:
        raise SettingsError(f"{since.source} {since.value.text} is in the future: it is {now:%Y-%m-%dT%H:%M} UTC now")
    if until.value is not None and until.value.at(now) < since.value.at(now):
        earlier = f"{since.source} {since.value.text}" if since.source != DEFAULT else f"--since {since.value.text}"
        raise SettingsError(f"{until.source} {until.value.text} is before {earlier}: name an earlier --since")
