"""The failures of earlier runs of the demo, kept in the memory of failures as a dashboard of that time would have."""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from store import Run
from tui.demo.run_plan import RunPlan
from tui.watch.findings.finding_memory import FindingMemory
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster


def remember_failures(memory: FindingMemory, plans: Iterable[RunPlan], now: datetime) -> None:
    """Add the failures of the runs among `plans` that have ended by `now` to a memory, and write it.

    The memory begins at the end of the first of these runs. Raises nothing if the file cannot be written.
    """
    ended = (plan for plan in plans if plan.life.ended and plan.life.stop <= now)
    for plan in sorted(ended, key=lambda plan: plan.life.stop):
        cluster = Cluster(plan.life.stop)
        cluster.add(
            [
                Run(
                    id=plan.id,
                    user=plan.user,
                    labels=plan.workflow.labels,
                    start=plan.life.start,
                    keepalive=plan.life.stop,
                    end=plan.life.stop,
                )
            ]
        )
        cluster.add(
            replace(each.task, start=each.life.start, keepalive=each.life.stop, end=each.life.stop, err=each.err)
            for each in plan.tasks
            if each.life.ended
        )
        memory.observe(cluster, Findings(cluster).find())
    memory.flush(now)
