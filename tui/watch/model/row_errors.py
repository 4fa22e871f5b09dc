"""The unreadable rows to report: those of the chosen user, not malformed rows of others."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from store import Digest, Error, FailureReason, Run, RunID
from tui.watch.model.cluster import Cluster


def concerning(errors: Iterable[Error], cluster: Cluster, is_asked_for: Callable[[Run], bool]) -> list[Error]:
    """Return the errors that may concern a run in scope, or a row that such a run needs.

    Left out are unreadable fields of rows that belong only to known runs of other users.
    """
    errors = list(errors)
    runs_of = _runs_of_rows(cluster) if any(_row(error) for error in errors) else {}

    def is_others(id: RunID) -> bool:
        run = cluster.run(id)
        return run is not None and bool(run.user) and not is_asked_for(run)

    def is_of_others(id: Digest) -> bool:
        runs = runs_of.get(id)
        return bool(runs) and all(map(is_others, runs or ()))

    return [error for error in errors if not is_of_others(_row(error))]


def _row(error: Error) -> Digest:
    """The row with the unreadable field; zero for other errors."""
    if error.reason is not FailureReason.UNREADABLE or not error.args:
        return Digest.ZERO
    try:
        return Digest.parse(error.args[0])
    except Error:
        return Digest.ZERO


def _runs_of_rows(cluster: Cluster) -> dict[Digest, set[RunID]]:
    """The runs that each row belongs to: a task to its own, an alloc or a pool to those with tasks in it."""
    runs: defaultdict[Digest, set[RunID]] = defaultdict(set)
    for run in cluster.runs:
        runs[run.id].add(run.id)
        for task in cluster.tally(run.id).tasks.values():
            runs[task.id].add(run.id)
            runs[task.alloc_id].add(run.id)
    for alloc in cluster.allocs:
        runs[alloc.pool_id] |= runs.get(alloc.id, set())
    runs.pop(Digest.ZERO, None)
    return runs
