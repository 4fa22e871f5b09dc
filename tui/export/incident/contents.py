"""The contents of an incident bundle, as of one moment."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from store import Run, RunID, Task
from tui.lists import explanation_texts
from tui.lists import findings as finding_list
from tui.lists import runs as run_list
from tui.lists.explanation_texts import ExplanationText
from tui.lists.runs import RunRow
from tui.settings import Settings
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.finding import Finding
from tui.watch.model.cluster import Cluster


@dataclass(frozen=True)
class RunReport:
    """A run with its state, its tasks, and the tasks that failed last in their flow."""

    row: RunRow
    tasks: Sequence[Task]
    failures: Sequence[Task]

    @property
    def run(self) -> Run:
        """The run."""
        return self.row.run


@dataclass(frozen=True, kw_only=True)
class Incident:
    """The `runs`, the findings about them, and where the data comes from.

    `written` is the time of writing; `as_of` the time of the last read, None if there was none; `seen_at` the time that
    leases are measured at; `window` the time of the past that it is about, None for the present. `trouble` says why
    data is missing, in sentences that are not yet safe to show. `explanations` are those of the findings, by cause.
    Rows of `cluster` are only looked up by id, so that a thread can do it while new ones come in.
    """

    settings: Settings
    cluster: Cluster
    runs: Sequence[RunReport]
    findings: Sequence[Finding]
    written: datetime
    as_of: datetime | None
    seen_at: datetime
    trouble: Sequence[str] = field(default=())
    explanations: Mapping[str, Sequence[ExplanationText]] = field(default_factory=dict)
    window: tuple[datetime, datetime] | None = None

    @property
    def name(self) -> str:
        """A word for the names of the files: the id of the run, if there is only one."""
        return self.runs[0].run.id.short if len(self.runs) == 1 else "runs"


def runs_of(cluster: Cluster, ids: Iterable[RunID]) -> list[RunReport]:
    """Return the known runs with these ids, in their current state."""
    found = (cluster.run(id) for id in dict.fromkeys(ids))
    return [_one(cluster, run) for run in found if run is not None]


def findings_about(findings: Iterable[Finding], ids: Collection[RunID]) -> list[Finding]:
    """Return the findings about any of these runs."""
    wanted = set(ids)
    return [finding for finding in findings if not wanted.isdisjoint(finding_list.run_ids(finding))]


def explain_findings(
    explanations: Explanations, findings: Iterable[Finding], now: datetime, seen_at: datetime
) -> dict[str, Sequence[ExplanationText]]:
    """Return what explains each finding, by its cause."""
    return {each.cause: list(explanation_texts.explain(explanations, each, now, seen_at)) for each in findings}


def _one(cluster: Cluster, run: Run) -> RunReport:
    tally = cluster.tally(run.id)
    return RunReport(run_list.row(cluster, run), list(tally.tasks.values()), tally.failures())
