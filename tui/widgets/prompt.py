"""A line to type into, in place of the last one: what to look for, whose runs, what to do."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tui.present import safe
from tui.widgets.status import Part, StatusLine
from tui.widgets.text import content

Complete = Callable[[str], Sequence[str]]

_LONGEST = 500


class _Line(Input):
    """The text that is typed. What is pasted into it may be anything."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete(1)", show=False),
        Binding("shift+tab", "complete(-1)", show=False),
        Binding("up", "recall(-1)", show=False),
        Binding("down", "recall(1)", show=False),
        Binding("escape,ctrl+g", "cancel", show=False),
    ]

    def validate_value(self, value: str) -> str:
        return safe(value, _LONGEST)

    async def action_complete(self, step: int) -> None:
        self.post_message(Prompt.Completing(step))

    async def action_recall(self, step: int) -> None:
        self.post_message(Prompt.Recalling(step))

    async def action_cancel(self) -> None:
        self.post_message(Prompt.Cancelled())


class Prompt(Horizontal):
    """A label, the text, and beside it what may be typed or what is wrong. Hidden until `ask`."""

    DEFAULT_CSS = """
    Prompt { height: 1; padding: 0 1; display: none; background: $panel; }
    Prompt > #prompt-label { width: auto; color: $accent; text-style: bold; }
    Prompt > _Line { width: 2fr; height: 1; border: none; padding: 0; background: $panel; }
    Prompt > _Line:focus { border: none; background-tint: $panel 0%; }
    Prompt > #prompt-hint { width: 3fr; padding: 0; }
    """

    class Completing(Message):
        """Another completion is wanted."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Recalling(Message):
        """What was typed before is wanted."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Cancelled(Message):
        """Nothing is to be done."""

    class Changed(Message):
        """The text is another one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Entered(Message):
        """The text is complete. Whoever takes it closes the prompt, or says what is wrong with `refuse`."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._complete: Complete = lambda _: ()
        self._hint = ""
        self._typed = ""
        self._shown: Sequence[str] = ()
        self._place = -1
        self._before: dict[str, list[str]] = {}
        self._back = 0
        self._label = ""

    def compose(self) -> ComposeResult:
        """Label, text, hint."""
        yield Static(id="prompt-label")
        line = _Line(id="prompt-text", select_on_focus=False)
        line.cursor_blink = False
        yield line
        yield StatusLine(id="prompt-hint")

    @property
    def is_open(self) -> bool:
        """Whether something is being typed."""
        return bool(self.display)

    def ask(self, label: str, text: str, hint: str, complete: Complete) -> None:
        """Show the prompt. `complete` gives whole texts that what is typed may become, the likeliest first."""
        self._complete, self._hint, self._label = complete, hint, label
        self._back = 0
        self.query_one("#prompt-label", Static).update(content(label))
        self.display = True
        line = self.query_one(_Line)
        line.value = text
        line.cursor_position = len(line.value)
        self.screen.set_focus(line)  # at once: the next key is for it
        self._typing(line.value)

    def close(self) -> None:
        """Hide it."""
        self.display = False

    def refuse(self, why: str) -> None:
        """Say what is wrong."""
        self.query_one("#prompt-hint", StatusLine).show([], [Part(content(why, "$text-error"))])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what it may become, and let it be known."""
        event.stop()
        if not self.is_open:
            return
        if event.value not in self._shown or self._place < 0:
            self._typing(event.value)
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand it over."""
        event.stop()
        known = self._before.setdefault(self._label, [])
        if event.value in known:
            known.remove(event.value)
        known.append(event.value)
        self.post_message(self.Entered(event.value))

    def on_prompt_completing(self, event: Completing) -> None:
        """Put the next completion in place of what was typed."""
        event.stop()
        if self._shown:
            self._place = (self._place + event.step) % len(self._shown)
            self._replace(self._shown[self._place])
            self._offer()

    def on_prompt_recalling(self, event: Recalling) -> None:
        """Put what was typed before in place of what is typed now."""
        event.stop()
        known = self._before.get(self._label, [])
        back = self._back - event.step
        if 0 < back <= len(known):
            self._back = back
            self._replace(known[-back])

    def _replace(self, text: str) -> None:
        line = self.query_one(_Line)
        line.value = text
        line.cursor_position = len(line.value)

    def _typing(self, text: str) -> None:
        self._typed, self._place = text, -1
        # What is not safe to show cannot be typed either.
        self._shown = [text for text in self._complete(text) if safe(text) == text]
        self._offer()

    def _offer(self) -> None:
        shared = len(self._typed.rpartition(" ")[0])
        offers = [
            Part(content(text[shared:].strip(), "bold" if place == self._place else "$muted", 30), place)
            for place, text in enumerate(self._shown[:12])
        ]
        hint = [] if offers else [Part(Content.styled(safe(self._hint), "$muted"))]
        self.query_one("#prompt-hint", StatusLine).show([], offers or hint)
