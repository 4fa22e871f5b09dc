"""What all screens have in common: where the rows come from, whose runs are shown, and how each view was left."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime

from store import TaskDB
from store.times import Clock
from tui.filter import Filter
from tui.settings import Settings
from tui.watch.cluster import Cluster
from tui.watch.poller import Poller


@dataclass
class View:
    """How a list was left: its filter, whether that hides rows, the order, and the row under the cursor."""

    filter: Filter = field(default_factory=Filter)
    hides: bool = True
    sorted_by: tuple[str, bool] | None = None
    selected: Hashable = None


class Session:
    """A dashboard's run. `user` is whose runs are shown, None for all; `ended` is whether ended ones are, too."""

    def __init__(self, poller: Poller, settings: Settings, clock: Clock) -> None:
        self.poller = poller
        self.settings = settings
        self.clock = clock
        self.user = settings.user
        self.since = settings.since
        self.ended = False
        self.db: TaskDB | None = None  # once it is open
        self.views: defaultdict[Hashable, View] = defaultdict(View)

    @property
    def cluster(self) -> Cluster:
        """What is known."""
        return self.poller.cluster

    def seen_at(self) -> datetime:
        """The time that leases are measured at: it stands while nothing is read."""
        return self.poller.status.seen_at(self.clock())
