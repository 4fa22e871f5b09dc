"""A walk over the dashboard on a hostile world, which collects what a terminal would get."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from rich.console import Console, RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.drivers.headless_driver import HeadlessDriver

from store import Error, ErrorKind, FailureReason, Run, Task
from tests.hostile.checks import DRAWING, DRAWN, WRITTEN, find_events, find_unsafe
from tests.hostile.world import HostileDB, Text, failure
from tests.support.dashboard import Dashboard
from tests.support.rows import ago, digest, run_id, task_id
from tui.app import ReflowTop
from tui.query import filter as filters
from tui.screens.actions import routing
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.routes import (
    FindingRoute,
    FindingsRoute,
    HostRoute,
    IdentsRoute,
    LogsRoute,
    PoolsRoute,
    RunRoute,
    RunsRoute,
    TaskRoute,
    TimelineRoute,
)
from tui.settings import Settings
from tui.widgets import compact_output

_OF_SCROLLBARS = {"@mouse.down=grab", "@mouse.down=scroll_up", "@mouse.down=scroll_down", "@mouse.up=release"}


class Tap:
    """Takes what the dashboard would write to a terminal."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.written: list[str] = []
        self.unguarded: list[str] = []
        self.actions: set[str] = set()
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

    def __init__(self, db: HostileDB, settings: Settings, tap: Tap) -> None:
        super().__init__(db)
        self.app = ReflowTop(settings, self._open, clock=lambda: self.now)
        transform = self.app.transform_update

        def transform_update(update: RenderableType | None) -> RenderableType | None:
            update = transform(update)
            tap.take_update(update)
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
async def opened(db: HostileDB, settings: Settings, tap: Tap) -> AsyncIterator[HostileDashboard]:
    """Show the dashboard; everything that it writes goes to `tap`."""

    def contain(text: str) -> str:
        tap.unguarded.append(text)
        return contained(text)

    contained, write = compact_output.contain, HeadlessDriver.write
    compact_output.contain = contain
    HeadlessDriver.write = lambda _, data: tap.written.append(data)  # type: ignore[method-assign, assignment]
    try:
        async with HostileDashboard(db, settings, tap).shown(width=130, height=44) as dashboard:
            assert isinstance(dashboard, HostileDashboard)
            yield dashboard
    finally:
        compact_output.contain = contained
        HeadlessDriver.write = write  # type: ignore[method-assign]


async def close_screens(dashboard: HostileDashboard) -> None:
    """Go back to the list of runs."""
    while len(dashboard.app.screen_stack) > 1:
        dashboard.app.pop_screen()
    await dashboard.settle()


async def walk_row(dashboard: HostileDashboard, number: int, routes: set[type]) -> None:
    """Show each screen of the run `number`, and of its task, alloc and pool."""
    routes.add(RunsRoute)
    app, cluster = dashboard.app, dashboard.app.session.cluster
    run, task = cluster.run(run_id(number)), dashboard.db.rows[task_id(3 * number)]  # type: ignore[attr-defined]
    assert isinstance(run, Run)
    assert isinstance(task, Task)

    async def go(route: Any, *keys: str) -> None:
        screen: Any = app.screen
        routing.go(screen, route)
        await dashboard.settle()
        routes.add(type(routing.route_of(app.screen)))
        for key in keys:
            await dashboard.press(key)

    await close_screens(dashboard)
    await go(RunRoute(run.id), "down", "d", "escape")
    await go(IdentsRoute(RunRoute(run.id)))
    await go(TimelineRoute(run.id), "down")
    await go(TaskRoute.for_task(task), "end", "Y", "escape", "y")
    await go(LogsRoute.for_row(task), *"12345", "L", "w", "t")
    await go(LogsRoute.for_row(run), *"123")
    await go(PoolsRoute((digest(f"pool {number}"),)), "down", "d", "escape")
    await go(HostRoute.for_row(dashboard.db.rows[digest(f"pool {number}")]))  # type: ignore[attr-defined]
    await go(FindingsRoute(run.id), "down")
    findings = app.session.findings
    if findings:
        finding = findings[number % len(findings)]
        await go(FindingRoute(finding.cause, finding))


async def walk_lists(dashboard: HostileDashboard) -> None:
    """Show the lists with all rows, and everything that opens over them."""
    await close_screens(dashboard)
    for keys in (
        ("a", "down", "end", "home"),
        ("?", "space", "escape"),
        ("ctrl+p", *"fil", "escape"),
        ("slash", *"user:", "tab", "tab", "escape"),
        ("slash", *"name:", "tab", "escape"),
        ("colon", *"user ", "tab", "tab", "escape"),
        ("u", "tab", "escape"),
        ("greater_than_sign", "greater_than_sign", "0"),
        ("w", "escape"),
        ("e", "down", "enter", "escape", "1"),
        ("p", "down", "down", "1"),
    ):
        await dashboard.press(*keys)


async def walk_typed(dashboard: HostileDashboard, text: Text) -> None:
    """Run commands with arguments that are hostile, as if they were typed after `:` or bound to a key."""
    app = dashboard.app
    await close_screens(dashboard)
    typed = {
        "filter": text("typed"),
        "user": text("typed user"),
        "sort": text("typed column"),
        "window": text("typed time"),
    }
    for command, argument in typed.items():
        await app.screen.run_action(f"screen.run({command!r}, {argument[:2000]!r})")
        await dashboard.settle()
    app.session.user = None
    app.session.views[RunsRoute()].filter = filters.EVERYTHING
    app.screen.footer.dismiss()  # type: ignore[attr-defined]
    await dashboard.settle()


async def walk_failures(dashboard: HostileDashboard, text: Text) -> None:
    """Let reads fail with hostile messages, and show a notification."""
    app, db = dashboard.app, dashboard.db
    assert isinstance(db, HostileDB)
    await close_screens(dashboard)
    app.session.settings = replace(app.session.settings, **_settings_texts(text))
    column = text("row error id"), text("row error column")
    db.row_errors = [Error(ErrorKind.INVALID, "decode row", column, text("row error"))]
    db.history_errors = [failure(text)]
    for reason in (FailureReason.OTHER, FailureReason.DENIED, FailureReason.NO_CREDENTIALS, FailureReason.SERVICE):
        db.failure = failure(text, ErrorKind.OTHER, reason)
        await dashboard.refresh()
    db.failure = None
    await dashboard.refresh()
    db.objects.failure = failure(text)
    db.objects.bucket = text("bucket")
    task = next(row for row in db.rows.values() if isinstance(row, Task))
    assert isinstance(app.screen, BaseScreen)
    routing.go(app.screen, LogsRoute.for_row(task))
    await dashboard.settle()
    for key in "12345L":
        await dashboard.press(key)
    db.objects.failure = None
    await close_screens(dashboard)
    run = next(run for run in app.session.cluster.runs)
    app.session.marked.add(run.id, app.session.cluster.run_state(run.id))
    db.put(type(run)(**{**{f: getattr(run, f) for f in run.__struct_fields__}, "end": ago(seconds=1)}))
    await dashboard.refresh()
    app.clear_notifications()


def _settings_texts(text: Text) -> dict[str, Any]:
    return {name: text(name) for name in ("table", "region", "profile")}


async def walk(db: HostileDB, texts: Sequence[Text], routes: set[type] | None = None) -> list[str]:
    """Walk over everything on a world of `texts`; return what is wrong. The types of the routes go into `routes`."""
    tap = Tap()
    async with opened(db, make_settings(texts[0]), tap) as dashboard:
        await walk_lists(dashboard)
        for number in range(1, len(texts) + 1):
            await walk_row(dashboard, number, set() if routes is None else routes)
        for text in texts:
            await walk_typed(dashboard, text)
            await walk_failures(dashboard, text)
        assert dashboard.app.return_code is None, "an action of a text has ended the dashboard"
        assert not dashboard.app.failures, [repr(error)[:300] for error in dashboard.app.failures]
    return tap.problems()
