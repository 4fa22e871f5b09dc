"""Where a dashboard has its data from: a table that is read, or what was recorded of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from store import Error, RunID, TaskDB
from tui.watch.findings.findings import Finding
from tui.watch.model.cluster import Cluster
from tui.watch.polling.budget import Budget
from tui.watch.polling.status import Status


class DataSource(Protocol):
    """Keeps `cluster` up to date while it runs, and tells how that goes in `status`."""

    @property
    def cluster(self) -> Cluster:
        """What is known. A replay that goes back in time has another one."""

    @property
    def status(self) -> Status:
        """How the reading goes, or went."""

    @property
    def is_paused(self) -> bool:
        """Whether nothing comes in."""

    @property
    def budget(self) -> Budget:
        """What reading may cost."""

    @property
    def every(self) -> timedelta:
        """The time from one sweep to the next."""

    @property
    def history_errors(self) -> Mapping[RunID, Error]:
        """Why the tasks of runs could not be read."""

    @property
    def findings(self) -> list[Finding]:
        """What deserves attention in what is known now, what matters most first."""

    def now(self) -> datetime:
        """The time that is shown, by the clock of whoever reads the table."""

    def pause(self) -> None:
        """Let nothing come in, but what is asked for."""

    def resume(self) -> None:
        """Go on."""

    def refresh_now(self) -> None:
        """Look for what is new at once."""

    def attention(self, *, focused: bool, idle: timedelta) -> None:
        """Whether the terminal has the focus, and how long no key was pressed."""

    def open_run(self, run_id: RunID) -> None:
        """All tasks of a run are wanted, until `close_run`."""

    def close_run(self, run_id: RunID) -> None:
        """Take back `open_run`."""

    async def run(self, db: TaskDB) -> None:
        """Go on until cancelled, reading from `db` if from anything."""
