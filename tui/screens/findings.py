"""The findings: failures by cause, stale and lost rows, slow tasks and idle pools."""

from collections.abc import Hashable, Iterable, Sequence
from functools import partial
from typing import ClassVar

from msgspec.structs import replace
from textual.content import Content
from textual.widget import Widget

from store import PoolRow, Run, Task
from tui.export.copy_items import CopyItem
from tui.lists import findings as finding_list
from tui.lists import tasks as task_list
from tui.lists.columns import Column
from tui.query.filter import Fields
from tui.screens.actions import common, routing
from tui.screens.base import status_texts
from tui.screens.base.command_registry import Command, Group, run_action
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.routes import FindingRoute, FindingsRoute, RunRoute
from tui.screens.base.session import Session
from tui.screens.base.subject import IncidentScope, Subject
from tui.screens.preview import finding_preview
from tui.screens.preview.pane import PreviewPane
from tui.screens.tasks import TaskSource
from tui.text import formats
from tui.text.safe import NONE
from tui.watch.findings.acknowledgements import Signature
from tui.watch.findings.finding import Finding, FindingKind, Severity
from tui.watch.model.cluster import Cluster
from tui.widgets.content import content
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part


class FindingsScreen(ListScreen[Finding]):
    """The findings about one run, or about all runs of the chosen user, worst first."""

    LIST = "failures"
    NOT_IN_FOOTER = ("failures",)
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "The tasks, or the run, of the finding", "tasks", group=Group.GO_TO),
        *common.ACKNOWLEDGE,
        common.NOTE,
        *common.SCOPE,
        common.PREVIEW,
    )

    def __init__(self, session: Session, route: FindingsRoute) -> None:
        super().__init__(session, route)
        self._run_id = route.run_id

    def subject(self) -> Subject:
        """Return the run that is shown, or the only run of the finding under the cursor, and its tasks and hosts."""
        finding, shown, cluster = self.table.cursor_row, self.table.rows_shown, self.session.cluster
        run_id = self._run_id
        if run_id is None and finding is not None:
            run_ids = finding_list.run_ids(finding)
            run_id = run_ids[0] if len(run_ids) == 1 else None
        return replace(
            Subject.for_run(cluster, run_id),
            copy_items=[] if finding is None else self._copy_items(finding),
            incident=IncidentScope([run_id for each in shown for run_id in finding_list.run_ids(each)], shown),
            tasks=partial(self._tasks, finding),
            noun="finding",
            pool_ids=() if finding is None else tuple(pool.id for pool in finding_list.pools(cluster, finding)),
            signature=None if finding is None else Signature.for_finding(finding),
        )

    def commands_here(self) -> Sequence[Command]:
        """Return the commands; without notes and comparisons, unless the finding is about an error, or about runs."""
        finding, hidden = self.table.cursor_row, set[str]()
        if finding is None or finding.kind is not FindingKind.FAILING:
            hidden.add("note")
        if finding is None or not any(isinstance(row, Run | Task) for row in finding.rows):
            hidden.add("compare")
        return [command for command in super().commands_here() if command.name not in hidden]

    def _tasks(self, finding: Finding | None) -> Iterable[Task]:
        """The current tasks of a finding that belong to the run that is shown."""
        tasks = [] if finding is None else finding.tasks
        return _current(self.session.cluster, (task for task in tasks if self._run_id in (None, task.run_id)))

    def _copy_items(self, finding: Finding) -> Sequence[CopyItem]:
        runs, error = finding_list.run_ids(finding), finding_list.error(finding)
        texts = {
            "run" if len(runs) == 1 else "runs": " ".join(map(str, runs)),
            "finding": finding.reason,
            "finding id": finding.id,
            "hosts": ", ".join(finding_list.hosts(self.session.cluster, finding)),
            "error": "" if error is None else str(error),
        }
        return [CopyItem(name, text) for name, text in texts.items() if text]

    def columns(self) -> Sequence[Column[Finding]]:
        return finding_list.columns(self.session.cluster, self.session.clock, self._is_acknowledged)

    def key(self, row: Finding) -> Hashable:
        return row.cause

    def rows(self) -> Sequence[Finding]:
        if self._run_id is None:
            found = self.session.findings_in_scope()
        else:
            found = [each for each in self.session.findings if self._run_id in finding_list.run_ids(each)]
        return sorted(found, key=self._is_acknowledged)

    def _is_acknowledged(self, finding: Finding) -> bool:
        return self.session.acknowledged.is_acknowledged(Signature.for_finding(finding), self.session.clock())

    def fields(self) -> Fields[Finding]:
        return finding_list.fields(self.session.cluster, self.session.clock())

    def empty_text(self) -> Content:
        user = self.session.user
        whose = "" if user is None or self._run_id is not None else f" of {user}; :user all shows those of all users"
        reason = "" if whose else ": nothing has failed, is stale, lost or slow"
        return status_texts.empty(self.session, f"No findings{whose}{reason}.")

    def breadcrumb(self) -> Content:
        return content("failures" if self._run_id is None else f"failures of {self._run_id.short}", "bold")

    def status_parts(self) -> tuple[Sequence[Part], Sequence[Part]]:
        left, right = super().status_parts()
        acknowledged = sum(map(self._is_acknowledged, self.all_rows))
        critical = sum(each.severity is Severity.CRITICAL and not self._is_acknowledged(each) for each in self.all_rows)
        dismissed = [Part(content(f"{acknowledged} acknowledged", "$muted"), 1)] if acknowledged else []
        text = f"{NONE if self.session.known(critical) is None else critical} critical"
        if self.session.user is not None and self._run_id is None:
            left = [*left, Part(content(f"user {formats.user(self.session.user)}", limit=30), 0, run_action("user"))]
        return left, [*right, *dismissed, Part(content(text, "$text-error" if critical else "$muted"))]

    def compose_below(self) -> Iterable[Widget]:
        yield Paragraph(id="task")
        yield PreviewPane()

    def tick(self) -> None:
        super().tick()
        if self.query_one(PreviewPane).display:
            self.show_details()

    def show_details(self) -> None:
        finding, text = self.table.cursor_row, Content()
        make = None if finding is None else partial(finding_preview.finding_preview, self.session, finding)
        if not self.query_one(PreviewPane).show_row(make, finding) and finding is not None:
            details = finding_preview.details(self.session, finding)
            text = Content("\n").join(details)
        self.query_one("#task", Paragraph).show(text)

    def action_open(self) -> None:
        """Show the tasks of the finding under the cursor, or its run or pool."""
        finding = self.table.cursor_row
        if finding is None:
            return
        if isinstance(finding.rows[0], Run):
            routing.go(self, RunRoute(finding.rows[0].id))
        elif finding.tasks:
            routing.go(self, FindingRoute(finding.cause, finding))
        elif isinstance(finding.rows[0], PoolRow):
            routing.go_to_pools(self)


class FindingTasks(TaskSource):
    """The tasks of a finding, of any run."""

    def __init__(self, session: Session, route: FindingRoute) -> None:
        super().__init__(session, route)
        self._finding = route.finding

    def tasks(self) -> Sequence[Task]:
        """Return the current tasks of the finding; its last ones if it is resolved."""
        cluster, cause = self.session.cluster, self._finding.cause
        self._finding = next((each for each in self.session.findings if each.cause == cause), self._finding)
        return task_list.in_order(cluster, _current(cluster, self._finding.tasks))

    def breadcrumb(self) -> Content:
        return content(self._finding.reason, "bold", 60)

    def empty_text(self) -> Content:
        return content("These tasks are no longer loaded.")


def _current(cluster: Cluster, tasks: Iterable[Task]) -> Iterable[Task]:
    """Return the current versions of tasks; a task that the model has forgotten stays as it is."""
    return (cluster.tally(task.run_id).tasks.get(task.id, task) for task in tasks)
