"""What the screens have in common: they show what is known, how old it is, where one is, and the keys."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from store import Digest, Run, RunID, Task
from tui import present, when
from tui.present import safe
from tui.screens import words
from tui.screens.commands import Command, bindings
from tui.screens.question import Question
from tui.screens.session import Session
from tui.settings import DEFAULT_SINCE
from tui.watch.cluster import Cluster
from tui.watch.past import Past
from tui.widgets.status import Part, StatusLine
from tui.widgets.text import content

if TYPE_CHECKING:
    from tui.widgets.prompt import Prompt

_FIRST_TO_GO = 20

PLACES = (
    Command("runs", "1", "All runs"),
    Command("failures", "e,2", "What fails, is silent, slow or stranded, and why", "failures"),
    Command("pools", "p,3", "Hosts, and what runs on them", "pools"),
    Command("timeline", "t,4", "The tasks of the run over time", "timeline"),
    Command("log", "l", "What the task has written, or the engine of the run", "log"),
    Command("back", "escape", "Back to where you came from"),
)
ALL = Command("all", "a", "Active ones only, or all in the window", "all")
SCOPE = (
    Command("user", "u", "Whose runs to show: a name, or nothing for all", "user", "NAME"),
    Command("window", "w", "How far back to look: 10m, 24h, 2026-11-01, 02:10", "window", "TIME"),
    ALL,
)
READING = (
    Command("refresh", "r,f5", "Read now", action="app.refresh_now"),
    Command("pause", "space", "Stop reading, or go on", "pause", action="app.pause"),
)
ALWAYS = (
    Command("command", "colon", "Type what to do: any name in this list", action="screen.command"),
    Command("palette", "ctrl+p", "Search in what can be done", action="app.command_palette"),
    Command("quit", "q", "Quit", "quit", action="app.quit"),
    Command("help", "question_mark,f1", "These keys", "help", action="app.help"),
)


class Paragraph(Static):
    """A text of some lines that takes no room when it is empty."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown = Content()
        self.display = False

    def show(self, text: Content) -> None:
        """Show `text`."""
        if not text.is_same(self._shown):
            self._shown = text
            self.update(text, layout=True)
            self.display = bool(text)


class WatchingScreen(Screen[None]):
    """A screen over what is known of the cluster."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = (*PLACES, *READING, *ALWAYS)
    """What can be done on such a screen, beside what its base class lets one do. The bindings follow from it."""
    BINDINGS: ClassVar[list[BindingType]] = bindings(COMMAND_LIST)

    def __init_subclass__(cls) -> None:
        cls.BINDINGS = bindings(vars(cls).get("COMMAND_LIST", ()))
        super().__init_subclass__()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._question: Question | None = None
        self._prompt: Prompt | None = None
        self._focused: Widget | None = None
        self._is_composed = False

    @property
    def place(self) -> Hashable:
        """What tells this screen from others: going to a place where one has been is going back."""
        return type(self)

    @property
    def is_ready(self) -> bool:
        """Whether its widgets are there: it is resumed, resized and told of news before, and while it closes."""
        return self._is_composed and self.is_attached and self.app.is_running

    @property
    def run_id(self) -> RunID | None:
        """The run that is shown or pointed at."""
        return None

    @property
    def commands(self) -> Sequence[Command]:
        """All that can be done here, what is special to this screen first."""
        return [command for cls in type(self).__mro__ for command in vars(cls).get("COMMAND_LIST", ())]

    def compose(self) -> ComposeResult:
        """The lines around the body."""
        yield StatusLine(id="heading")
        yield StatusLine(id="where")
        yield Paragraph(id="reason")
        yield from self.compose_body()
        yield StatusLine(id="keys")

    def compose_body(self) -> Iterable[Widget]:
        """The widgets between the heading and the keys."""
        raise NotImplementedError

    def crumb(self) -> Content:
        """This screen's part of where one is."""
        raise NotImplementedError

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """What stands right of where one is, and at the right end."""
        return (), ()

    def on_mount(self) -> None:
        """Show what is known."""
        keys = [
            Part(
                Content.assemble(content(command.shown_keys[0], "bold $accent"), " ", content(command.short, "$muted"))
            )
            for command in self.commands
            if command.short
        ]
        # The first ones are those to know here, and the last one leads to all others.
        *others, last = keys
        self._is_composed = True
        self.call_after_refresh(self._add_prompt)  # a first frame need not wait for it
        self.query_one("#keys", StatusLine).show(
            [*(part._replace(priority=place) for place, part in enumerate(others)), last]
        )
        self.show()

    def on_screen_resume(self) -> None:
        """Show what has come in while another screen was shown."""
        if self.is_ready:
            self.show()

    def on_resize(self) -> None:
        """Fit the lines into the new width."""
        if self.is_ready:
            self.show()

    def show(self) -> None:
        """Show what is known now."""
        self.query_one("#reason", Paragraph).show(self.reason())
        self.tick()

    def reason(self) -> Content:
        """Why reading does not go well; empty while it does."""
        past = self.session.past
        if past is not None and past.errors:
            return words.history_reason(past.errors[0])
        return words.reason(self.session.poller.status)

    def tick(self) -> None:
        """Bring ages up to date."""
        now = self.session.clock()
        self.query_one("#heading", StatusLine).show(
            words.source(self.session.settings), words.reading(self.session.poller, now)
        )
        stack = [screen for screen in self.app.screen_stack if isinstance(screen, WatchingScreen)]
        before = stack[: stack.index(self)] if self in stack else []
        # Without room for the whole way, what is farthest from here goes first.
        way = [
            Part(screen.crumb() + content(" ›", "$muted"), _FIRST_TO_GO - place) for place, screen in enumerate(before)
        ]
        left, right = self.where()
        self.query_one("#where", StatusLine).show([*way, Part(self.crumb()), *left], right)

    # Asking in the last line

    def ask(self, question: Question) -> None:
        """Ask in the last line, in place of the keys."""
        if self._prompt is None:
            return
        self._question, self._focused = question, self.focused
        self.query_one("#keys").display = False
        self._prompt.ask(question.label, question.text, question.hint, question.complete)

    async def _add_prompt(self) -> None:
        from tui.widgets.prompt import Prompt

        prompt = Prompt(id="prompt")
        await self.mount(prompt)
        self._prompt = prompt

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether keys do what they are bound to: they are text while something is typed."""
        return not self.is_asking

    @property
    def is_asking(self) -> bool:
        """Whether something is being typed."""
        return self._question is not None

    def on_prompt_changed(self, event: "Prompt.Changed") -> None:
        """Show at once what comes of what is typed."""
        if self._question is not None:
            self._question.typing(event.text)

    def on_prompt_entered(self, event: "Prompt.Entered") -> None:
        """Take the answer, or say what is wrong with it."""
        if self._question is None or self._prompt is None:
            return
        question = self._question
        try:
            question.done(event.text)
        except ValueError as error:
            self._prompt.refuse(str(error))
        else:
            self._close_prompt(question)

    def on_prompt_cancelled(self) -> None:
        """Leave everything as it was."""
        if self._question is not None:
            question = self._question
            question.cancelled()
            self._close_prompt(question)

    def _close_prompt(self, question: Question) -> None:
        if self._question is question and self._prompt is not None:  # else its answer has brought up another one
            self._question = None
            self._prompt.close()
            self.query_one("#keys").display = True
            self.set_focus(self._focused)

    def complain(self, error: Exception) -> None:
        """Say that something could not be done."""
        self.notify(safe(str(error)), severity="error", markup=False)

    def action_command(self) -> None:
        """Ask what to do."""

        def complete(text: str) -> list[str]:
            names = [command.name for command in self.commands if command.name != "command"]
            return [name for name in names if text and name.startswith(text)]

        self.ask(
            Question(":", self._run_command, "what to do, such as failures, user amy, window 24h", complete=complete)
        )

    def _run_command(self, text: str) -> None:
        name, _, argument = text.strip().partition(" ")
        if not name:
            return
        found = [command for command in self.commands if command.name.startswith(name)]
        command = next((command for command in found if command.name == name), found[0] if len(found) == 1 else None)
        if command is None:
            known = ", ".join(command.name for command in found)
            raise ValueError(f"{name!r} may be {known}" if found else f"no command {name!r}; ? lists them")
        if argument and not command.takes:
            raise ValueError(f"{command.name} takes nothing after it")
        self.call_later(self.run_action, command.with_argument(argument.strip()))

    # Whose runs, and since when

    def action_user(self, name: str | None = None) -> None:
        """Show the runs of one user, or of all."""

        def choose(name: str) -> None:
            self.session.user = name.strip() if name.strip() not in ("", "all") else None
            self.show()

        def complete(text: str) -> list[str]:
            users = {present.user(run.user) for run in self.session.cluster.runs}
            return sorted(user for user in users if user.startswith(text))

        if name is not None:
            choose(name)
            return
        self.ask(Question("user ", choose, "whose runs; nothing for all", self.session.user or "", complete))

    def action_window(self, text: str | None = None) -> None:
        """Look further back, or less far."""

        def choose(text: str) -> None:
            self.look_at(when.parse_window(text or DEFAULT_SINCE.text, self.session.clock()))

        if text is not None:
            try:
                choose(text)
            except ValueError as error:
                self.complain(error)
            return
        forms = ("10m", "1h", "24h", "7d")
        self.ask(Question("window ", choose, f"like {when.WINDOWS}", "", lambda text: [] if text else forms))

    def look_at(self, window: when.Window) -> None:
        """Show what is running since a while, or what was running in a window of the past."""
        session, db = self.session, self.session.db
        if window.until is None:
            session.past, session.since = None, window.since
            session.poller.refresh_now()
        elif db is not None:
            now = session.clock()
            since, until = window.since.at(now), window.until.at(now)
            budget = session.poller.budget
            session.past = Past(Cluster(now), since, until, budget, clock=session.clock, notify=self.show_on_top)
            self.app.run_worker(session.past.read(db), group="past", exclusive=True, exit_on_error=False)
        # Screens that are open show what they were opened for.
        self.action_runs()
        self.app.call_later(self.show_on_top)

    def show_on_top(self, *_: object) -> None:
        """Show what has come in on the screen that is on top."""
        screen = self.app.screen
        if isinstance(screen, WatchingScreen) and screen.is_ready:
            screen.show()

    def action_all(self) -> None:
        """Show ended runs, too, or no longer."""
        self.session.ended = not self.session.ended
        self.show()

    # Going from place to place

    def go(self, screen: "WatchingScreen") -> None:
        """Open a screen, or go back to it when that is where one came from."""
        places = [each.place for each in self.app.screen_stack if isinstance(each, WatchingScreen)]
        if screen.place not in places:
            self.app.push_screen(screen)
            return
        for _ in places[places.index(screen.place) + 1 :]:
            self.app.pop_screen()

    def action_back(self) -> None:
        """Go back to where one came from."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def action_runs(self) -> None:
        """Go to the list of runs."""
        for _ in self.app.screen_stack[1:]:
            self.app.pop_screen()

    def action_failures(self) -> None:
        """Show what deserves attention: of the run that is open, else of all."""
        from tui.screens.failures import FailuresScreen

        runs = [screen.run_id for screen in self.app.screen_stack[1:] if isinstance(screen, WatchingScreen)]
        self.go(FailuresScreen(self.session, runs[0] if runs else None))

    @property
    def pool_id(self) -> Digest:
        """The pool that is pointed at; zero for none."""
        return Digest.ZERO

    def action_pools(self) -> None:
        """Show the pools, the one that is pointed at under the cursor."""
        from tui.screens.pools import PoolsScreen

        self.go(PoolsScreen(self.session, self.pool_id))

    def logged(self) -> Task | Run | None:
        """The row whose logs can be read here, as it is now."""
        return None if self.run_id is None else self.session.cluster.run(self.run_id)

    def action_log(self) -> None:
        """Show what the task that is pointed at, else the run, has written."""
        from tui.screens.log import LogScreen

        row, db, cluster = self.logged(), self.session.db, self.session.cluster
        if row is None or db is None:
            self.complain(ValueError("there is no run or task here to show the log of"))
        elif isinstance(row, Task):
            id, run_id = row.id, row.run_id
            self.app.push_screen(
                LogScreen(lambda: db, self.session.clock, lambda: cluster.tally(run_id).tasks.get(id, row))
            )
        else:
            self.app.push_screen(LogScreen(lambda: db, self.session.clock, lambda: cluster.run(row.id) or row))

    def action_timeline(self) -> None:
        """Show the tasks of the run that is open or pointed at over time."""
        from tui.screens.timeline import TimelineScreen

        if self.run_id is None:
            self.complain(ValueError("there is no run here to show over time"))
        else:
            self.go(TimelineScreen(self.session, self.run_id))
