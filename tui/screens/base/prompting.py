"""Asking in the last line of a screen, in place of the keys."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from tui.screens.base.question import Question
from tui.widgets.content import content
from tui.widgets.paragraph import Paragraph

if TYPE_CHECKING:
    from tui.widgets.prompt import Prompt

_COMPLAINING = 6.0  # seconds


class AskingScreen(Screen[None]):
    """A screen with a line `#keys`. In its place it asks one question at a time, or says what could not be done."""

    DEFAULT_CSS = "AskingScreen > #complaint { padding: 0 1; max-height: 3; background: $panel; }"

    class CanAsk(Message):
        """The first screen can ask now: some time after its first frame."""

    def __init__(self) -> None:
        super().__init__()
        self._question: Question | None = None
        self._prompt: Prompt | None = None
        self._focused: Widget | None = None
        self._complaint: Paragraph | None = None
        self._forgetting: Timer | None = None

    def compose_prompt(self) -> Iterable[Widget]:
        """What to ask with: from the beginning, for what is typed ahead; but the very first frame does not wait."""
        if self.app.screen_stack[0] is self:
            self.call_after_refresh(self._add_prompt)
        else:
            self._prompt = self._new_prompt()
            yield self._prompt

    @property
    def is_asking(self) -> bool:
        """Whether something is being typed."""
        return self._question is not None

    def ask(self, question: Question) -> None:
        """Ask in the last line, in place of the keys."""
        if self._prompt is None:
            return
        if self._question is None:
            self._focused = self.focused
        self._question = question
        self._forget()

        def typing(text: str) -> None:
            self._forget()
            question.typing(text)

        async def entered(text: str) -> None:
            await self._take(question, text)

        def cancelled() -> None:
            question.cancelled()
            self._close_prompt(question)

        self._prompt.ask(
            question.label,
            question.text,
            question.hint,
            question.complete,
            typing=typing,
            entered=entered,
            cancelled=cancelled,
        )

    def complain(self, error: Exception) -> None:
        """Say in place of the keys, for a while, that something could not be done."""
        self._complain(content(str(error), "$text-error"))
        self._forgetting = self.set_timer(_COMPLAINING, self._forget)

    def _forget(self) -> None:
        self._complain(Content())

    def _complain(self, text: Content) -> None:
        if self._forgetting is not None:
            self._forgetting.stop()
        if self._complaint is None and text:
            self._complaint = Paragraph(id="complaint")  # the first frame has nothing to say
            self.mount(self._complaint, after="#keys")
        if self._complaint is not None:
            self._complaint.show(text)
        self.query_one("#keys").display = not text and not self.is_asking

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether keys do what they are bound to: they are text while something is typed."""
        return not self.is_asking

    async def _take(self, question: Question, text: str) -> None:
        """Take the answer, or say what is wrong with it."""
        try:
            then = question.done(text)
        except ValueError as error:
            self._complain(content(str(error), "$text-error"))
        else:
            self._close_prompt(question)
            if then is not None:
                await then

    def _close_prompt(self, question: Question) -> None:
        if self._question is question and self._prompt is not None:  # else its answer has brought up another one
            self._question = None
            self._prompt.close()
            self._forget()
            self.set_focus(self._focused)

    async def _add_prompt(self) -> None:
        prompt = self._new_prompt()
        await self.mount(prompt)
        self._prompt = prompt
        self.post_message(self.CanAsk())

    def _new_prompt(self) -> "Prompt":
        from tui.widgets.prompt import Prompt

        return Prompt(id="prompt")
