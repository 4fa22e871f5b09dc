"""The settings as the rest of the program uses them."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import msgspec

from tui.query.filter import EVERYTHING, Filter
from tui.query.time_expressions import Moment
from tui.settings.origin import DEFAULT, Origin
from tui.text.time_zone import UTC_ZONE, TimeZone

DEFAULT_SINCE = Moment("10m", age=timedelta(minutes=10))
DEFAULT_INTERVAL = timedelta(seconds=5)
DEFAULT_KEEP_FAILED = timedelta(hours=1)
DEFAULT_READ_BUDGET = 100.0  # RCU/s
DEFAULT_PRICE = 0.125  # dollars per million RCU, on demand in us-east-1


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in effect. `tui.settings.fields` describes each.

    `read_budget` is in RCU per second and `price` in dollars per million RCU. `keys` maps commands to key names, and
    `columns` maps lists to column ids; both are checked later, by the screens that define them. `prices` maps types of
    hosts to US dollars per hour, and `price_discount` is the part that is taken off all other prices, 0 to 1. `sources`
    holds the origin of every value that is not a default. If `region`, `profile` or `endpoint_url` is None, the AWS
    configuration decides.
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
    keep_failed: timedelta = DEFAULT_KEEP_FAILED
    read_budget: float = DEFAULT_READ_BUDGET
    price: float = DEFAULT_PRICE
    filter: Filter = EVERYTHING
    tz: TimeZone = UTC_ZONE
    mouse: bool = True
    theme: str = "reflowtop-dark"
    ascii: bool = False
    preview: str = "half"
    clipboard: str = "auto"
    notify: bool = True
    keys: Mapping[str, tuple[str, ...]] = {}
    columns: Mapping[str, tuple[str, ...]] = {}
    prices: Mapping[str, Decimal] = {}
    price_discount: Decimal = Decimal()
    sources: Mapping[str, Origin] = {}

    def source(self, name: str) -> Origin:
        """Return the origin of the setting `name`, such as `theme` or `keys.pause`."""
        return self.sources.get(name, DEFAULT)
