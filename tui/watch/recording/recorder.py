"""What a poller sees, one refresh after the other, as values: for a file, or for going back."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta

from store import Error, RunID
from tui.watch.model.changes import Changes
from tui.watch.model.delta import Delta
from tui.watch.polling.poller import Poller
from tui.watch.polling.status import Status


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """What is known after a refresh at `time`, by the clock of whoever read.

    `delta` is what differs from the refresh before; everything where this is one to begin at. The rest is all of it:
    why the tasks of runs could not be read, and how long the tasks of idents usually take.
    """

    time: datetime
    status: Status
    delta: Delta
    history_errors: Mapping[RunID, Error] = dataclasses.field(default_factory=dict)
    usual: Mapping[str, timedelta] = dataclasses.field(default_factory=dict)


class Recorder:
    """Makes a Refresh of each sweep of `poller`, with what was read beside the sweeps since the last one."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._changes = Changes()
        self._sweeps = 0
        self._time = poller.now()

    def notice(self, changes: Changes) -> Refresh | None:
        """Take what the poller notifies of; returns a refresh when a sweep has ended, well or not."""
        self._changes.update(changes)
        return None if self._poller.status.sweeps == self._sweeps else self._taken(self._changes)

    def rest(self) -> Refresh | None:
        """What was read since the last sweep, if anything."""
        return self._taken(self._changes) if self._changes else None

    def everything(self) -> Refresh:
        """All that is known by now: a refresh to begin at, in place of the last one."""
        return self._taken(None)

    def _taken(self, changes: Changes | None) -> Refresh:
        poller = self._poller
        self._changes, self._sweeps = Changes(), poller.status.sweeps
        self._time = max(poller.now(), self._time)  # the clock may be set
        return Refresh(
            time=self._time,
            status=poller.status,
            delta=poller.cluster.delta(changes),
            history_errors=dict(poller.history_errors),
            usual=poller.usual,
        )
