"""The help of a screen, in pages: its commands by group, a legend of the states, and the keys of a filter."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui.lists import legend
from tui.query.filter import KEYS
from tui.screens.base.command_registry import Command, Group, displayed_keys
from tui.screens.base.row_texts import style
from tui.widgets.content import content
from tui.widgets.pages import Pages
from tui.widgets.prompt import Prompt
from tui.widgets.status_line import Part, StatusLine

_GAP = "  "
_FRAME = 2  # lines: the title and the keys


class Entry(NamedTuple):
    """A line of the help: keys or a sign, the name of a command, and a description."""

    keys: str
    name: str
    text: str
    tone: str = "bold $accent"

    def matches(self, words: Sequence[str]) -> bool:
        """Return whether every word, in lower case, is in the keys, the name or the description."""
        line = f"{self.keys} :{self.name} {self.text}"
        return all(word in line.casefold() or word in self.keys.split() for word in words)


class Section(NamedTuple):
    """Entries under a title."""

    title: str
    entries: Sequence[Entry]


def sections(commands: Sequence[Command], moves: Iterable[BindingType]) -> list[Section]:
    """Return the help for `commands` by group, for the bindings that move in the body, and for what is on screen."""
    moving = [
        Entry(" ".join(displayed_keys(move.key)), "", move.description) for move in moves if isinstance(move, Binding)
    ]
    found = [
        Section(group.capitalize(), [*(moving if group is Group.MOVE else []), *map(_entry, _of(commands, group))])
        for group in Group
    ]
    found.append(Section("States", [Entry(sign.label, "", sign.meaning, style(sign.tone)) for sign in legend.signs()]))
    if any(command.argument == "FILTER" for command in commands):
        found.append(Section("In a filter", [Entry(f"{key}:", "", text) for key, text in KEYS.items()]))
    return [section for section in found if section.entries]


def search(found: Iterable[Section], query: str) -> list[Section]:
    """Return the entries with every word of `query`, and the sections that have any."""
    words = query.casefold().split()
    matching = (
        Section(section.title, [entry for entry in section.entries if entry.matches(words)]) for section in found
    )
    return [section for section in matching if section.entries]


class HelpScreen(ModalScreen[None]):
    """The help of one screen. Escape, q and ? close it; / searches in it, and escape first clears the search."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $background;  /* without colours what is behind would run into it */
        & > Vertical { width: 96; max-width: 100%; height: auto; max-height: 100%; background: $panel; }
    }
    """
    AUTO_FOCUS = ""  # the prompt only takes the keys of a search
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,question_mark,f1", "dismiss", "Close", show=False),
        Binding("escape", "back", show=False),
        Binding("slash", "search", show=False),
        Binding("space,f,j,down,pagedown,right,ctrl+d,ctrl+f", "page(1)", show=False),
        Binding("b,k,up,pageup,left,ctrl+u,ctrl+b", "page(-1)", show=False),
        Binding("g,home", "page(-1000)", show=False),
        Binding("G,end", "page(1000)", show=False),
    ]

    def __init__(self, commands: Sequence[Command], moves: Sequence[BindingType]) -> None:
        """The help for `commands`, and for the bindings that move in the body of the screen."""
        super().__init__()
        self._sections = sections(commands, moves)
        self._query = ""
        self._pages = Pages()
        self._prompt = Prompt(id="prompt")

    def compose(self) -> ComposeResult:
        """The page, between its number and the keys or the prompt."""
        with Vertical():
            yield StatusLine(id="title")
            yield self._pages
            yield StatusLine(id="help-keys")
            yield self._prompt

    def on_resize(self) -> None:
        """Split the help into pages for the new size."""
        self._show()

    def action_page(self, pages: int) -> None:
        """Turn pages."""
        self._pages.turn_to(self._pages.index + pages)
        self._show_frame()

    def action_back(self) -> None:
        """Clear the search; without one, close the help."""
        if self._query:
            self._set_query("")
        else:
            self.dismiss()

    def action_search(self) -> None:
        """Ask for words, and show only the lines that have all of them."""

        async def submit(query: str) -> None:
            self._close_prompt(query)

        self.query_one("#help-keys").display = False
        self._prompt.ask(
            "/",
            self._query,
            "words, a key or :name",
            lambda _: (),
            typing=self._set_query,
            entered=submit,
            cancelled=lambda: self._close_prompt(""),
        )

    def _close_prompt(self, query: str) -> None:
        self._prompt.close()
        self.set_focus(None)
        self.query_one("#help-keys").display = True
        self._set_query(query)

    def _set_query(self, query: str) -> None:
        self._query = query
        self._show()

    def _show(self) -> None:
        found = search(self._sections, self._query)
        width = min(self.query_one(Vertical).size.width or self.size.width, self.size.width) - 2
        self._pages.show(
            _lines(found, width) or [[Content(), content("Nothing matches. esc clears the search.", "$muted")]],
            max(1, self.size.height - _FRAME),
        )
        self._show_frame()

    def _show_frame(self) -> None:
        pages = self._pages
        left = [Part(content("Help", "bold"))]
        if self._query:
            left.append(Part(content(f"/{self._query}", "bold $accent", 40)))
        right = [Part(content(f"page {pages.index + 1} of {pages.count}"), 1)] if pages.count > 1 else []
        self.query_one("#title", StatusLine).show(left, right)
        turns = [("space", "next page", "screen.page(1)"), ("b", "page before", "screen.page(-1)")]
        keys = [
            *(turns if pages.count > 1 else []),
            ("/", "search", "screen.search"),
            ("esc", "clear the search" if self._query else "close", "screen.back"),
        ]
        self.query_one("#help-keys", StatusLine).show(
            [
                Part(Content.assemble(content(key, "bold $accent"), " ", content(text, "$muted")), place, action)
                for place, (key, text, action) in enumerate(keys)
            ],
            [Part(content("a click selects or opens a row, or sorts by a title", "$muted"), 9)],
        )


def _entry(command: Command) -> Entry:
    return Entry(" ".join(command.shown_keys), f"{command.name} {command.argument}".rstrip(), command.help)


def _of(commands: Iterable[Command], group: Group) -> Iterable[Command]:
    return (command for command in commands if command.group is group)


def _lines(found: Sequence[Section], width: int) -> list[list[Content]]:
    """Return the lines of each section in columns. What is too long for the last column goes on below its beginning."""
    entries = [entry for section in found for entry in section.entries]
    keys = max((len(entry.keys) for entry in entries), default=0)
    names = max((len(entry.name) for entry in entries), default=0)

    def lines(entry: Entry, *, has_names: bool) -> Iterable[Content]:
        name = content(entry.name.ljust(names) + _GAP, "$muted") if has_names else Content()
        left = content(entry.keys.ljust(keys), entry.tone) + _GAP + name
        blank = " " * left.cell_length
        first, *others = content(entry.text).wrap(max(1, width - left.cell_length))
        return [left + first, *(blank + line for line in others)]

    def section_lines(section: Section) -> Iterable[Content]:
        has_names = any(entry.name for entry in section.entries)
        yield content(section.title, "bold")
        for entry in section.entries:
            yield from lines(entry, has_names=has_names)

    return [list(section_lines(section)) for section in found]
