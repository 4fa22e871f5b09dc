"""The state that all screens share: the data, the scope that the user chose, and the saved state of each list."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import msgspec
from textual.screen import Screen
from textual.worker import Worker

from store import Error, Run, RunID, Task, TaskDB
from store.times import Clock, utc_now
from tui.lists.runs import is_of
from tui.lists.watchlist import Watchlist
from tui.query.filter import EVERYTHING, Filter
from tui.screens.base.routes import Route, RunsRoute
from tui.settings import Settings
from tui.settings.clusters import Clusters
from tui.watch.data_source import DataSource
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.unseen_changes import UnseenChanges
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from tui.cost.costs import Costs
    from tui.cost.prices import PriceBookCache
    from tui.logs.log_tails import LogTails
    from tui.screens.log.log_session import LeftLogs
    from tui.watch.explain.explanations import Explanations
    from tui.watch.findings.acknowledgements import Acknowledgements
    from tui.watch.findings.finding_memory import FindingMemory
    from tui.watch.findings.state_file import Stamp
    from tui.watch.model.activity import Activity
    from tui.watch.polling.last_good_run import GoodRun
    from tui.watch.polling.past import PastView
    from tui.watch.recording.replay import Replay
    from tui.watch.recording.session_history import SessionHistory


_BURST = timedelta(seconds=0.5)
_REPORTED = timedelta(seconds=30)
_MOST_UNREADABLE = 1_000
_MOST_VIEWS = 200  # far more than the screens that can be open: each of these uses its view at every refresh


class View(msgspec.Struct):
    """The saved state of a list: its filter, whether that hides rows, the order, and the row under the cursor."""

    filter: Filter = EVERYTHING
    hides: bool = True
    sorted_by: tuple[str, bool] | None = None
    selected: Hashable = None


class Views:
    """The saved states of the most recently used lists, and always that of the home screen.

    Their number is limited because routes of tasks and findings hold rows, which would accumulate over a night.
    """

    def __init__(self) -> None:
        self._views: OrderedDict[Route, View] = OrderedDict()

    def __len__(self) -> int:
        return len(self._views)

    def __getitem__(self, route: Route) -> View:
        view = self._views.setdefault(route, View())
        self._views.move_to_end(route)
        if len(self._views) > _MOST_VIEWS:
            del self._views[next(each for each in self._views if each != RunsRoute())]
        return view

    def clear(self) -> None:
        """Forget all saved states."""
        self._views.clear()


class Session:
    """The data and the choices of one dashboard.

    It shows the runs of `user`, None for all, alive since `since`; with `show_ended` also those that have ended. The
    data comes from `live`; from `replay`, if set, which shows a recording or the session history; or from `past`, if
    set, a window of the past that is read from the table. `history` holds the last refreshes. `notify` is called when
    the data shown changes. `unseen_changes` are those since the user last looked; `is_watched` is whether the user is
    looking now. `make_screen` makes the screen of a route.
    """

    def __init__(
        self, live: DataSource, settings: Settings, make_screen: "ScreenFactory", wall_clock: Clock = utc_now
    ) -> None:
        self.live = live
        self._wall_clock = wall_clock
        self._returned: datetime | None = None  # when the user last left a screen
        self.settings = settings
        self.replay: Replay | None = None
        self.history: SessionHistory | None = None  # set after the first refresh
        self.notify: Callable[[], None] = lambda: None
        self.user = settings.user
        self.since = settings.since
        self.past: PastView | None = None
        self.show_ended = False
        self.db: TaskDB | None = None  # set once it is open
        self.clusters: Clusters | None = None
        """The clusters to switch to; None on a recording."""
        self.views = Views()
        self.marked = Watchlist()
        self.acknowledgements_path: Callable[[], Path] | None = None
        """Returns the file that keeps what the user acknowledged; None keeps it in memory."""
        self.memory_path: Callable[[], Path] | None = None
        """Returns the file that keeps the failures seen before, and notes about them; None keeps them in memory."""
        self._memory: FindingMemory | None = None
        self._writer: ThreadPoolExecutor | None = None
        self.unseen_changes = UnseenChanges()
        self.is_watched = True
        self._activity: Activity | None = None
        self._book: PriceBookCache | None = None
        self._costs: Costs | None = None
        self._past_findings: tuple[object, list[Finding]] | None = None
        self._explanations: Explanations | None = None
        self._unreadable: dict[str, datetime] = {}  # the times at which fields that cannot be read were first read
        self.left_logs: LeftLogs | None = None
        """The logs that were open last, kept so that going back to them reads nothing again."""
        self.prompt_history: dict[str, list[str]] = {}
        """The inputs of prompts by kind, which the prompts of all screens recall."""
        self.preview = settings.preview
        """The size of the preview: `off`, `small` or `half`."""
        self.log_tails: LogTails | None = None
        """The ends of logs in previews, from when one is first shown."""
        self.good_runs: dict[RunID, GoodRun] = {}
        """The result of a search for the last good run that is not shown yet, by the run that it was made for."""
        self.told_writes: WeakSet[Worker[Any]] = WeakSet()
        """The writes of files that a key to quit has been refused for."""
        self._make_screen = make_screen

    def new_screen(self, route: Route) -> Screen[Any]:
        """Return a new screen that shows `route`."""
        return self._make_screen(route, self)

    def keep_run(self, run_id: RunID) -> Callable[[], None]:
        """Read all tasks of the run, and keep the run; returns the function that releases it.

        Does nothing in a window of the past, which has read them: reading their current state would only cost.
        """
        if self.past is not None:
            return _release_nothing
        self.live.open_run(run_id)
        return partial(self.live.close_run, run_id)

    @property
    def source(self) -> DataSource:
        """The source of the data shown, except that of a window of the past."""
        return self.live if self.replay is None else self.replay

    @property
    def is_rewound(self) -> bool:
        """Whether the session history is shown in place of the live data."""
        return self.replay is not None and self.replay is not self.live

    @property
    def is_following(self) -> bool:
        """Whether the live end of a recording is shown."""
        return self.replay is not None and self.replay.is_following

    def current_row(self, row: Task | Run) -> Task | Run:
        """Return the current state of a row on screen: in the past, its logs are those of its whole life."""
        outcome = (self.cluster.outcomes or {}).get(row.id)
        return row if outcome is None else outcome.row

    def show_live(self) -> None:
        """Leave the session history."""
        if self.replay is not None and self.is_rewound:
            self.replay.close()
            self.replay = None
            self.notify()

    def note_return(self) -> None:
        """Note that the user leaves a screen now, by the key that quits on the first one."""
        self._returned = self._wall_clock()

    def has_just_returned(self) -> bool:
        """Return whether the user left a screen by that key so recently that the next key may belong to the same burst.

        A key that is held down, or typed over a connection that stalls, arrives several times.
        """
        return self._returned is not None and timedelta() <= self._wall_clock() - self._returned < _BURST

    def clock(self) -> datetime:
        """Return the time that is shown: the current one, that of the replay, or the end of the window of the past."""
        return self.source.now() if self.past is None else self.past.until

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """The start and the end of the past window shown, for commands that show it again; None for the present."""
        if self.past is not None:
            return self.past.since, self.past.until
        if self.replay is None or self.is_following:
            return None
        return self.source.now(), self.source.now()

    @property
    def cluster(self) -> Cluster:
        """The rows shown."""
        return self.source.cluster if self.past is None else self.past.cluster

    @property
    def activity(self) -> "Activity":
        """The counts of its tasks by minute."""
        if self._activity is None or self._activity.cluster is not self.cluster:
            from tui.watch.model.activity import Activity  # not needed for the first frame

            self._activity = Activity(self.cluster)
        return self._activity

    @property
    def costs(self) -> "Costs | None":
        """The costs of the rows shown; None before any were read, and without any prices."""
        if not self.has_data:
            return None
        if self._book is None:
            from tui.cost.prices import PriceBookCache  # not needed for the first frame

            self._book = PriceBookCache(self.settings)
        book = self._book.current()
        if not book:
            return None
        if self._costs is None or self._costs.cluster is not self.cluster or self._costs.book is not book:
            from tui.cost.costs import Costs

            self._costs = Costs(self.cluster, book, is_sliced=True)
        self._costs.update()
        return self._costs

    @property
    def findings(self) -> list[Finding]:
        """The findings about the rows shown."""
        past = self.past
        if past is None:
            return self.source.findings
        version = past, past.parts_read
        if self._past_findings is None or self._past_findings[0] != version:
            from tui.watch.findings.findings import Findings

            findings = Findings(past.cluster).find()
            # A window of the past holds no live allocs, so that every live pool in it would seem idle.
            self._past_findings = version, [each for each in findings if each.kind is not FindingKind.IDLE_POOLS]
        return self._past_findings[1]

    @cached_property
    def acknowledged(self) -> "Acknowledgements":
        """The findings and failed runs that the user dismissed."""
        from tui.terminal.new_files import write_whole
        from tui.watch.findings.acknowledgements import Acknowledgements  # not needed for the first frame

        return Acknowledgements(self.acknowledgements_path, write_whole, self.submit_write)

    @property
    def memory(self) -> "FindingMemory":
        """The failures seen before, and notes about them."""
        if self._memory is None:
            from tui.terminal.new_files import write_whole
            from tui.watch.findings.finding_memory import FindingMemory  # not needed for the first frame

            self._memory = FindingMemory(self.memory_path, write_whole, self.submit_write)
        return self._memory

    def submit_write(self, write: "Callable[[], Stamp]") -> "Future[Stamp]":
        """Run a function that writes a file in a thread, after those before it."""
        if self._writer is None:
            from concurrent.futures import ThreadPoolExecutor  # not needed for the first frame

            self._writer = ThreadPoolExecutor(1, thread_name_prefix="files")
        return self._writer.submit(write)

    def flush_files(self) -> OSError | None:
        """Write failures, notes and acknowledgements that are not yet in their files, and wait until they are written.

        Returns the error that lost a note or an acknowledgement, or None.
        """
        failure = self.acknowledged.flush()
        if self._memory is not None:
            failure = self._memory.flush(self.cluster.as_of) or failure
        if self._writer is not None:
            self._writer.shutdown()
        self._memory = self._writer = None
        return failure

    async def close_files(self) -> OSError | None:
        """Run `flush_files` in a thread, so that the event loop does not wait for the disk; return what it returns."""
        return await asyncio.to_thread(self.flush_files)

    @property
    def explanations(self) -> "Explanations":
        """The explanations of these findings."""
        from tui.watch.explain.explanations import Explanations  # not needed for the first frame

        findings, cluster = self.findings, self.cluster
        known = self._explanations
        if known is None or known.findings is not findings or known.cluster is not cluster:
            known = self._explanations = Explanations(cluster, findings, self.memory, last_line=self._last_line)
        return known

    def evidence_task(self, row: Row | Finding) -> Task | None:
        """Return the task whose log explains a stale or lost row; None for a healthy row."""
        from tui.watch.explain.evidence_task import evidence_task  # not needed for the first frame

        return evidence_task(self.cluster, row)

    def tails(self) -> "LogTails":
        """Return the reader and cache of the ends of logs."""
        if self.log_tails is None:
            from tui.logs.log_tails import LogTails  # not needed for the first frame

            self.log_tails = LogTails()
        return self.log_tails

    def _last_line(self, task: Task) -> str:
        tail = None if self.log_tails is None else self.log_tails.get(task)
        return "" if tail is None else tail.last_line

    def new_unreadable(self) -> list[Error]:
        """Return the fields that could not be read, for half a minute after each was first read.

        Every refresh reads them again, and a word about them that stays would hide what comes later.
        """
        found = self.source.status.unreadable
        if not found:
            return []
        now, known = self.source.now(), self._unreadable
        for error in found:
            if len(known) < _MOST_UNREADABLE:
                known.setdefault(str(error), now)
        return [error for error in found if now - known.get(str(error), now) < _REPORTED]

    def findings_in_scope(self) -> list[Finding]:
        """Return the findings about runs of the chosen user."""
        if self.user is None:
            return self.findings
        from tui.lists.findings import run_ids

        runs = {run.id for run in self.cluster.runs if self.is_in_scope(run)}
        return [finding for finding in self.findings if not runs.isdisjoint(run_ids(finding))]

    @property
    def has_data(self) -> bool:
        """Whether anything was read yet; until then, counts are unknown rather than 0."""
        status = self.source.status
        return self.past is not None or status.as_of is not None or status.start is not None

    def known(self, count: int) -> int | None:
        """Return a number of rows; None until every row was read."""
        is_known = self.has_data and self.source.status.start is None if self.past is None else self.past.is_complete
        return count if is_known else None

    def retry_clock(self) -> datetime | None:
        """Return the current time, to tell when the next read starts; None in a replay, which reads nothing."""
        return None if self.replay is not None else self.source.now()

    def is_in_scope(self, run: Run) -> bool:
        """Return whether a run belongs to the chosen user."""
        return self.user is None or is_of(run, self.user)

    def seen_at(self) -> datetime:
        """Return the time to measure leases at. It stops while reads fail, so that states do not change unread."""
        if self.past is not None:
            return self.past.cluster.as_of
        return self.source.status.seen_at(self.source.now())


def _release_nothing() -> None:
    pass


ScreenFactory = Callable[[Route, Session], Screen[Any]]
