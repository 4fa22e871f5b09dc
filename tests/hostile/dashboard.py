"""The dashboard on a hostile world, and a tap for its output to the terminal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console, RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.drivers.headless_driver import HeadlessDriver

from store import TaskDB
from tests.hostile.checks import DRAWING, DRAWN, WRITTEN, find_events, find_unsafe
from tests.hostile.world import Text
from tests.support.dashboard import Dashboard
from tui.app import ReflowTop
from tui.settings import Settings
from tui.watch.recording.replay import Replay
from tui.widgets import compact_output

_OF_SCROLLBARS = {"@mouse.down=grab", "@mouse.down=scroll_up", "@mouse.down=scroll_down", "@mouse.up=release"}


class Tap:
    """Takes what the dashboard would write to a terminal."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.written: list[str] = []
        self.unguarded: list[str] = []
        self.actions: set[str] = set()
        self.screens: set[type] = set()
        """The classes of screens that were drawn."""
        self._console = Console(color_system="truecolor", force_terminal=True, _environ={})

    def take_update(self, update: RenderableType | None) -> None:
        """Render an update as for a terminal, and note actions in its styles."""
        if isinstance(update, compact_output.CompactUpdate):
            self.drawn.append(update.render_segments(self._console))
            inner = update.__rich__()
            if isinstance(inner, LayoutUpdate):
                strips = [strip for line in inner.strips for strip in line]
            else:
                assert isinstance(inner, ChopsUpdate)
                strips = [strip for chop in inner.chops for strip in chop.values() if strip is not None]
            for strip in strips:
                for _, style, _ in strip:
                    if style is not None and style._meta is not None:
                        self.actions |= {f"{name}={value}" for name, value in style.meta.items() if name[0] == "@"}

    def problems(self) -> list[str]:
        """Return all that should not have reached the terminal."""
        drawn, written = "".join(self.drawn), "".join(self.written)
        return [
            *find_unsafe(drawn, DRAWN),
            *find_events(drawn, DRAWING),
            *find_unsafe(written, WRITTEN),
            *(f"drawn without the door: {text[:80]!r}" for text in self.unguarded),
            *(f"an action in a text: {action}" for action in self.actions - _OF_SCROLLBARS),
        ]


class HostileDashboard(Dashboard):
    """The dashboard on a hostile world."""

    def __init__(self, db: TaskDB, settings: Settings, tap: Tap, replay: Replay | None = None) -> None:
        super().__init__(db)
        self.app = ReflowTop(settings, self._open, clock=lambda: self.now, replay=replay)
        transform = self.app.transform_update

        def transform_update(update: RenderableType | None) -> RenderableType | None:
            update = transform(update)
            tap.take_update(update)
            tap.screens |= {type(screen) for screen in self.app.screen_stack}
            return update

        self.app.transform_update = transform_update  # type: ignore[method-assign]


def make_settings(text: Text) -> Settings:
    """Return settings with hostile values, as from flags, variables and files."""
    return Settings(
        table=text("table"),
        region=text("region"),
        profile=text("profile"),
        user=None,
        preview="half",
    )


@asynccontextmanager
async def opened(
    db: TaskDB, settings: Settings, tap: Tap, replay: Replay | None = None
) -> AsyncIterator[HostileDashboard]:
    """Show the dashboard; everything that it writes goes to `tap`."""

    def contain(text: str) -> str:
        tap.unguarded.append(text)
        return contained(text)

    contained, write = compact_output.contain, HeadlessDriver.write
    compact_output.contain = contain
    HeadlessDriver.write = lambda _, data: tap.written.append(data)  # type: ignore[method-assign, assignment]
    try:
        async with HostileDashboard(db, settings, tap, replay).shown(width=130, height=44) as dashboard:
            assert isinstance(dashboard, HostileDashboard)
            yield dashboard
    finally:
        compact_output.contain = contained
        HeadlessDriver.write = write  # type: ignore[method-assign]
