"""Remembered styles are those that Textual finds."""

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.widgets import Button, Label

from tests.support import idle, matched_css
from tests.support.dashboard import Dashboard
from tests.support.tour import TourDB, tour

Rules = dict[str, object]


def styles(app: App[BaseException]) -> list[tuple[str, Rules]]:
    """The rules and flags of each node, and the rules of its component classes."""
    found = []
    for node in app.screen.walk_children(with_self=True):
        flags = {name: getattr(node, name) for name in matched_css.FLAGS}
        found.append((str(node), {**flags, **node.styles.base.get_rules()}))
        for part, component in sorted(node._component_styles.items()):
            found.append((f"{part} of {node}", dict(component.base.get_rules())))
    return found


def check(app: App[BaseException], place: str) -> None:
    """Style the screen from what is remembered, and by Textual."""
    app.stylesheet.update(app.screen)
    remembered = styles(app)
    matched_css.uninstall()
    try:
        app.stylesheet.update(app.screen)
    finally:
        matched_css.install()
    assert remembered == styles(app), place


@pytest.mark.slow
async def test_every_screen_has_the_styles_that_textual_finds() -> None:
    places = 0
    async with Dashboard(TourDB(), preview="half").shown() as top:
        async for place in tour(top):
            places += 1
            for name in ("nord", "reflowtop-light", "reflowtop-dark"):  # the last as it was
                top.app.theme = name
                await top.settle()
                check(top.app, f"{place} in {name}")
    assert places > 20


class Boxes(App[BaseException]):
    CSS = """
    Label { color: red; }
    .on Label { color: green; }
    Vertical:focus-within Label { color: blue; }
    Label:first-child { text-style: bold; }
    #last.-hot { color: white; }
    """

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Label("one", id="first")
            yield Button("press", id="press")
            yield Label("two", id="last")


def colors(app: Boxes) -> list[str]:
    return [label.styles.color.hex for label in app.query(Label)]


async def test_classes_focus_and_order_change_styles() -> None:
    for _ in range(2):  # the second app has what the first one found
        app = Boxes()
        async with app.run_test():
            box, last = app.query_one(Vertical), app.query_one("#last")

            check(app, "focus within")
            assert colors(app) == ["#0000FF", "#0000FF"]
            app.query_one("#press").can_focus = False
            app.screen.set_focus(None)
            await idle.settle(app)
            check(app, "no focus")
            assert colors(app) == ["#FF0000", "#FF0000"]
            box.add_class("on")
            assert colors(app) == ["#008000", "#008000"]
            last.add_class("-hot")
            assert colors(app) == ["#008000", "#FFFFFF"]
            check(app, "classes")
            assert [label.styles.text_style.bold for label in app.query(Label)] == [True, None]
            await app.query_one("#first").remove()
            await app.query_one("#press").remove()
            await idle.settle(app)
            check(app, "first child")
            assert last.styles.text_style.bold
