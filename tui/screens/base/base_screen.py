"""The frame of a screen: the lines around its body, which say what is read, where one is, and the keys."""

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from tui.screens.base import row_texts as sentences
from tui.screens.base import status_texts as words
from tui.screens.base.commanded import CommandedScreen
from tui.screens.base.session import Session
from tui.widgets.content import content
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part, StatusLine

_FIRST_TO_GO = 20


class FramedScreen(CommandedScreen):
    """A screen over what is known of the cluster, between a heading and the keys."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.take_keys(session.settings.keys)
        self.session = session
        self._is_composed = False

    @property
    def is_ready(self) -> bool:
        """Whether its widgets are there: it is resumed, resized and told of news before, and while it closes."""
        return self._is_composed and self.is_attached and self.app.is_running

    def compose(self) -> ComposeResult:
        """The lines around the body."""
        yield StatusLine(id="heading")
        yield StatusLine(id="where")
        yield Paragraph(id="reason")
        yield from self.compose_body()
        yield StatusLine(id="keys")
        yield from self.compose_prompt()

    def compose_body(self) -> Iterable[Widget]:
        """The widgets between the heading and the keys."""
        raise NotImplementedError

    def crumb(self) -> Content:
        """This screen's part of where one is."""
        raise NotImplementedError

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """What stands right of where one is, and at the right end."""
        return (), ()

    def on_mount(self) -> None:
        """Show what is known."""
        keys = [
            Part(
                Content.assemble(content(command.shown_keys[0], "bold $accent"), " ", content(command.short, "$muted"))
            )
            for command in self.commands
            if command.short and command.keys
        ]
        # The first ones are those to know here, and the last one leads to all others.
        *others, last = keys
        self._is_composed = True
        self.query_one("#keys", StatusLine).show(
            [*(part._replace(priority=place) for place, part in enumerate(others)), last]
        )
        self.show()

    def on_screen_resume(self) -> None:
        """Show what has come in while another screen was shown."""
        if self.is_ready:
            self.show()

    def on_resize(self) -> None:
        """Fit the lines into the new width."""
        if self.is_ready:
            self.show()

    def show(self) -> None:
        """Show what is known now."""
        self.query_one("#reason", Paragraph).show(self.reason())
        self.tick()

    def reason(self) -> Content:
        """Why reading does not go well; empty while it does."""
        past = self.session.past
        if past is not None and past.errors:
            return words.history_reason(past.errors[0])
        replay = self.session.replay
        if replay is not None and replay.trouble:
            return words.damage(replay.trouble)
        return words.reason(self.session.poller.status)

    def tick(self) -> None:
        """Bring ages up to date."""
        now = self.session.clock()
        self.query_one("#heading", StatusLine).show(
            [*words.source(self.session.settings), *words.replaying(self.session)],
            words.reading(self.session.poller, now),
        )
        stack = [screen for screen in self.app.screen_stack if isinstance(screen, FramedScreen)]
        before = stack[: stack.index(self)] if self in stack else []
        # Without room for the whole way, what is farthest from here goes first.
        way = [
            Part(screen.crumb() + content(" ›", "$muted"), _FIRST_TO_GO - place) for place, screen in enumerate(before)
        ]
        past = self.session.past
        then = [] if past is None else sentences.past(past)
        left, right = self.where()
        self.query_one("#where", StatusLine).show([*way, Part(self.crumb()), *then, *left], right)
