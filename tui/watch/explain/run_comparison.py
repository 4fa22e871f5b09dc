"""Two runs of one program side by side: for each ident tasks, durations, failures, retries, resources and images."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

import msgspec

from store import Digest, Resources, RunID, Task
from tui.watch.model.cluster import Cluster


class IdentFacts(msgspec.Struct, frozen=True):
    """The tasks of an ident in one run.

    `tasks` counts flows, and `failed` those that failed; `retried` counts attempts with a later one. `typical`
    is the median duration of the attempts that succeeded, None if none has. `resources` and `images` are those of all
    attempts.
    """

    tasks: int
    running: int
    failed: int
    retried: int
    typical: timedelta | None
    resources: frozenset[Resources]
    images: frozenset[Digest]


class IdentComparison(msgspec.Struct, frozen=True):
    """An ident in a run `now` and in the run `then` that it is compared with; None where that run does not have it."""

    ident: str
    now: IdentFacts | None
    then: IdentFacts | None

    @property
    def ratio(self) -> float | None:
        """The typical duration now by that then; None without both."""
        now, then = (facts.typical if facts is not None else None for facts in (self.now, self.then))
        return now / then if now is not None and then else None

    @property
    def has_other_resources(self) -> bool:
        """Whether the tasks request other amounts than then."""
        return self.now is not None and self.then is not None and self.now.resources != self.then.resources

    @property
    def has_other_images(self) -> bool:
        """Whether image or command of the tasks differ."""
        return self.now is not None and self.then is not None and self.now.images != self.then.images


def compare_runs(now: Cluster, run_now: RunID, then: Cluster, run_then: RunID) -> list[IdentComparison]:
    """Return the idents of two runs in the order in which they first started, those of the newer run first."""
    here, there = _by_ident(now, run_now), _by_ident(then, run_then)
    idents = dict.fromkeys([*here, *there])
    return [
        IdentComparison(
            ident,
            _facts(now, here[ident]) if ident in here else None,
            _facts(then, there[ident]) if ident in there else None,
        )
        for ident in idents
    ]


def _by_ident(cluster: Cluster, run_id: RunID) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {}
    for task in sorted(cluster.tally(run_id).tasks.values(), key=_start):
        found.setdefault(task.ident, []).append(task)
    return found


def _start(task: Task) -> tuple[float, Digest]:
    return task.start.timestamp() if isinstance(task.start, datetime) else 0.0, task.id


def _facts(cluster: Cluster, tasks: Iterable[Task]) -> IdentFacts:
    tasks = list(tasks)
    spans = (task.end - task.start for task in tasks if task.err is None and task.end and task.start)
    took = [max(0.0, span.total_seconds()) for span in spans]  # clocks of writers differ
    return IdentFacts(
        tasks=len({task.flow_id or task.id for task in tasks}),
        running=sum(task.end is None for task in tasks),
        failed=sum(map(cluster.has_failed, tasks)),
        retried=sum(map(cluster.is_retried, tasks)),
        typical=timedelta(seconds=median(took)) if took else None,
        resources=frozenset(task.resources for task in tasks),
        images=frozenset(task.img_cmd_id for task in tasks),
    )
