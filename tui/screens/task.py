"""One task: all its details, and the other attempts of its flow."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from msgspec.structs import replace
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from store import Digest, Error, Task, TaskDB
from store.logs.inspect import parse_inspect, read_inspect
from tui.export.copy_items import CopyItem
from tui.lists import cost_texts, explanation_texts
from tui.lists import tasks as task_list
from tui.lists.cells import task_state_cell
from tui.logs import console_url as console
from tui.logs import provenance
from tui.screens import task_text
from tui.screens.actions import log_evidence
from tui.screens.actions.common import COMMON
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.command_registry import Command, Group, grouped
from tui.screens.base.routes import TaskRoute
from tui.screens.base.row_texts import style
from tui.screens.base.session import Session
from tui.screens.base.subject import Subject
from tui.screens.task_text import Inspected
from tui.text.redaction import redact
from tui.watch.polling import error_texts
from tui.widgets.content import assemble, content
from tui.widgets.status_line import Part
from tui.widgets.text_page import TextPage

_MARGIN = 3  # cells beside the text
_LOADING = Inspected(reason="loading the inspect object …")


class TaskScreen(BaseScreen):
    """A task of a run. The poller keeps the run while the screen is open."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        *grouped(
            Group.MOVE,
            [
                Command("previous-attempt", "left_square_bracket", "Previous attempt", action="screen.attempt(-1)"),
                Command("next-attempt", "right_square_bracket", "Next attempt", "attempts", action="screen.attempt(1)"),
            ],
        ),
        *COMMON,
    )
    MOVES = TextPage.BINDINGS

    def __init__(self, session: Session, route: TaskRoute) -> None:
        super().__init__(session, route)
        self._run_id = route.run_id
        self._attempt = route.task
        self._inspected: dict[Digest, Inspected] = {}  # by the digest of the inspect object
        self._shown = Content()

    @property
    def task_shown(self) -> Task:
        """The current row of the task."""
        return self.session.cluster.tally(self._run_id).tasks.get(self._attempt.id, self._attempt)

    def subject(self) -> Subject:
        """Return the task; its command and image can be copied, too."""
        subject = Subject.for_task(self.session.cluster, self.task_shown)
        inspected = self._inspected.get(self.task_shown.inspect)
        inspect = None if inspected is None else inspected.inspect
        texts = {} if inspect is None else {"command": inspect.command, "image": inspect.image}
        items = [CopyItem(name, text) for name, text in texts.items() if text]
        return replace(subject, copy_items=[*subject.copy_items, *items])

    def commands_here(self) -> Sequence[Command]:
        """Return the commands; without those for other attempts if there are none."""
        attempts = task_list.attempts(self.session.cluster, self.task_shown)
        hidden = () if len(attempts) > 1 else ("next-attempt",)
        return [command for command in super().commands_here() if command.name not in hidden]

    def compose_body(self) -> Iterable[Widget]:
        with TextPage():
            yield Static(id="text")

    def on_mount(self) -> None:
        """Keep the run, and mark the change of the task as seen."""
        self._release_run = self.session.keep_run(self._run_id)
        self.session.unseen_changes.mark_seen(self.task_shown.id)
        self.query_one(TextPage).focus()

    def on_unmount(self) -> None:
        self._release_run()

    def breadcrumb(self) -> Content:
        return content(f"task {self._attempt.id.short} {self._attempt.ident}", "bold", 50)

    def status_parts(self) -> tuple[Sequence[Part], Sequence[Part]]:
        task = self.task_shown
        state = task_state_cell(self.session.cluster, task, self.session.seen_at())
        attempts = task_list.attempts(self.session.cluster, task)
        return [Part(content(state.text, style(state.style)))], [
            Part(content(f"attempt {task.attempt + 1} of {max(each.attempt for each in attempts) + 1}"), 1)
        ]

    def tick(self) -> None:
        super().tick()
        task, session, now = self.task_shown, self.session, self.session.clock()
        inspected = self._inspection(task)
        log_evidence.read_last_line(self, session, task, self.tick, is_repeated=True)
        text = task_text.text(
            session.cluster,
            task,
            inspected,
            now,
            session.seen_at(),
            self._console_url,
            self.size.width - _MARGIN,
            why=[each[:2] for each in explanation_texts.explain(session.explanations, task, now, session.seen_at())],
            cost="" if (costs := session.costs) is None else cost_texts.task_line(costs, task),
        )
        if not text.is_same(self._shown):
            self._shown = text
            self.query_one("#text", Static).update(assemble(text))

    def action_attempt(self, step: int) -> None:
        """Show another attempt of the same flow."""
        attempts = task_list.attempts(self.session.cluster, self.task_shown)
        index = [each.id for each in attempts].index(self._attempt.id) + step
        if 0 <= index < len(attempts):
            self._attempt = attempts[index]
            self.show()

    def _console_url(self, digest: Digest) -> str | None:
        """Return the address of an object in the AWS console; None if the TaskDB has no bucket."""
        try:
            return None if self.session.db is None else console.url(self.session.db.repository.location(digest))
        except Error:
            return None

    def read_again(self) -> None:
        """Read the inspect objects again that could not be read."""
        self._inspected = {
            digest: each for digest, each in self._inspected.items() if each.inspect is not None or each is _LOADING
        }
        self.tick()

    def _inspection(self, task: Task) -> Inspected:
        """Return the inspect object of a task, or why there is none; start to read one that was not read."""
        if not task.inspect:
            return Inspected(reason="" if task.end is None else "no inspect object was written")
        if self.session.db is None:
            return Inspected(reason="not read yet")
        if task.inspect not in self._inspected:
            self._inspected[task.inspect] = _LOADING
            _: Worker[None] = self.run_worker(partial(self._read_inspect, self.session.db, task.inspect))
        return self._inspected[task.inspect]

    async def _read_inspect(self, db: TaskDB, digest: Digest) -> None:
        try:
            self._inspected[digest] = Inspected(parse_inspect(await read_inspect(db.repository, digest)))
        except Error as error:
            why = redact(error_texts.describe(error))
            again = f"; {self.key_of('refresh')} tries again" if provenance.may_change(error) else ""
            self._inspected[digest] = Inspected(reason=f"the inspect object cannot be read: {why.rstrip('.')}{again}")
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            self._inspected[digest] = Inspected(reason=f"the inspect object cannot be read: {why}")
            if not self.take_failure(error):
                raise
        if self.is_current and self.is_ready:
            self.tick()
