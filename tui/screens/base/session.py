"""What all screens have in common: where the rows come from, whose runs are shown, and how each view was left."""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from store import RunID, TaskDB
from tui.lists.watchlist import Watchlist
from tui.query.filter import Filter
from tui.screens.base.routes import Route
from tui.settings import Settings
from tui.watch.data_source import DataSource
from tui.watch.findings.findings import Finding, FindingKind, Findings
from tui.watch.findings.unseen_changes import UnseenChanges
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.polling.durations import IdentDurations
from tui.watch.polling.past import PastView

if TYPE_CHECKING:
    from tui.screens.log.log_session import LeftLogs
    from tui.watch.model.activity import Activity
    from tui.watch.recording.replay import Replay
    from tui.watch.recording.session_history import SessionHistory


@dataclass
class View:
    """How a list was left: its filter, whether that hides rows, the order, and the row under the cursor."""

    filter: Filter = field(default_factory=Filter)
    hides: bool = True
    sorted_by: tuple[str, bool] | None = None
    selected: Hashable = None


class Session:
    """What a dashboard shows: the runs of `user`, None for all, alive since `since`; `ended` ones, too, or not.

    `live` is where the data comes from; with a `replay`, what was recorded is shown in its place. With a `past`, what
    ran at some time ago, as far as that is read. `recent` are the last refreshes, to go back to; `notify` is to be told
    of news in what is shown. `news` is what nobody has seen yet; somebody looks while it `is_watched`.
    `screen_of` makes the screen of a place.
    """

    def __init__(self, live: DataSource, settings: Settings, screen_of: "Opener") -> None:
        self.live = live
        self.settings = settings
        self.replay: Replay | None = None
        self.recent: SessionHistory | None = None  # once something is read
        self.notify: Callable[[Changes], None] = lambda changes: None
        self.user = settings.user
        self.since = settings.since
        self.past: PastView | None = None
        self.ended = False
        self.db: TaskDB | None = None  # once it is open
        self.views: defaultdict[Route, View] = defaultdict(View)
        self.marked = Watchlist()
        self.news = UnseenChanges()
        self.is_watched = True
        self._activity: Activity | None = None
        self._found_then: tuple[object, list[Finding]] | None = None
        self.left_logs: LeftLogs | None = None
        """The logs that were looked at last: what was read of them is there when one comes back."""
        self._opener = screen_of

    def screen_of(self, place: Route) -> Screen[Any]:
        """A new screen that shows `place`."""
        return self._opener(place, self)

    def keep_run(self, run_id: RunID) -> Callable[[], None]:
        """Have all tasks of a run read, and the run not forgotten; returns what takes that back.

        In the past that is looked at they are there: to read what is now of it would only cost.
        """
        if self.past is not None:
            return _nothing
        self.live.open_run(run_id)
        return partial(self.live.close_run, run_id)

    @property
    def poller(self) -> DataSource:
        """Where what is shown comes from."""
        return self.live if self.replay is None else self.replay

    @property
    def is_rewound(self) -> bool:
        """Whether what was is shown though there is what is now."""
        return self.replay is not None and self.replay is not self.live

    def show_live(self) -> None:
        """Show what is now."""
        if self.replay is not None and self.is_rewound:
            self.replay.close()
            self.replay = None
            self.notify(Changes())

    def clock(self) -> datetime:
        """The time that is shown: now, or that of a replay."""
        return self.poller.now()

    @property
    def cluster(self) -> Cluster:
        """What is known: of now, or of the time in the past that is looked at."""
        return self.poller.cluster if self.past is None else self.past.cluster

    @property
    def activity(self) -> "Activity":
        """Its counts of tasks by minute."""
        if self._activity is None or self._activity.cluster is not self.cluster:
            from tui.watch.model.activity import Activity  # not needed for a first frame

            self._activity = Activity(self.cluster)
        return self._activity

    @property
    def findings(self) -> list[Finding]:
        """What deserves attention in it."""
        past = self.past
        if past is None:
            return self.poller.findings
        read = past, past.parts_read
        if self._found_then is None or self._found_then[0] != read:
            found = Findings(past.cluster, IdentDurations()).find()
            # Of pools that live on, the allocs of today are not known.
            self._found_then = read, [finding for finding in found if finding.kind is not FindingKind.IDLE_POOLS]
        return self._found_then[1]

    def seen_at(self) -> datetime:
        """The time that leases are measured at: it stands while nothing is read."""
        if self.past is not None:
            return self.past.cluster.as_of
        return self.poller.status.seen_at(self.clock())


def _nothing() -> None:
    pass


Opener = Callable[[Route, Session], Screen[Any]]
