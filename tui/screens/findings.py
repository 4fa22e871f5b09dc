"""What deserves attention: what fails and why, what went silent, what runs where nothing should."""

from collections.abc import Hashable, Iterable, Sequence
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from store import PoolRow, Run, RunID, Task
from tui.export.copy_items import CopyItem
from tui.lists import findings as finding_list
from tui.lists import runs as run_list
from tui.lists import tasks as task_list
from tui.lists.columns import Column
from tui.query.filter import Fields
from tui.screens.actions.scope import Scoped
from tui.screens.base import routes as places
from tui.screens.base import status_texts as words
from tui.screens.base.command_registry import Command
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.session import Session
from tui.screens.base.shared import Shared
from tui.screens.tasks import TasksScreen
from tui.text import formats
from tui.watch.findings.findings import Finding, Severity
from tui.widgets.content import content
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part


class FindingsScreen(Scoped, ListScreen[Finding]):
    """The findings, worst first: of one run, or of all runs of the user that is chosen."""

    LIST = "failures"
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "The tasks, or the run, that this is about", "tasks"),
    )

    def __init__(self, session: Session, run_id: RunID | None = None) -> None:
        super().__init__(session)
        self._only = run_id

    @property
    def place(self) -> places.FindingsRoute:
        """One for each run, and one for all."""
        return places.FindingsRoute(self._only)

    @property
    def run_id(self) -> RunID | None:
        """The run that this is about, if it is about one."""
        row = self.table.cursor_row
        if self._only is not None or row is None:
            return self._only
        runs = finding_list.run_ids(row)
        return runs[0] if len(runs) == 1 else None

    @property
    def copyable(self) -> Sequence[CopyItem]:
        """The runs that the finding under the cursor is about, what it says, the hosts and the newest error."""
        finding = self.table.cursor_row
        if finding is None:
            return ()
        runs, error = finding_list.run_ids(finding), finding_list.error(finding)
        named = {
            "run" if len(runs) == 1 else "runs": " ".join(map(str, runs)),
            "finding": finding.reason,
            "hosts": ", ".join(finding_list.hosts(self.session.cluster, finding)),
            "error": "" if error is None else str(error),
        }
        return [CopyItem(name, text) for name, text in named.items() if text]

    def shared(self) -> Shared:
        """What was found, as it is shown, and the runs that it is about."""
        findings = self.table.rows_shown
        return Shared([run_id for finding in findings for run_id in finding_list.run_ids(finding)], findings)

    def columns(self) -> Sequence[Column[Finding]]:
        """Those of findings."""
        return finding_list.columns(self.session.cluster, self.session.clock)

    def key(self, row: Finding) -> Hashable:
        """What it is about: rows come and go."""
        return finding_list.key(row)

    def rows(self) -> Sequence[Finding]:
        """The findings about the run, or about runs of the user."""
        user, cluster = self.session.user, self.session.cluster

        def is_wanted(finding: Finding) -> bool:
            ids = finding_list.run_ids(finding)
            if self._only is not None:
                return self._only in ids
            runs = [run for run in map(cluster.run, ids) if run is not None]
            return user is None or any(run_list.is_of(run, user) for run in runs)

        return [finding for finding in self.session.findings if is_wanted(finding)]

    def fields(self) -> Fields[Finding]:
        """Those of the rows that it is about."""
        return finding_list.fields(self.session.cluster, self.session.clock())

    def nothing(self) -> Content:
        """Whether all is well, or whether that is not known yet."""
        return words.nothing(self.session.poller, "Nothing fails, is silent or slow, as far as is known.")

    def crumb(self) -> Content:
        """The findings."""
        return content("failures" if self._only is None else f"failures of {self._only.short}", "bold")

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """How many there are."""
        left, right = super().where()
        bad = sum(finding.severity is Severity.BAD for finding in self.known)
        return left, [*right, Part(content(f"{bad} bad", "$text-error" if bad else "$muted"))]

    def compose_below(self) -> Iterable[Widget]:
        """The finding under the cursor."""
        yield Paragraph(id="task")

    def explain(self) -> None:
        """Say all of it, with an error in full."""
        row = self.table.cursor_row
        self.query_one("#task", Paragraph).show(Content() if row is None else Content("\n").join(self._lines(row)))

    def _lines(self, finding: Finding) -> Iterable[Content]:
        cluster = self.session.cluster
        yield content(finding.reason, "bold")
        runs = [run for run in map(cluster.run, finding_list.run_ids(finding)) if run is not None]
        if runs:
            named = ", ".join(
                f"{run.id.short} {run_list.short_name(run)} ({formats.user(run.user)})" for run in runs[:6]
            )
            yield content(f"runs: {named}")
        if hosts := finding_list.hosts(cluster, finding):
            yield content(f"hosts: {', '.join(hosts[:6])}{f' and {len(hosts) - 6} more' if len(hosts) > 6 else ''}")
        if (error := finding_list.error(finding)) is not None:
            yield content(formats.error(error), "$text-error")

    def action_open(self) -> None:
        """Show the rows that it is about."""
        finding = self.table.cursor_row
        if finding is None:
            return
        if any(isinstance(row, Task) for row in finding.rows):
            self.go(places.FindingRoute(finding_list.key(finding), finding))
        elif isinstance(finding.rows[0], Run):
            self.go(places.RunRoute(finding.rows[0].id))
        elif isinstance(finding.rows[0], PoolRow):
            self.action_pools()


class FindingScreen(TasksScreen):
    """The tasks that a finding is about, of any run."""

    def __init__(self, session: Session, finding: Finding) -> None:
        super().__init__(session)
        self._finding = finding

    @property
    def place(self) -> places.FindingRoute:
        """One for each finding."""
        return places.FindingRoute(finding_list.key(self._finding), self._finding)

    def columns(self) -> Sequence[Column[Task]]:
        """Also the runs, for they differ."""
        return [*task_list.run_columns(self.session.cluster), *super().columns()]

    def rows(self) -> Sequence[Task]:
        """Those that it is about now; if it is no more, those that it was about."""
        key, cluster = finding_list.key(self._finding), self.session.cluster
        found = (each for each in self.session.findings if finding_list.key(each) == key)
        self._finding = next(found, self._finding)
        tasks = (row for row in self._finding.rows if isinstance(row, Task))
        return task_list.in_order(cluster, (cluster.tally(task.run_id).tasks.get(task.id, task) for task in tasks))

    def nothing(self) -> Content:
        """There always were some."""
        return content("These tasks are known no more.")

    def crumb(self) -> Content:
        """What was found."""
        return content(self._finding.reason, "bold", 60)
