"""The rows that a screen points at: what copies, bundles, marks and other screens refer to."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Self

import msgspec

from store import Digest, Run, RunID, Task
from tui.watch.findings.finding import Finding
from tui.watch.model.cluster import Cluster

if TYPE_CHECKING:
    from tui.export.copy_items import CopyItem
    from tui.watch.findings.acknowledgements import Signature


class IncidentScope(msgspec.Struct, frozen=True):
    """The runs of an incident bundle, and its findings; None for all findings about these runs."""

    run_ids: Sequence[RunID] = ()
    findings: Sequence[Finding] | None = None


class Subject(msgspec.Struct, frozen=True):
    """The rows that a command applies to: the row under the cursor, or the run or task that the screen shows."""

    run_id: RunID | None = None
    row: Task | Run | None = None
    """The row whose logs can be read, in its current state."""
    pool_id: Digest = Digest.ZERO
    """The pool under the cursor; zero for none."""
    copy_items: "Sequence[CopyItem]" = ()
    """The texts that can be copied, the most likely one first."""
    incident: IncidentScope = IncidentScope()
    pool_ids: tuple[Digest, ...] = ()
    """The pools of what is under the cursor, such as those of a finding."""
    tasks: Callable[[], Iterable[Task]] = tuple
    """Returns the tasks of what is under the cursor if that is neither a task nor a run."""
    noun: str = ""
    """The noun for the owner of these tasks: `finding`, `host`."""
    signature: "Signature | None" = None
    """The finding or failed run that can be acknowledged."""

    @classmethod
    def for_run(cls, cluster: Cluster, run_id: RunID | None) -> Self:
        """Return the subject of a screen that points at a run; an empty one for None."""
        if run_id is None:
            return cls()
        from tui.export import copy_items as items  # the first frame has no rows

        run = cluster.run(run_id)
        copied = [] if run is None else items.run_items(run)
        return cls(run_id, run, copy_items=copied, incident=IncidentScope([run_id]))

    @classmethod
    def for_task(cls, cluster: Cluster, task: Task) -> Self:
        """Return the subject of a screen that points at a task."""
        from tui.export import copy_items as items

        pool = cluster.pool_of(task)
        return cls(
            task.run_id,
            task,
            Digest.ZERO if pool is None else pool.id,
            items.task_items(cluster, task),
            IncidentScope([task.run_id]),
        )
