"""Lists in which what is new since somebody looked is marked until it is seen."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, TypeVar

from textual.content import Content
from textual.widget import Widget

from store import Digest
from tui.lists.runs import NEW
from tui.screens.base.command_registry import Command
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.session import Session
from tui.text import durations, formats
from tui.watch.findings.unseen_changes import ChangeKind
from tui.widgets.content import content
from tui.widgets.status_line import Part, StatusLine

R = TypeVar("R")

# A row is seen when the cursor has been on it for so long.
_SEEN_AFTER = timedelta(seconds=2)


class UnseenScreen(ListScreen[R]):
    """A list of runs or tasks; the new ones are marked, and can be gone through."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("next-new", "right_curly_bracket", "Next row that is new since you looked", action="screen.new(1)"),
        Command("previous-new", "left_curly_bracket", "The one before", action="screen.new(-1)"),
        Command("seen", "M", "All that is new is seen"),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._on: tuple[Hashable, datetime] | None = None  # the row under the cursor, since when

    def compose_body(self) -> Iterable[Widget]:
        """What is new, above the list."""
        line = StatusLine(id="news")
        line.display = False
        yield line
        yield from super().compose_body()

    def new_here(self) -> Sequence[str]:
        """What is new, in words."""
        return in_words(self.session.news.counts(), "run")

    def tick(self) -> None:
        """Bring ages up to date; what one looks at is seen."""
        self._see()
        super().tick()
        line, said = self.query_one("#news", StatusLine), self._said()
        line.display = bool(said)
        line.show(said)

    def action_new(self, step: int) -> None:
        """Move to the next row that is new, or the one before; from the last one to the first."""
        news = self.session.news
        keys = [self.key(row) for row in self.table.rows_shown]
        at = self.table.cursor
        found = [place for place, key in enumerate(keys) if key in news]
        if not found:
            self.complain(ValueError("nothing in this list is new since you looked"))
            return
        ahead = [place for place in found[::step] if (place - at) * step > 0]
        self.table.move_to(keys[ahead[0] if ahead else found[::step][0]])

    def action_seen(self) -> None:
        """Take the marks away."""
        self.session.news.see_all()
        self.show()

    def _see(self) -> None:
        session, row = self.session, self.table.cursor_row
        if row is None or not session.is_watched or self.is_asking:
            self._on = None
            return
        key, now = self.key(row), session.live.now()
        if self._on is None or self._on[0] != key:
            self._on = key, now
        elif now - self._on[1] >= _SEEN_AFTER and isinstance(key, Digest):
            session.news.see(key)

    def _said(self) -> Sequence[Part]:
        session = self.session
        new = self.new_here()
        if not new or session.replay is not None or session.past is not None or session.news.since is None:
            return []
        ago = durations.age(session.live.now() - session.news.since)
        what = ", ".join(new)
        keys = {command.name: command.shown_keys[0] for command in self.commands if command.keys}
        return [
            Part(content(f"{NEW}since you looked {ago} ago: {what}", "bold")),
            *(
                Part(Content.assemble(content(keys[name], "bold $accent"), " ", content(word, "$muted")), priority)
                for priority, (name, word) in enumerate((("next-new", "next"), ("seen", "seen")), 1)
                if name in keys
            ),
        ]


def in_words(counts: Counter[ChangeKind], noun: str) -> list[str]:
    """`3 runs failed`, `2 ended` and so on, what matters most first."""
    found = [new for new in ChangeKind if counts[new]]
    return [f"{formats.count(counts[new], noun) if new is found[0] else counts[new]} {new}" for new in found]
