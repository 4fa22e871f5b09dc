"""The help of filters: one page that explains the language, with the keys of a list."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.query.filter import FORMS, KEYS
from tui.widgets.content import assemble, blanks, content
from tui.widgets.text_page import TextPage

_TITLE = "FILTERS: a row must match all terms"
_WIDTH = 20  # cells of the left column
_MEANING = 54  # cells of the right one, in a terminal of 80


class FilterHelp(ModalScreen[None]):
    """One page about filters. Escape, q, ? and enter close it."""

    DEFAULT_CSS = """
    FilterHelp {
        align: center middle;
        background: $background;
        & > TextPage { width: 80; max-width: 100%; height: auto; max-height: 100%; padding: 0 2; background: $panel; }
        & > TextPage > Static { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,f1,enter", "dismiss", "Close", show=False)]

    def __init__(self, keys: Sequence[str], words: Mapping[str, Sequence[str]]) -> None:
        """The help for a list with these `keys`, and all possible values of some of them."""
        super().__init__()
        self._keys = [key for key in KEYS if key in keys]
        self._words = words

    def compose(self) -> ComposeResult:
        with TextPage():
            yield Static(Content("\n").join(self._lines()))

    def _lines(self) -> Iterable[Content]:
        yield content(_TITLE, "bold $muted")
        for form, meaning in FORMS:
            yield _line(form, meaning)
        yield Content()
        yield content("KEYS OF THIS LIST", "bold $muted")
        for key in self._keys:
            meanings = textwrap.wrap(", ".join(self._words.get(key, ())) or KEYS[key], _MEANING)
            for number, meaning in enumerate(meanings):
                yield _line("" if number else f"{key}:", meaning)


def _line(left: str, right: str) -> Content:
    return assemble(content(left.ljust(_WIDTH), "bold $accent"), blanks(1), content(right))
