"""Runs that somebody waits for: what becomes of them is news."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from store import RunID
from tui.lists import runs as run_list
from tui.lists.runs import RunRow
from tui.text import formats
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State


class StateChange(NamedTuple):
    """A run has come from one state to another, from None if that is the first that is known of it."""

    row: RunRow
    before: State | None

    @property
    def after(self) -> State:
        """The state that it is in now."""
        return self.row.state

    @property
    def is_final_or_bad(self) -> bool:
        """Whether it has ended, fails or is silent: what one waits for."""
        return self.after.has_ended or self.after.needs_attention

    @property
    def title(self) -> str:
        """A sentence on what has become of the run."""
        return f"run {self.row.run.id.short} {self.after.facts.sentence}"

    @property
    def text(self) -> str:
        """What the run is, and how far it has come. Not yet safe to show."""
        return ", ".join(filter(None, (run_list.short_name(self.row.run), self.row.run.user, counts(self.row))))


def counts(row: RunRow) -> str:
    """How many tasks are done, and how many flows have failed: `55/80 tasks, 12 flows failed`."""
    failed = f", {formats.count(row.failed_flows, 'flow')} failed" if row.failed_flows else ""
    return f"{run_list.count(row)} tasks{failed}"


class Watchlist:
    """The runs that are marked, each with the state that was told of it last."""

    def __init__(self) -> None:
        self._told: dict[RunID, State | None] = {}

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._told

    def __len__(self) -> int:
        return len(self._told)

    def __iter__(self) -> Iterator[RunID]:
        return iter(self._told)

    def add(self, run_id: RunID, told: State | None = None) -> None:
        """Mark a run; it is no news that it is in the state `told`."""
        self._told[run_id] = told

    def discard(self, run_id: RunID) -> None:
        """Take back `add`."""
        self._told.pop(run_id, None)

    def news(self, cluster: Cluster, is_known: Callable[[RunID], bool] = lambda _: True) -> list[StateChange]:
        """Those of the marked runs in `cluster` that are in another state than was told last; each is told once.

        What becomes of a run that is not known well enough is told later.
        """
        found = []
        for run_id, before in self._told.items():
            run = cluster.run(run_id)
            if run is not None and is_known(run_id) and cluster.run_state(run_id) is not before:
                found.append(StateChange(run_list.row(cluster, run), before))
        self._told.update((each.row.run.id, each.after) for each in found)
        return found
