"""The base of every screen: heading, breadcrumb and footer around a body, and the commands that keys run."""

from collections.abc import Awaitable, Iterable, Sequence
from functools import partial
from types import MappingProxyType
from typing import ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.content import Content
from textual.events import Key
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from tui.screens.base import key_settings, row_texts, status_texts
from tui.screens.base.command_registry import Command, displayed_keys, effective_commands, make_bindings
from tui.screens.base.footer import Question, ScreenFooter
from tui.screens.base.key_settings import KeySettings
from tui.screens.base.routes import Route
from tui.screens.base.session import Session
from tui.screens.base.subject import Subject
from tui.widgets.content import content
from tui.widgets.key_queue import KeyQueueApp
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part, StatusLine
from tui.widgets.textual_private import HookedApp, guard_messages, replace_bindings

# Without room for the whole breadcrumb trail, the parts farthest from this screen go first.
_TRAIL_PRIORITY = 20


@guard_messages
class BaseScreen(Screen[None], inherit_bindings=False):
    """A screen that shows the data of a session for one route.

    Its only keys are those of `commands`, and those that move in the widget that has the focus.
    """

    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("command", "colon", "Run a command by its name", action="screen.command"),
    )
    """The commands that a class adds to those of its base class."""
    MOVES: ClassVar[Sequence[BindingType]] = ()
    """The keys that move in the body, for the help."""
    NOT_IN_FOOTER: ClassVar[Sequence[str]] = ()
    """The commands whose keys the footer leaves out, such as the one that opens the screen."""
    commands: Sequence[Command] = effective_commands([COMMAND_LIST])
    """All commands of the screen, those of the most derived class first."""
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(commands)
    _key_settings: KeySettings = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        cls.commands = effective_commands(cls.command_lists())
        cls.BINDINGS = make_bindings(cls.commands)
        super().__init_subclass__(inherit_bindings=False)

    def __init__(self, session: Session, route: Route) -> None:
        super().__init__()
        self.session = session
        self.route = route
        self.footer = ScreenFooter(session.prompt_history)
        self._is_composed = False
        self._fitted = Size()  # what was shown fits into this size
        self._was_resumed = False
        self._unknown_keys: set[str] = set()
        if session.settings.keys:
            self._use_keys(session.settings.keys)

    # What a subclass defines

    def compose_body(self) -> Iterable[Widget]:
        """Yield the widgets between the breadcrumb and the footer."""
        raise NotImplementedError

    def breadcrumb(self) -> Content:
        """Return this screen's part of the breadcrumb trail."""
        raise NotImplementedError

    def status_parts(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return the parts that follow the breadcrumb trail, and those at the right end of its line."""
        return (), ()

    def subject(self) -> Subject:
        """Return the rows that commands apply to."""
        return Subject()

    def commands_here(self) -> Sequence[Command]:
        """Return the commands whose keys the footer shows: those that apply to the row under the cursor."""
        return [command for command in self.commands if command.name not in self.NOT_IN_FOOTER]

    def read_again(self) -> None:
        """Read again what this screen has failed to read itself; called when the user refreshes."""

    # The frame

    @property
    def is_ready(self) -> bool:
        """Whether the widgets exist: Textual resumes and resizes a screen before it is composed and while it closes."""
        # A screen that was closed loses its widgets one by one, and is attached until the last one.
        is_open = self.is_attached and self.app.is_running and self in self.app.screen_stack
        return self._is_composed and is_open

    def compose(self) -> ComposeResult:
        yield StatusLine(id="heading")
        yield StatusLine(id="breadcrumb")
        yield Paragraph(id="problem")
        yield from self.compose_body()
        yield self.footer

    def on_mount(self) -> None:
        """Show the keys and the current data."""
        self._is_composed = True
        self._try_to_show()

    def on_screen_resume(self) -> None:
        """Show the data that arrived while another screen was on top; a screen that has just opened shows it."""
        if self.is_ready and (self._was_resumed or self.size != self._fitted):
            self._try_to_show()
        # Also what opens over a screen closes by this key. After escape, q is meant as it is pressed.
        if self._was_resumed and isinstance(self.app, KeyQueueApp) and self.app.last_key in self._close_keys:
            self.session.note_return()
        self._was_resumed = True

    def on_resize(self) -> None:
        """Fit the lines into the new width. Textual tells the size of a screen that opens three times."""
        if self.is_ready and self.size != self._fitted:
            self._try_to_show()

    def _try_to_show(self) -> None:
        """Show the data; after an exception, the screen stays without it. Textual has more to do for these events."""
        self._fitted = self.size
        try:
            self.show()
        except Exception as error:
            if not self.take_failure(error):
                raise

    def show(self) -> None:
        """Show the data as it is now."""
        self.tick()

    def problem(self) -> Content:
        """Return what is wrong with the data shown; empty if nothing is."""
        past, replay = self.session.past, self.session.replay
        if past is not None and past.errors:
            return status_texts.past_problem(past.errors)
        if replay is not None and replay.trouble:
            return status_texts.replay_problem(replay.trouble)
        session = self.session
        return status_texts.problem(
            session.source.status,
            session.retry_clock(),
            session.settings.region,
            session.new_unreadable(),
            retry_key=self.key_of("refresh"),
            is_past=past is not None,
        )

    def tick(self) -> None:
        """Update ages and counts; called once a second."""
        session, now = self.session, self.session.source.now()
        self.query_one("#problem", Paragraph).show(self.problem())
        self.query_one("#heading", StatusLine).show(
            [
                *status_texts.origin(session.settings),
                *status_texts.replay_parts(session, self.key_of("live"), self.size.width),
            ],
            [
                *status_texts.hourly_parts(session),
                *status_texts.reading_parts(session.source, now, has_age=not session.is_following),
            ],
        )
        stack = [screen for screen in self.app.screen_stack if isinstance(screen, BaseScreen)]
        below = stack[: stack.index(self)] if self in stack else []
        trail = [
            Part(screen.breadcrumb() + content(" ›", "$muted"), _TRAIL_PRIORITY - depth, f"screen.back_to({depth})")
            for depth, screen in enumerate(below)
        ]
        past = [] if session.past is None else row_texts.past_parts(session.past, self.key_of("live"))
        left, right = self.status_parts()
        self.query_one("#breadcrumb", StatusLine).show([*trail, Part(self.breadcrumb()), *past, *left], right)
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys that apply to the row under the cursor."""
        self.footer.show_commands(self.commands_here())

    # The prompt

    @property
    def is_prompting(self) -> bool:
        """Whether the prompt is open, so that keys are text."""
        return self.footer.is_prompting

    def ask(self, question: Question, answer: str | None = None) -> None:
        """Ask a question in the footer, or submit the `answer` that was typed with the command.

        An invalid answer can be corrected: the prompt opens with it, below what is wrong.
        """
        if answer is None:
            self.footer.ask(question)
            return
        try:
            question.submit(answer)
        except ValueError as error:
            self.footer.ask(question, answer, str(error))

    def show_error(self, message: str) -> None:
        """Show in place of the keys, for a few seconds, why a command failed."""
        self.footer.show_error(message)

    def show_message(self, message: str) -> None:
        """Show in place of the keys, for a few seconds, that a command has worked."""
        self.footer.show_message(message)

    def dismiss_message(self) -> bool:
        """Remove the message or error in place of the keys; return whether there was one."""
        return self.footer.dismiss()

    def take_failure(self, error: BaseException) -> bool:
        return isinstance(self.app, HookedApp) and self.app.take_failure(error)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable all keys while the prompt is open."""
        return not self.is_prompting

    # Commands

    def palette_commands(self) -> Iterable[SystemCommand]:
        """Yield the commands for the palette: by name, then those with each of their choices."""
        for command in self.commands:
            yield SystemCommand(command.name, command.help, partial(self.run_action, command.textual_action))
        for command in self.commands:
            for choice in command.choices(self):
                action = partial(self.run_action, command.action_with(choice))
                yield SystemCommand(f"{command.name} {choice}", command.help, action)

    @classmethod
    def command_lists(cls) -> list[Sequence[Command]]:
        """Return the commands that each class adds, the most derived class first."""
        return [vars(base).get("COMMAND_LIST", ()) for base in cls.__mro__]

    def _use_keys(self, settings: KeySettings) -> None:
        self._key_settings = settings
        self.commands = effective_commands(
            key_settings.apply_to_commands(commands, settings) for commands in self.command_lists()
        )
        replace_bindings(self, make_bindings(self.commands))

    @property
    def moves(self) -> Sequence[BindingType]:
        """The keys that move in the body, with the user's settings."""
        return key_settings.apply_to_moves(self.MOVES, self._key_settings)

    def key_of(self, name: str) -> str:
        """Return the first key of a command as it is written on screen; for a command without a key, `:name`."""
        keys = next((command.shown_keys for command in self.commands if command.name == name), [])
        return keys[0] if keys else f":{name}"

    async def action_run(self, name: str, argument: str | None = None) -> None:
        """Run a command; one with a function by calling it."""
        command = next(command for command in self.commands if command.name == name)
        if command.run is None:
            await self.run_action(command.action_with(argument or ""))
        elif argument is None:
            command.run(self)
        else:
            command.run(self, argument)

    def action_back(self) -> None:
        """Close this screen, unless it is the first one."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def action_back_to(self, depth: int) -> None:
        """Close the screens above the one at `depth` of the breadcrumb trail, which counts from 0."""
        stack = [screen for screen in self.app.screen_stack if isinstance(screen, BaseScreen)]
        for _ in stack[depth + 1 :]:
            self.app.pop_screen()

    @property
    def _close_keys(self) -> Sequence[str]:
        return next((command.key_list for command in self.commands if command.name == "close"), [])

    async def action_close(self) -> None:
        """Close this screen; quit if it is the first one, unless the same burst of keys has just closed another."""
        if len(self.app.screen_stack) > 1:
            self.session.note_return()
            self.app.pop_screen()
        elif self.session.has_just_returned():
            self.session.note_return()
            self.show_message(f"press {self.key_of('close')} again to quit")
        else:
            await self.run_action("app.quit")

    def on_key(self, event: Key) -> None:
        """Say that a key has no function, the first time that it is pressed on this screen."""
        # A key of the prompt can arrive here after the prompt has closed.
        if self.is_prompting or event is self.footer.prompt_key or event.key in self._unknown_keys:
            return
        self._unknown_keys.add(event.key)
        (key,) = displayed_keys(event.key)
        if event.is_printable and event.character is not None and not event.character.isspace():
            key = event.character  # not its name, such as percent_sign
        self.show_error(f"{key} has no function here; {self.key_of('help')} lists the keys")

    def action_command(self) -> None:
        """Ask for the name of a command, and run it."""

        def complete(text: str) -> list[str]:
            name, has_argument, _ = text.partition(" ")
            if has_argument:
                commands = [command for command in self.commands if command.name == name]
                values = (value for each in commands for value in (*each.choices(self), *each.completions(self)))
                offered = [f"{name} {value}" for value in values]
            else:
                offered = [command.name for command in self.commands if command.name != "command"]
            return [each for each in offered if text and each.startswith(text)]

        hint = "a command, such as failures, user amy, window 24h"
        self.ask(Question(":", self._run_command, hint, complete=complete))

    def _run_command(self, text: str) -> Awaitable[object] | None:
        name, _, argument = text.strip().partition(" ")
        if not name:
            return None
        matches = [command for command in self.commands if command.name.startswith(name)]
        exact = [command for command in matches if command.name == name]
        if not exact and len(matches) != 1:
            names = ", ".join(command.name for command in matches)
            unknown = f"no command {name!r}; {self.key_of('help')} lists them"
            raise ValueError(f"{name!r} is ambiguous: {names}" if matches else unknown)
        command = (exact or matches)[0]
        if argument and not command.argument:
            raise ValueError(f"{command.name} takes no argument")
        return self.run_action(command.action_with(argument.strip()))
