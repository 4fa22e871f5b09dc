"""The interface of whatever fills a dashboard with data: a poller of the table, or a replay of a recording."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from store import Error, RunID, TaskDB
from tui.watch.findings.finding import Finding
from tui.watch.model.cluster import Cluster
from tui.watch.polling.budget import Budget
from tui.watch.polling.status import Status


class DataSource(Protocol):
    """Keeps `cluster` up to date while it runs, and reports its health in `status`."""

    @property
    def cluster(self) -> Cluster:
        """The rows and states. A replay that jumps in time replaces the object."""

    @property
    def status(self) -> Status:
        """The health of the last refreshes."""

    @property
    def is_paused(self) -> bool:
        """Whether refreshes are paused."""

    @property
    def budget(self) -> Budget:
        """The budget for reads, in RCU per second."""

    @property
    def every(self) -> timedelta:
        """The current time between two refreshes."""

    @property
    def is_slowed_by_budget(self) -> bool:
        """Whether it refreshes less often than the user asked for, to stay within the read budget."""

    @property
    def history_errors(self) -> Mapping[RunID, Error]:
        """The errors of reading the tasks of runs, by run."""

    @property
    def findings(self) -> list[Finding]:
        """The current findings, the most severe first."""

    def now(self) -> datetime:
        """Return the time that is shown, by this machine's clock."""

    def pause(self) -> None:
        """Stop refreshing, except on request."""

    def resume(self) -> None:
        """Continue refreshing."""

    def refresh_now(self) -> None:
        """Refresh now, even while paused."""

    def attention(self, *, focused: bool, idle: timedelta) -> None:
        """Note whether the terminal has the focus, and for how long no key was pressed."""

    def open_run(self, run_id: RunID) -> None:
        """Keep all tasks of a run up to date until `close_run` was called as often."""

    def close_run(self, run_id: RunID) -> None:
        """Stop keeping a run up to date."""

    async def run(self, db: TaskDB) -> None:
        """Keep `cluster` up to date until cancelled; a poller reads from `db`."""
