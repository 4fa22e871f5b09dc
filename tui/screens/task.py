"""One task: all about it, and its other attempts."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from store import Digest, Error, RunID, Task, TaskDB
from store.logs.inspect import parse_inspect
from tui.export import copy_items as copyable
from tui.export.copy_items import CopyItem
from tui.lists import tasks as task_list
from tui.logs import console_url as console
from tui.screens import task_text
from tui.screens.base import routes as places
from tui.screens.base import row_texts as sentences
from tui.screens.base.command_registry import Command
from tui.screens.base.session import Session
from tui.screens.base.watching import WatchingScreen
from tui.screens.task_text import Inspected
from tui.text import formats
from tui.widgets.content import content
from tui.widgets.status_line import Part
from tui.widgets.text_page import TextPage

_MOST_INSPECT = 16 << 20  # bytes
_AROUND = 3  # cells beside the text


class TaskScreen(WatchingScreen):
    """A task of a run. While it is open the run is not forgotten."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("previous-attempt", "left_square_bracket", "The attempt before", action="screen.attempt(-1)"),
        Command("next-attempt", "right_square_bracket", "The next attempt", "attempts", action="screen.attempt(1)"),
    )
    MOVES = TextPage.BINDINGS

    def __init__(self, session: Session, task: Task) -> None:
        super().__init__(session)
        self._attempt = task
        self._inspected: dict[Digest, Inspected] = {}
        self._shown = Content()

    @property
    def place(self) -> places.TaskRoute:
        """One for each flow."""
        return places.TaskRoute.of(self._attempt)

    @property
    def run_id(self) -> RunID:
        """The run that it is of."""
        return self._attempt.run_id

    @property
    def task_shown(self) -> Task:
        """The task, as it is now."""
        return self.session.cluster.tally(self.run_id).tasks.get(self._attempt.id, self._attempt)

    @property
    def pool_id(self) -> Digest:
        """Where it runs."""
        return sentences.pool_id(self.session.cluster, self.task_shown)

    def logged(self) -> Task:
        """The task."""
        return self.task_shown

    @property
    def copyable(self) -> Sequence[CopyItem]:
        """All of the task, and what was run."""
        task = self.task_shown
        inspected = self._inspected.get(task.inspect)
        inspect = None if inspected is None else inspected.inspect
        ran = {} if inspect is None else {"command": inspect.command, "image": inspect.image}
        return [
            *copyable.task_items(self.session.cluster, task),
            *(CopyItem(name, text) for name, text in ran.items() if text),
        ]

    def compose_body(self) -> Iterable[Widget]:
        """The text."""
        with TextPage():
            yield Static(id="text")

    def on_mount(self) -> None:
        """Show what is known, and read what it has used."""
        self._let_go = self.session.keep_run(self.run_id)
        self.session.news.see(self.task_shown.id)
        self.query_one(TextPage).focus()

    def on_unmount(self) -> None:
        """Let its run go."""
        self._let_go()

    def crumb(self) -> Content:
        """The task."""
        return content(f"task {self._attempt.id.short} {self._attempt.ident}", "bold", 50)

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """Its state, and which attempt it is."""
        task = self.task_shown
        state = self.session.cluster.task_state(task)
        attempts = task_list.attempts(self.session.cluster, task)
        return [Part(content(state.label, sentences.style(state.tone)))], [
            Part(content(f"attempt {task.attempt + 1} of {max(each.attempt for each in attempts) + 1}"), 1)
        ]

    def tick(self) -> None:
        """Bring it up to date."""
        super().tick()
        task, session = self.task_shown, self.session
        inspected = self._inspected.get(task.inspect)
        if inspected is None:
            inspected = self._inspected[task.inspect] = self._begin_inspect(task)
        text = task_text.text(
            session.cluster,
            task,
            inspected,
            session.clock(),
            session.seen_at(),
            self._address_in_console,
            self.size.width - _AROUND,
        )
        if not text.is_same(self._shown):
            self._shown = text
            self.query_one("#text", Static).update(text)

    def action_attempt(self, step: int) -> None:
        """Show another attempt of the same flow."""
        attempts = task_list.attempts(self.session.cluster, self.task_shown)
        at = [each.id for each in attempts].index(self._attempt.id) + step
        if 0 <= at < len(attempts):
            self._attempt = attempts[at]
            self.show()

    def _address_in_console(self, digest: Digest) -> str | None:
        """Where the console of AWS shows an object of the TaskDB's bucket, where that is known."""
        try:
            return None if self.session.db is None else console.url(self.session.db.repository.place(digest))
        except Error:
            return None  # there is no bucket

    def _begin_inspect(self, task: Task) -> Inspected:
        if not task.inspect:
            return Inspected(words="" if task.end is None else "the engine left no record of what was used")
        if self.session.db is None:
            return Inspected(words="not read yet")
        self.run_worker(self._inspect(self.session.db, task.inspect), exit_on_error=False)
        return Inspected(words="reading what was used …")

    async def _inspect(self, db: TaskDB, digest: Digest) -> None:
        try:
            data = bytearray()
            async for chunk in db.repository.get(digest):
                data += chunk
                if len(data) > _MOST_INSPECT:
                    break
            self._inspected[digest] = Inspected(parse_inspect(bytes(data)))
        except Error as error:
            self._inspected[digest] = Inspected(words=f"what was used could not be read: {formats.error(error)}")
        self.tick()
