"""The settings as the rest of the program knows them."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta

from tui.query.filter import EVERYTHING, Filter
from tui.query.time_expressions import Moment
from tui.settings.origin import DEFAULT, Origin

DEFAULT_SINCE = Moment("10m", age=timedelta(minutes=10))
DEFAULT_INTERVAL = timedelta(seconds=5)
DEFAULT_READ_BUDGET = 100.0  # RCU/s
DEFAULT_PRICE = 0.125  # dollars for a million RCU: on demand, in us-east-1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What to watch: the table, how to reach it, whose runs, alive between `since` and `until`, read every `interval`.

    Reading stays below `read_budget` RCU/s, of which a million cost `price` dollars. `filter` is what the list of runs
    shows first; without `mouse`, that is left to the terminal. `theme` is a name, `ascii` says to draw nothing else.
    `keys` are those of commands by name, `columns` the ids of those that a list has, by its name; both are as they
    were written, and checked by what has commands and lists. `sources` says where what is not a default came from.
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
    theme: str = "reflowtop-dark"
    ascii: bool = False
    clipboard: str = "auto"
    notify: bool = True
    keys: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict, hash=False)
    columns: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict, hash=False)
    sources: Mapping[str, Origin] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    def source(self, name: str) -> Origin:
        """Where the setting `name`, such as `theme` or `keys.pause`, came from."""
        return self.sources.get(name, DEFAULT)
