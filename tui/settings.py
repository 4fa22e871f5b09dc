"""What to watch and how: flags, else the environment, else reflow's own configuration."""

import dataclasses
import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from tui import filter as filters
from tui import when
from tui.filter import EVERYTHING, Filter, FilterError
from tui.when import Moment

ENVIRONMENT_PREFIX = "REFLOWTOP_"
DEFAULT_SINCE = Moment("10m", age=timedelta(minutes=10))
DEFAULT_INTERVAL = timedelta(seconds=5)
DEFAULT_READ_BUDGET = 100.0  # RCU/s
DEFAULT_PRICE = 0.125  # dollars for a million RCU: on demand, in us-east-1

_SHORTEST_INTERVAL = timedelta(seconds=1)

# A name, or the ARN that DynamoDB takes in its place.
_TABLE = re.compile(
    r"[A-Za-z0-9_.-]{3,255}|arn:[a-z-]+:dynamodb:[a-z0-9-]+:\d{12}:table/[A-Za-z0-9_.-]{3,255}", re.ASCII
)
_NO_TABLE = (
    "no table: say which with --table NAME or REFLOWTOP_TABLE, or with `taskdb: dynamodbtask,table=NAME` in {config}"
)


class SettingsError(ValueError):
    """A setting is missing or wrong; the message is one line that names it, its value and the remedy."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What to watch: the table, how to reach it, whose runs, alive between `since` and `until`, read every `interval`.

    Reading stays below `read_budget` RCU/s, of which a million cost `price` dollars. `filter` is what the list of runs
    shows first; without `mouse`, that is left to the terminal.
    None means: not said. AWS's own configuration then decides on region, profile and endpoint.
    """

    table: str
    bucket: str | None = None
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    user: str | None = None
    since: Moment = DEFAULT_SINCE
    until: Moment | None = None
    interval: timedelta = DEFAULT_INTERVAL
    read_budget: float = DEFAULT_READ_BUDGET
    price: float = DEFAULT_PRICE
    filter: Filter = EVERYTHING
    mouse: bool = True


def load(
    flags: Mapping[str, str | None], environ: Mapping[str, str], now: datetime, *, reflow_config: Path | None = None
) -> Settings:
    """The settings from `flags` (by field name), else the variables `REFLOWTOP_<NAME>`, else `reflow_config`.

    `reflow_config` is by default ~/.reflow/config.yaml, and only read where nothing else names the table.
    Raises SettingsError for a value that cannot be right, and when there is no table.
    """
    given = _Given(flags, environ)
    table, bucket = given.text("table"), given.text("bucket")
    config = reflow_config or Path("~/.reflow/config.yaml")
    if table is None:
        table, config_bucket = _from_reflow(config)
        bucket = bucket or config_bucket
        source = str(config)
    else:
        source = given.source("table")
    if table is None:
        raise SettingsError(_NO_TABLE.format(config=config))
    if not _TABLE.fullmatch(table):
        raise SettingsError(
            f"{source}: {table[:300]!r} is not a table: 3 to 255 letters, digits, _ - and ., or its ARN"
        )
    endpoint_url = given.text("endpoint_url")
    if endpoint_url is not None:
        _check_url(endpoint_url, given.source("endpoint_url"))
    since, until = given.moment("since", now), given.moment("until", now)
    settings = Settings(
        table=table,
        bucket=bucket,
        region=given.text("region"),
        profile=given.text("profile"),
        endpoint_url=endpoint_url,
        user=given.text("user"),
        since=since or DEFAULT_SINCE,
        until=until,
        interval=given.span("interval", _SHORTEST_INTERVAL) or DEFAULT_INTERVAL,
        read_budget=given.number("read_budget", DEFAULT_READ_BUDGET, positive=True),
        price=given.number("price", DEFAULT_PRICE, positive=False),
        filter=given.filter("filter"),
        mouse=given.text("no_mouse") is None,
    )
    _check_window(settings, now)
    return settings


class _Given:
    """The values that flags and environment give, and where each came from."""

    def __init__(self, flags: Mapping[str, str | None], environ: Mapping[str, str]) -> None:
        self._flags = {name: value for name, value in flags.items() if value is not None}
        self._environ = environ

    def text(self, name: str) -> str | None:
        if name in self._flags:
            if not self._flags[name].strip():
                # Most likely an unset shell variable. Another table than the one meant would be a bad surprise.
                raise SettingsError(f"{self.source(name)} is empty: give it a value, or leave it out")
            return self._flags[name]
        return self._environ.get(_variable(name)) or None

    def source(self, name: str) -> str:
        return f"--{name.replace('_', '-')}" if name in self._flags else _variable(name)

    def filter(self, name: str) -> Filter:
        try:
            return filters.parse(self.text(name) or "")
        except FilterError as error:
            raise SettingsError(f"filter: {error}") from error

    def moment(self, name: str, now: datetime) -> Moment | None:
        text = self.text(name)
        try:
            return None if text is None else when.parse(text, now)
        except ValueError as error:
            raise SettingsError(f"{self.source(name)}: {error}") from error

    def span(self, name: str, shortest: timedelta) -> timedelta | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            span = when.parse_span(text)
        except ValueError as error:
            raise SettingsError(f"{self.source(name)}: {error}") from error
        if span < shortest:
            raise SettingsError(f"{self.source(name)}: {text[:100]!r} is too short: at least {shortest.seconds}s")
        return span

    def number(self, name: str, default: float, *, positive: bool) -> float:
        text = self.text(name)
        try:
            number = default if text is None else float(text)
        except ValueError:
            number = math.nan
        if not (0 < number < math.inf or (number == 0 and not positive)):
            what = "a number above 0" if positive else "a number, 0 or above"
            raise SettingsError(f"{self.source(name)}: {(text or '')[:100]!r} is not {what}")
        return number


def _variable(name: str) -> str:
    return f"{ENVIRONMENT_PREFIX}{name.upper()}"


def _check_url(url: str, source: str) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise SettingsError(f"{source}: {url[:300]!r} is not an endpoint; write it like http://127.0.0.1:8000")


def _check_window(settings: Settings, now: datetime) -> None:
    since = settings.since.at(now)
    if since > now:
        raise SettingsError(f"--since {settings.since.text} is in the future: it is {now:%Y-%m-%dT%H:%M} UTC now")
    if settings.until is not None and settings.until.at(now) <= since:
        raise SettingsError(
            f"--until {settings.until.text} is not after --since {settings.since.text}: name an earlier --since"
        )


def _from_reflow(path: Path) -> tuple[str | None, str | None]:
    """The table and the bucket in reflow's configuration; None for what it does not say."""
    import yaml

    try:
        config = yaml.safe_load(path.expanduser().read_bytes())
    except (FileNotFoundError, NotADirectoryError, RuntimeError):  # the last for a user without a home
        return None, None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}): mend that or say --table NAME") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is not YAML ({_where(error)}): mend it or say --table NAME") from error
    if not isinstance(config, dict) or config.get("taskdb") is None:
        return None, None
    parameters = _parameters(config["taskdb"], config)
    if parameters is None:
        raise SettingsError(
            f"{path}: taskdb is {str(config['taskdb'])[:100]!r}, not like dynamodbtask,table=NAME,bucket=NAME:"
            " mend it or say --table NAME"
        )
    return parameters.get("table"), parameters.get("bucket")


def _parameters(taskdb: object, config: Mapping[str, object]) -> dict[str, str] | None:
    """The parameters in `taskdb`, which is `provider,name=value,...` or a map; None for another provider or form.

    reflow lets a provider's parameters also stand on their own under its name, at the top of the file.
    """
    if isinstance(taskdb, str):
        provider, *pairs = (part.strip() for part in taskdb.split(","))
        split = [pair.partition("=") for pair in pairs]
        if provider != "dynamodbtask" or not all(equals for _, equals, _ in split):
            return None
        return {**_texts(config.get(provider)), **{name.strip(): value.strip() for name, _, value in split}}
    if isinstance(taskdb, dict):
        return _texts(taskdb.get("dynamodbtask", taskdb))
    return None


def _texts(value: object) -> dict[str, str]:
    return {str(name): text for name, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}" if mark is not None else type(error).__name__
