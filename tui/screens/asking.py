"""Asking in the last line of a screen, in place of the keys."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from tui.present import safe
from tui.screens.question import Question

if TYPE_CHECKING:
    from tui.widgets.prompt import Prompt


class AskingScreen(Screen[None]):
    """A screen with a line `#keys`, in place of which it asks one question at a time."""

    class CanAsk(Message):
        """The first screen can ask now: some time after its first frame."""

    def __init__(self) -> None:
        super().__init__()
        self._question: Question | None = None
        self._prompt: Prompt | None = None
        self._focused: Widget | None = None

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
        self.query_one("#keys").display = False

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
            typing=question.typing,
            entered=entered,
            cancelled=cancelled,
        )

    def complain(self, error: Exception) -> None:
        """Say that something could not be done."""
        self.notify(safe(str(error)), severity="error", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether keys do what they are bound to: they are text while something is typed."""
        return not self.is_asking

    async def _take(self, question: Question, text: str) -> None:
        """Take the answer, or say what is wrong with it."""
        try:
            then = question.done(text)
        except ValueError as error:
            if self._prompt is not None:
                self._prompt.refuse(str(error))
        else:
            self._close_prompt(question)
            if then is not None:
                await then

    def _close_prompt(self, question: Question) -> None:
        if self._question is question and self._prompt is not None:  # else its answer has brought up another one
            self._question = None
            self._prompt.close()
            self.query_one("#keys").display = True
            self.set_focus(self._focused)

    async def _add_prompt(self) -> None:
        prompt = self._new_prompt()
        await self.mount(prompt)
        self._prompt = prompt
        self.post_message(self.CanAsk())

    def _new_prompt(self) -> "Prompt":
        from tui.widgets.prompt import Prompt

        return Prompt(id="prompt")
