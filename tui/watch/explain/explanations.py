"""The explanations of the findings about a cluster, each worked out when it is first asked for."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from store import Digest, Task
from tui.watch.explain.shared_features import Comparison, compare
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.finding_memory import FindingMemory
from tui.watch.model.cluster import Cluster


class Explanations:
    """The explanations of `findings`, valid until the next refresh: comparing 100,000 tasks takes some 20 ms.

    `memory` has the failures of the past. `scope` names the runs whose tasks the cluster has, such as `of this run`; it
    is empty if it has those of all active runs. `last_line` returns the last line of the stderr of a task, or why there
    is none, not yet safe to show; it returns an empty text if the log was not read.
    """

    def __init__(
        self,
        cluster: Cluster,
        findings: Sequence[Finding] = (),
        memory: FindingMemory | None = None,
        scope: str = "",
        last_line: Callable[[Task], str] = lambda _: "",
    ) -> None:
        self.cluster = cluster
        self.last_line = last_line
        self.findings = findings
        self.scope = scope
        self.memory = FindingMemory() if memory is None else memory
        self._by_ident: dict[str, list[Task]] | None = None
        self._comparisons: dict[str, Comparison] = {}
        self._failing: dict[Digest, Finding] | None = None

    def compare(self, finding: Finding) -> Comparison:
        """Return what the failures of a finding share, compared with the other tasks of their ident."""
        found = self._comparisons.get(finding.cause)
        if found is None:
            idents = {task.ident for task in finding.tasks}
            others = [task for ident in idents for task in self._tasks_of(ident)]
            found = self._comparisons[finding.cause] = compare(self.cluster, finding.tasks, others)
        return found

    def finding_of(self, task: Task) -> Finding | None:
        """Return the finding that a failed task belongs to, or None."""
        if self._failing is None:
            failing = (each for each in self.findings if each.kind is FindingKind.FAILING)
            self._failing = {task.id: finding for finding in failing for task in finding.tasks}
        return self._failing.get(task.id)

    def _tasks_of(self, ident: str) -> Sequence[Task]:
        if self._by_ident is None:
            by_ident: defaultdict[str, list[Task]] = defaultdict(list)
            for run in self.cluster.runs:
                for task in self.cluster.tally(run.id).tasks.values():
                    by_ident[task.ident].append(task)
            self._by_ident = dict(by_ident)
        return self._by_ident.get(ident, ())
