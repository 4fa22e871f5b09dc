"""Turns what a poller sees into refreshes: plain values for a file or the session history."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from store import Error, RunID
from tui.watch.model.changes import Changes
from tui.watch.model.delta import Delta
from tui.watch.model.usual_duration import UsualDuration
from tui.watch.polling.poller import Poller
from tui.watch.polling.status import Status


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """The model after a refresh at `time`, by the clock of the machine that read it.

    `delta` is the difference from the refresh before; in a keyframe it is everything. The other fields are always
    complete: why the tasks of runs could not be read, and the usual durations of idents.
    """

    time: datetime
    status: Status
    delta: Delta
    history_errors: Mapping[RunID, Error] = dataclasses.field(default_factory=dict)
    usual: Mapping[str, UsualDuration] = dataclasses.field(default_factory=dict)


class Recorder:
    """Makes a Refresh of each refresh of `poller`, with what background reads brought since the last one."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._changes = Changes()
        self._refreshes = 0
        self._time = poller.now()

    def record(self, changes: Changes) -> Refresh | None:
        """Add changes of the model; return a Refresh if one has finished, successfully or not."""
        self._changes.update(changes)
        return None if self._poller.status.refreshes == self._refreshes else self._taken(self._changes)

    def remainder(self) -> Refresh | None:
        """Return what was read since the last refresh, if anything."""
        return self._taken(self._changes) if self._changes else None

    def keyframe(self) -> Refresh:
        """Return a keyframe: everything that is known, in place of the last refresh."""
        return self._taken(None)

    def _taken(self, changes: Changes | None) -> Refresh:
        poller = self._poller
        self._changes, self._refreshes = Changes(), poller.status.refreshes
        self._time = max(poller.now(), self._time)  # the clock may be set
        return Refresh(
            time=self._time,
            status=poller.status,
            delta=poller.cluster.delta(changes),
            history_errors=dict(poller.history_errors),
            usual=dict(poller.cluster.usual),
        )
