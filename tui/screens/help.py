"""The help of a screen, in pages: its commands by group, a legend of the states, and the keys of a filter."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from tui.lists import legend
from tui.query.filter import KEYS
from tui.screens.base.command_registry import Command, Group, displayed_keys
from tui.screens.base.paged_screen import KeyHint, PagedScreen
from tui.screens.base.row_texts import style
from tui.widgets.content import content
from tui.widgets.pages import Section
from tui.widgets.prompt import Prompt
from tui.widgets.status_line import Part

_GAP = "  "


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


class Topic(NamedTuple):
    """Entries under a title."""

    title: str
    entries: Sequence[Entry]


def topics(commands: Sequence[Command], moves: Iterable[BindingType]) -> list[Topic]:
    """Return the help for `commands` by group, for the bindings that move in the body, and for what is on screen."""
    moving = [
        Entry(" ".join(displayed_keys(move.key)), "", move.description) for move in moves if isinstance(move, Binding)
    ]
    found = [
        Topic(group.capitalize(), [*(moving if group is Group.MOVE else []), *map(_entry, _in_group(commands, group))])
        for group in Group
    ]
    found.append(Topic("States", [Entry(sign.label, "", sign.meaning, style(sign.tone)) for sign in legend.signs()]))
    if any(command.argument == "FILTER" for command in commands):
        found.append(Topic("In a filter", [Entry(f"{key}:", "", text) for key, text in KEYS.items()]))
    return [topic for topic in found if topic.entries]


def search(topics: Sequence[Topic], query: str) -> list[Topic]:
    """Return the entries with every word of `query`, and the topics that have any; a whole topic by its title."""
    words = query.casefold().split()
    if titled := [topic for topic in topics if topic.title.casefold().split() == words]:
        return titled
    matching = (Topic(topic.title, [entry for entry in topic.entries if entry.matches(words)]) for topic in topics)
    return [topic for topic in matching if topic.entries]


class HelpScreen(PagedScreen):
    """The help of one screen. Escape, q and ? close it; / searches in it, and escape first clears the search."""

    WIDTH = 96
    AUTO_FOCUS = ""  # the prompt only takes the keys of a search
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,question_mark,f1", "dismiss", "Close", show=False),
        Binding("escape", "back", show=False),
        Binding("slash", "search", show=False),
    ]

    def __init__(self, commands: Sequence[Command], moves: Sequence[BindingType], query: str = "") -> None:
        """The help for `commands`, and for the bindings that move in the body of the screen; searched for `query`."""
        super().__init__()
        self._topics = topics(commands, moves)
        self._query = " ".join(query.split())
        self._prompt = Prompt(id="prompt")

    def compose_below(self) -> Iterable[Widget]:
        yield self._prompt

    def text_sections(self, width: int) -> Sequence[Section]:
        nothing = [[Content(), content("Nothing matches. esc clears the search.", "$muted")]]
        return _lines(search(self._topics, self._query), width) or nothing

    def title_parts(self) -> Sequence[Part]:
        query = [Part(content(f"/{self._query}", "bold $accent", 40))] if self._query else []
        return [Part(content("Help", "bold")), *query]

    def key_hints(self) -> Sequence[KeyHint]:
        return [
            KeyHint("/", "search", "screen.search"),
            KeyHint("esc", "clear the search" if self._query else "close", "screen.back"),
        ]

    def note_parts(self) -> Sequence[Part]:
        return [Part(content("a click selects or opens a row, or sorts by a title", "$muted"), 9)]

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

        self.query_one("#page-keys").display = False
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
        self.query_one("#page-keys").display = True
        self._set_query(query)

    def _set_query(self, query: str) -> None:
        self._query = query
        self.show()


def _entry(command: Command) -> Entry:
    return Entry(" ".join(command.shown_keys), f"{command.name} {command.argument}".rstrip(), command.help)


def _in_group(commands: Iterable[Command], group: Group) -> Iterable[Command]:
    return (command for command in commands if command.group is group)


def _lines(topics: Sequence[Topic], width: int) -> list[list[Content]]:
    """Return the lines of each topic in columns. A text too long for the last column continues below its beginning."""
    entries = [entry for topic in topics for entry in topic.entries]
    keys = max((len(entry.keys) for entry in entries), default=0)
    names = max((len(entry.name) for entry in entries), default=0)

    def lines(entry: Entry, *, has_names: bool) -> Iterable[Content]:
        name = content(entry.name.ljust(names) + _GAP, "$muted") if has_names else Content()
        left = content(entry.keys.ljust(keys), entry.tone) + _GAP + name
        blank = " " * left.cell_length
        first, *others = content(entry.text).wrap(max(1, width - left.cell_length))
        return [left + first, *(blank + line for line in others)]

    def topic_lines(topic: Topic) -> Iterable[Content]:
        has_names = any(entry.name for entry in topic.entries)
        yield content(topic.title, "bold")
        for entry in topic.entries:
            yield from lines(entry, has_names=has_names)

    return [list(topic_lines(topic)) for topic in topics]
