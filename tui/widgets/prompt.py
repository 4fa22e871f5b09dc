"""The prompt: an input line with a label, a hint, completions and a history."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Region
from textual.widgets import Input, Static

from tui.text.safe import CUT, safe
from tui.widgets.content import content
from tui.widgets.status_line import Part, StatusLine, total_width
from tui.widgets.textual_private import EventHook

Complete = Callable[[str], Sequence[str]]
PromptHistory = dict[str, list[str]]
"""The earlier inputs of each kind, the latest last."""

_LONGEST = 500
_MOST_OFFERED = 200  # completions: nobody goes through more
_MOST_KEPT = 50  # inputs
_MORE = Part(content(CUT, "$muted"))
"""Stands for completions that do not fit."""


class _Line(EventHook, Input):
    """The input. Pasted text may be anything."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete(1)", show=False),
        Binding("shift+tab", "complete(-1)", show=False),
        Binding("up,ctrl+p", "recall(-1)", show=False),
        Binding("down,ctrl+n", "recall(1)", show=False),
        Binding("escape,ctrl+g", "cancel", show=False),
        # As in a shell, also in terminals that tell these keys from ctrl+w and the like.
        Binding("ctrl+b", "cursor_left", show=False),
        Binding("ctrl+f", "cursor_right", show=False),
        Binding("alt+b", "cursor_left_word", show=False),
        Binding("alt+f", "cursor_right_word", show=False),
        Binding("alt+backspace,ctrl+backspace", "delete_left_word", show=False),
        Binding("alt+d,alt+delete,ctrl+delete", "delete_right_word", show=False),
        Binding("ctrl+j", "submit", show=False),  # enter, typed before the terminal was asked to tell the two apart
    ]

    def __init__(self, prompt: "Prompt") -> None:
        super().__init__(id="prompt-text", select_on_focus=False)
        self.cursor_blink = False
        self._prompt = prompt

    def validate_value(self, value: str) -> str:
        return safe(value, _LONGEST)

    def show_cursor(self) -> None:
        """Scroll to the cursor."""
        x = self.cursor_screen_offset.x - self.content_region.x + self.scroll_offset.x
        self.scroll_to_region(Region(x, 0, 1, 1), force=True, animate=False)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.call_after_refresh(self.show_cursor)

    def take_event(self, event: events.Event) -> bool:
        """Take a paste at once and whole: the next key may use it."""
        if not isinstance(event, events.Paste):
            return False
        event.stop()
        self.replace(" ".join(event.text.split()), *self.selection)
        return True

    def action_complete(self, step: int) -> None:
        self._prompt.complete(step)

    def action_recall(self, step: int) -> None:
        self._prompt.recall(step)

    def action_cancel(self) -> None:
        self._prompt.cancelled()

    async def action_submit(self) -> None:
        await self._prompt.enter()


class _Hint(StatusLine):
    """The hint, or as many of the completions as fit, with the chosen one among them."""

    DEFAULT_CSS = "_Hint { width: 3fr; padding: 0; }"

    def __init__(self) -> None:
        super().__init__(id="prompt-hint")
        self._place = -1

    def offer(self, completions: Sequence[Part], place: int) -> None:
        """Show the page of `completions` that has the one at `place`."""
        self._place = place
        self.show([], completions)

    def _fitting(self, width: int) -> tuple[Sequence[Part], Sequence[Part]]:
        offers = self._right
        if self._left or len(offers) <= 1 or total_width(offers) <= width:
            return super()._fitting(width)
        start = 0
        while (end := self._page_end(start, width)) <= self._place and end < len(offers):
            start = end
        page = self._page(start, end)
        if total_width(page) > width:
            only = offers[start]
            page = [only._replace(content=only.content.truncate(width, ellipsis=True))]
        return (), page

    def _page_end(self, start: int, width: int) -> int:
        """Return the end of the page that begins at `start`: of one completion if not even that fits."""
        end = start + 1
        while end < len(self._right) and total_width(self._page(start, end + 1)) <= width:
            end += 1
        return end

    def _page(self, start: int, end: int) -> list[Part]:
        offers = self._right
        return [*([_MORE] if start else []), *offers[start:end], *([_MORE] if end < len(offers) else [])]


def _nothing(*_: str) -> None:
    pass


async def _nowhere(_: str) -> None:
    pass


class Prompt(Horizontal):
    """The prompt, hidden until `ask`: a label, the input, and a hint or the completions."""

    DEFAULT_CSS = """
    Prompt { height: 1; padding: 0 1; display: none; background: $panel; }
    Prompt > #prompt-label { width: auto; color: $accent; text-style: bold; }
    Prompt > _Line { width: 2fr; height: 1; border: none; padding: 0; background: $panel; }
    Prompt > _Line:focus { border: none; background-tint: $panel 0%; }
    Prompt.-wide { height: 2; }
    Prompt.-wide > _Line { width: 1fr; }
    Prompt.-wide > #prompt-hint { dock: top; width: 100%; }
    """

    def __init__(self, *, id: str, history: PromptHistory | None = None) -> None:
        """A prompt that recalls the earlier inputs in `history`, and adds those that the user submits."""
        super().__init__(id=id)
        self._complete: Complete = lambda _: ()
        self._typing: Callable[[str], None] = _nothing
        self._entered: Callable[[str], Awaitable[None]] = _nowhere
        self.cancelled: Callable[[], None] = _nothing
        """Called when the prompt closes without an answer."""
        self._hint = ""
        self._typed = ""  # when completions were offered last
        self._announced = ""  # to `typing` and `entered`
        self._shown: Sequence[str] = ()
        self._place = -1
        self._before: PromptHistory = {} if history is None else history
        self._kind = ""  # of the input, in the history
        self._back = 0
        self._draft = ""  # what was typed before an earlier input was recalled
        self._label = ""
        self._line = _Line(self)

    def compose(self) -> ComposeResult:
        yield Static(id="prompt-label")
        yield self._line
        yield _Hint()

    @property
    def is_open(self) -> bool:
        """Whether the prompt is open."""
        return bool(self.display)

    def ask(
        self,
        label: str,
        text: str,
        hint: str,
        complete: Complete,
        *,
        typing: Callable[[str], None],
        entered: Callable[[str], Awaitable[None]],
        cancelled: Callable[[], None],
        is_wide: bool = False,
        kind: str = "",
    ) -> None:
        """Open the prompt. `complete` returns the texts that the input may become, the most likely first.

        `typing` is called with every change, `entered` with the whole text; `entered` or `cancelled` closes the prompt.
        `is_wide` moves label and hint to a line above, so that the input has a line of its own. Earlier inputs of the
        same `kind`, by default of the same label, can be recalled.
        """
        self._complete, self._hint, self._label = complete, hint, label
        self._typing, self._entered, self.cancelled = typing, entered, cancelled
        self._back, self._kind = 0, kind or label
        self.query_one("#prompt-label", Static).update(content("" if is_wide else label))
        self.set_class(is_wide, "-wide")
        self.display = True
        self.replace(text)
        if text:
            self.call_after_refresh(self._line.show_cursor)  # the width was not known yet
        self._announced = self._line.value
        self.screen.set_focus(self._line)  # at once: the next key belongs to it
        self._offer_for(self._line.value)

    def show_hint(self, hint: str) -> None:
        """Replace the hint."""
        self._hint = hint
        self._offer()

    def close(self) -> None:
        """Hide the prompt."""
        self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer completions, and call `typing`."""
        event.stop()
        text = self._line.value
        if self.is_open and text != self._announced:  # otherwise it is an event of earlier input
            self._announced = text
            self._typing(text)  # first: it removes an error, and completing may show one
            self._look()

    async def enter(self) -> None:
        """Submit the input."""
        text, known = self._line.value, self._before.setdefault(self._kind, [])
        self._announced, self._back = text, 0
        if text in known:
            known.remove(text)
        known.append(text)
        del known[:-_MOST_KEPT]
        await self._entered(text)

    def complete(self, step: int) -> None:
        """Replace the input by the next completion."""
        self._look()
        if self._shown:
            self._place = (self._place + step) % len(self._shown)
            self.replace(self._shown[self._place])
            self._offer()

    def recall(self, step: int) -> None:
        """Replace the input by an earlier one; after the latest one, by what was typed."""
        known = self._before.get(self._kind, [])
        back = self._back - step
        if not 0 <= back <= len(known):
            return
        if self._back == 0:
            self._draft = self._line.value
        self._back = back
        self.replace(known[-back] if back else self._draft)

    def replace(self, text: str) -> None:
        """Replace the input."""
        self._line.value = text
        self._line.cursor_position = len(self._line.value)

    def _look(self) -> None:
        """Handle the current input: a text that was not offered needs new completions."""
        value = self._line.value
        is_offered = self._place >= 0 and value == self._shown[self._place]
        if value != self._typed and not is_offered:
            self._offer_for(value)

    def _offer_for(self, text: str) -> None:
        self._typed, self._place = text, -1
        # Unsafe characters cannot be typed either.
        self._shown = [text for text in self._complete(text)[:_MOST_OFFERED] if safe(text) == text]
        self._offer()

    def _offer(self) -> None:
        # What the completions have in common with the input, up to a word, a key or an alternative.
        shared = max(map(self._typed.rfind, " :,")) + 1
        offers = [
            Part(content(text[shared:].strip(), "bold" if place == self._place else "$muted", 30), place)
            for place, text in enumerate(self._shown)
        ]
        line = self.query_one(_Hint)
        if not self.has_class("-wide"):
            line.offer(offers or [Part(content(self._hint, "$muted"))], self._place)
            return
        # Without room for all, the label stays, then the last clause: the keys.
        clauses = self._hint.split("; ")
        hints = [Part(content(text, "$muted"), len(clauses) - place) for place, text in enumerate(clauses)]
        line.show([Part(content(self._label.rstrip(), "bold $accent"), -1), *(offers or hints)])
