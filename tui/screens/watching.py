"""What the screens have in common: they show what the poller knows, how old it is, and the keys."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from store.times import Clock
from tui.screens import words
from tui.settings import Settings
from tui.watch.poller import Poller
from tui.widgets.status import Part, StatusLine
from tui.widgets.table import Table
from tui.widgets.text import content


class Paragraph(Static):
    """A text of some lines that takes no room when it is empty."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown = Content()
        self.display = False

    def show(self, text: Content) -> None:
        """Show `text`."""
        if not text.is_same(self._shown):
            self._shown = text
            self.update(text, layout=True)
            self.display = bool(text)


class WatchingScreen(Screen[None]):
    """A screen over `poller.cluster`."""

    KEYS: tuple[tuple[str, str], ...] = ()
    """Keys and what they do, for the last line; the first ones stay longest when there is little room."""

    def __init__(self, poller: Poller, settings: Settings, clock: Clock) -> None:
        super().__init__()
        self.poller = poller
        self.settings = settings
        self.clock = clock

    def compose(self) -> ComposeResult:
        """The lines around the body."""
        yield StatusLine(id="heading")
        yield from self.compose_body()
        yield StatusLine(id="keys")

    def compose_body(self) -> Iterable[Widget]:
        """The widgets between the heading and the keys; one of them is a `Table`, and one `#reason`."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Show what is known."""
        keys = [
            Part(Content.assemble(content(key, "bold $accent"), " ", content(text, "$muted")), priority)
            for priority, (key, text) in enumerate([*self.KEYS, ("q", "quit"), ("?", "help")])
        ]
        self.query_one("#keys", StatusLine).show(keys)
        self.show()

    def on_screen_resume(self) -> None:
        """Show what has come in while another screen was shown."""
        self.show()

    def on_resize(self) -> None:
        """Fit the lines into the new width."""
        self.show()

    def show(self) -> None:
        """Show what the poller knows now."""
        self.query_one("#reason", Paragraph).show(self.reason())
        self.tick()

    def reason(self) -> Content:
        """Why reading does not go well; empty while it does."""
        return words.reason(self.poller.status)

    def tick(self) -> None:
        """Bring ages up to date."""
        now = self.clock()
        self.query_one("#heading", StatusLine).show(words.source(self.settings), words.reading(self.poller, now))
        table = self.query_one(Table)
        table.stale = words.is_old(self.poller.status, self.poller, now)
        table.tick()
