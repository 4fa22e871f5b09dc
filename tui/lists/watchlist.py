"""The runs that the user watches: each change of state is reported once."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from store import RunID
from tui.lists import runs as run_list
from tui.lists.runs import RunRow
from tui.text import formats
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import run_name
from tui.watch.model.states import State


class StateChange(NamedTuple):
    """A watched run has changed its state; `before` is None if the first state is known only now."""

    row: RunRow
    before: State | None

    @property
    def after(self) -> State:
        """The state that the run is in now."""
        return self.row.state

    @property
    def is_notable(self) -> bool:
        """Whether the change is worth a notification: the run has ended, fails, or is stale or lost."""
        return self.after.has_ended or self.after.needs_attention

    @property
    def title(self) -> str:
        """A sentence about the run and its new state."""
        return f"run {self.row.run.id.short} {self.after.facts.sentence}"

    @property
    def text(self) -> str:
        """The name, user and counts of the run. Not yet safe to show."""
        return ", ".join(filter(None, (run_name(self.row.run), self.row.run.user, counts(self.row))))


def counts(row: RunRow) -> str:
    """Return ended tasks, failed flows and lost tasks: `55/80 tasks, 12 flows failed, 4 lost`."""
    failed = f", {formats.count(row.failed_flows, 'flow')} failed" if row.failed_flows else ""
    lost = f", {row.all_lost} lost" if row.all_lost else ""
    return f"{run_list.count(row)} tasks{failed}{lost}"


class Watchlist:
    """The watched runs, each with the state that was reported last."""

    def __init__(self) -> None:
        self._reported: dict[RunID, State | None] = {}

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._reported

    def __len__(self) -> int:
        return len(self._reported)

    def __iter__(self) -> Iterator[RunID]:
        return iter(self._reported)

    def add(self, run_id: RunID, reported: State | None = None) -> None:
        """Watch a run. The user already knows that its state was `reported`; None for an unknown state."""
        self._reported[run_id] = reported

    def discard(self, run_id: RunID) -> None:
        """Stop watching a run."""
        self._reported.pop(run_id, None)

    def news(self, cluster: Cluster, is_known: Callable[[RunID], bool] = lambda _: True) -> list[StateChange]:
        """Return the watched runs of `cluster` that have changed state since the last report, and count them as
        reported.

        A run for which `is_known` is false is left for later.
        """
        found = []
        for run_id, before in self._reported.items():
            run = cluster.run(run_id)
            if run is not None and is_known(run_id) and cluster.run_state(run_id) is not before:
                found.append(StateChange(run_list.row(cluster, run), before))
        self._reported.update((each.row.run.id, each.after) for each in found)
        return found
