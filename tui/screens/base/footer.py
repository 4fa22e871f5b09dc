"""The last line of a screen: its keys, a prompt, a message or an error."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from tui.screens.base.command_registry import Command
from tui.widgets.content import content, key_text
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part, StatusLine
from tui.widgets.textual_private import HookedApp

if TYPE_CHECKING:
    from tui.widgets.prompt import Prompt, PromptHistory

_MESSAGE_SECONDS = 6.0

_LAST = ("log", "timeline", "pause", "close", "help")
"""The commands at the right end of the footer."""
_KEPT = (
    *("help", "close", "open", "log", "failures", "acknowledge", "next-attempt", "compare", "note"),
    *("timeline", "filter", "pause"),
)
"""The commands whose keys stay longest without room for all, `help` longest of all: it leads to the others."""


def key_part(command: Command, label: str = "", priority: int = 0) -> Part:
    """Return the first key of `command` with its label, or another one; a click runs the command."""
    return Part(key_text(command.shown_keys[0], label or command.label), priority, command.textual_action)


def _ignore(*_: str) -> None:
    pass


def complete_from(choices: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return the `complete` of a question whose answer is one of `choices`, which are made when the user types."""
    return lambda text: [choice for choice in choices() if choice.startswith(text)]


class Question(NamedTuple):
    """A question for the prompt: its label, hint and initial text, and what to call.

    `submit` takes the answer. It raises ValueError, with the reason, for one that is invalid, and may return an
    awaitable, which runs after the prompt has closed. `on_change` is called with the text after every edit, and may
    raise ValueError, too; `on_cancel` when the user leaves without an answer. `complete` returns the completions of
    a text. The answer `is_path` if it needs the whole line: label and hint then stand above. `kind` names the answers
    among which the user can recall earlier ones; by default, those with the same label.
    """

    label: str
    submit: Callable[[str], Awaitable[object] | None]
    hint: str = ""
    text: str = ""
    complete: Callable[[str], Sequence[str]] = lambda _: ()
    on_change: Callable[[str], None] = _ignore
    on_cancel: Callable[[], None] = _ignore
    is_path: bool = False
    kind: str = ""


class ScreenFooter(Vertical):
    """The keys of a screen, or a prompt, message or error in their place. Validation errors stand above the prompt."""

    DEFAULT_CSS = """
    ScreenFooter { height: auto; }
    ScreenFooter > #error { padding: 0 1; max-height: 3; background: $panel; }
    """

    class PromptReady(Message):
        """The first screen has its prompt, which it mounts after its first frame."""

    def __init__(self, history: "PromptHistory") -> None:
        """A footer whose prompt recalls the inputs in `history`."""
        super().__init__(id="footer")
        self._history = history
        self._keys = StatusLine(id="keys")
        self._commands: Sequence[Command] = ()
        self._question: Question | None = None
        self._prompt: Prompt | None = None
        self._focused: Widget | None = None
        self._error: Paragraph | None = None
        self._error_timer: Timer | None = None
        self.prompt_key: Key | None = None
        """The last key event that the prompt left to its ancestors."""

    def compose(self) -> ComposeResult:
        """Add the prompt at once, so that it takes keys typed ahead; only the very first frame does not wait for it."""
        yield self._keys
        if self.app.screen_stack[0] is self.screen:
            self.call_after_refresh(self._add_prompt)
        else:
            self._prompt = self._new_prompt()
            yield self._prompt

    def on_key(self, event: Key) -> None:
        """Note an event of the prompt: nothing else in the footer can have the focus."""
        self.prompt_key = event

    @property
    def is_prompting(self) -> bool:
        """Whether the prompt is open, so that keys are text."""
        return self._question is not None

    def show_commands(self, commands: Sequence[Command]) -> None:
        """Show the keys of the commands that have a label: those of every screen last, always in the same order."""
        shown = [command for command in commands if command.label and command.keys]
        if shown == self._commands:
            return
        self._commands = shown
        ordered = sorted(shown, key=lambda command: _LAST.index(command.name) if command.name in _LAST else -1)
        self._keys.show(
            [
                key_part(command, priority=_KEPT.index(command.name) if command.name in _KEPT else len(_KEPT) + index)
                for index, command in enumerate(ordered)
            ]
        )

    def ask(self, question: Question, answer: str | None = None, error: str = "") -> None:
        """Open the prompt in place of the keys. It replaces a question that is still open.

        It has the text of the question or, if one was given, the `answer`, and the `error` above it.
        """
        if self._prompt is None:
            return
        if self._question is None:
            self._focused = self.screen.focused
        self._question = question
        self._set_error(Content())

        def change(text: str) -> None:
            self._set_error(Content())
            try:
                question.on_change(text)
            except ValueError as error:
                self._show_validation_error(str(error))
            except Exception as error:
                self._take_failure(error)

        async def submit(text: str) -> None:
            await self._submit(question, text)

        def cancel() -> None:
            question.on_cancel()
            self._clear_error()
            self._close_prompt(question)

        def complete(text: str) -> Sequence[str]:
            try:
                return question.complete(text)
            except Exception as error:
                self._take_failure(error)
                return ()

        self._prompt.ask(
            question.label,
            question.text if answer is None else answer,
            question.hint,
            complete,
            typing=change,
            entered=submit,
            cancelled=cancel,
            is_wide=question.is_path,
            kind=question.kind,
        )
        if error:
            self._show_validation_error(error)

    def replace_text(self, text: str) -> None:
        """Replace the text in the prompt."""
        if self._prompt is not None:
            self._prompt.replace(text)

    def show_hint(self, question: Question, hint: str) -> None:
        """Replace the hint of `question`, if the prompt still asks it."""
        if self._question is question and self._prompt is not None:
            self._prompt.show_hint(hint)

    def show_error(self, message: str) -> None:
        """Show an error in place of the keys for a few seconds."""
        from tui.text.masked_text import mask_line  # nothing is said before the first frame

        if not self.is_attached:  # a setting was refused while the screen was built
            self.call_after_refresh(self.show_error, message)
            return
        self._show_for_seconds(content(mask_line(message), "$text-error"))

    def show_message(self, message: str) -> None:
        """Show that a command has worked in place of the keys for a few seconds."""
        from tui.text.masked_text import mask_line  # nothing is said before the first frame

        self._show_for_seconds(content(mask_line(message), "$muted"))

    def dismiss(self) -> bool:
        """Remove the message or error in place of the keys; return whether there was one."""
        is_shown = not self.is_prompting and self._is_error_shown
        if is_shown:
            self._clear_error()
        return is_shown

    @property
    def _is_error_shown(self) -> bool:
        return self._error is not None and bool(self._error.display)

    def _show_for_seconds(self, text: Content) -> None:
        self._set_error(text)
        self._error_timer = self.set_timer(_MESSAGE_SECONDS, self._clear_error)

    def _clear_error(self) -> None:
        self._set_error(Content())

    def _set_error(self, text: Content) -> None:
        if self._error_timer is not None:
            self._error_timer.stop()
        if self._error is None and text:
            self._error = Paragraph(id="error")  # not composed: the first frame has no error
            self.mount(self._error, after=self._keys)
        if self._error is not None:
            self._error.show(text)
        self._keys.display = not text and not self.is_prompting

    def _show_validation_error(self, text: str) -> None:
        self._set_error(content(text, "$text-error"))

    async def _submit(self, question: Question, text: str) -> None:
        self._clear_error()  # not afterwards: the command may show a message
        try:
            then = question.submit(text)
        except ValueError as error:
            self._show_validation_error(str(error))
        except Exception as error:
            self._close_prompt(question)
            self._take_failure(error)
        else:
            self._close_prompt(question)
            if then is not None:
                await then

    def _take_failure(self, error: Exception) -> None:
        if not (isinstance(self.app, HookedApp) and self.app.take_failure(error)):
            raise error

    def _close_prompt(self, question: Question) -> None:
        # Submitting a question may have opened another one, which stays open.
        if self._question is question and self._prompt is not None:
            self._question = None
            self._prompt.close()
            self._keys.display = not self._is_error_shown
            self.screen.set_focus(self._focused)

    async def _add_prompt(self) -> None:
        prompt = self._new_prompt()
        await self.mount(prompt)
        self._prompt = prompt
        self.post_message(self.PromptReady())

    def _new_prompt(self) -> "Prompt":
        from tui.widgets.prompt import Prompt  # not needed for the first frame

        return Prompt(id="prompt", history=self._history)
