"""A stylesheet that remembers its matches gives every node the styles that Textual's own does."""

from collections.abc import Iterator
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widgets import Input, Label

from tests.support.dashboard import Dashboard, cluster
from tui.widgets.stylesheet import PRIVATE_OF_NODE, PRIVATE_OF_STYLESHEET, RememberingStylesheet
from tui.widgets.table import Table
from tui.widgets.textual_private import HookedApp

Rules = dict[str, Any]


@pytest.mark.parametrize("name", PRIVATE_OF_NODE)
def test_private_names_of_a_node_exist(name: str) -> None:
    assert hasattr(DOMNode(), name), f"this Textual has no DOMNode.{name}: mend tui/widgets/stylesheet.py"


@pytest.mark.parametrize("name", PRIVATE_OF_STYLESHEET)
def test_private_names_of_a_stylesheet_exist(name: str) -> None:
    assert hasattr(Stylesheet, name), f"this Textual has no Stylesheet.{name}: mend tui/widgets/stylesheet.py"


def styles_of(node: DOMNode) -> dict[str, object]:
    flags = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")
    return {
        "rules": dict(node.styles.base.get_rules()),
        **{name: dict(styles.base.get_rules()) for name, styles in node._component_styles.items()},
        **{flag: getattr(node, flag) for flag in flags},
    }


def nodes_of(app: App[Any]) -> Iterator[DOMNode]:
    yield app
    yield from app.screen.walk_children(with_self=True)


def check(app: App[Any], step: str) -> None:
    """Fail unless Textual's stylesheet changes nothing."""
    assert isinstance(app.stylesheet, RememberingStylesheet)
    textual = Stylesheet(variables=app.theme_variables)
    textual.source = app.stylesheet.source
    textual.reparse()
    for node in nodes_of(app):
        ours = styles_of(node)
        textual.apply(node)
        assert ours == styles_of(node), f"{node} after {step}"


async def test_screens_have_the_styles_that_textual_gives_them() -> None:
    async with Dashboard(cluster()).shown() as top:
        check(top.app, "the start")
        for key in ("slash", "a", "escape", "escape", "enter", "colon", "escape", "question_mark", "escape", "tab"):
            await top.press(key)
            check(top.app, key)
        for theme in ("textual-light", "nord", "ansi-dark"):
            top.app.theme = theme
            await top.settle()
            check(top.app, theme)
        top.app.app_focus = False
        await top.settle()
        check(top.app, "the loss of the terminal's focus")
        top.app.screen.disabled = True
        await top.settle()
        check(top.app, "a screen that is disabled")


async def test_old_data_changes_the_styles_of_the_table() -> None:
    async with Dashboard(cluster()).shown() as top:
        table = top.app.screen.query_one(Table)
        for stale in (True, False, True):
            table.stale = stale
            await top.settle()
            check(top.app, f"stale={stale}")


async def test_only_component_styles_that_change_are_new() -> None:
    async with Dashboard(cluster()).shown() as top:
        table = top.app.screen.query_one(Table)
        before = dict(table._component_styles)

        def new() -> set[str]:
            return {name for name, styles in table._component_styles.items() if styles is not before[name]}

        await top.press("slash")
        assert not table.has_focus
        assert new() == set()
        table.stale = True
        await top.settle()
        colours = {"table--accent", "table--good", "table--warning", "table--critical"}
        assert colours <= new() <= colours | {"table--cursor"}


class OrderApp(HookedApp[None]):
    CSS = """
    Label { color: white; }
    Label:first-child { color: red; }
    Label:last-child { color: green; }
    Label.-added { text-style: bold; }
    #outer:focus-within { background: blue; }
    """

    def compose(self) -> ComposeResult:
        with Vertical(id="outer"):
            yield Label("a")
            yield Label("b")
            yield Input()
            yield Label("c")
        yield Input(id="other")


async def test_rules_that_depend_on_other_nodes_are_matched_each_time() -> None:
    app = OrderApp()
    async with app.run_test() as pilot:
        inner, other = app.query_one("#outer Input", Input), app.query_one("#other", Input)
        for focused in (inner, other, inner):
            focused.focus()
            await pilot.pause()
            check(app, f"the focus on {focused}")
        await app.query(Label).first().remove()
        await app.query_one("#outer").mount(Label("d"))
        await pilot.pause()
        check(app, "siblings that come and go")
        app.query(Label).last().add_class("-added")
        await pilot.pause()
        check(app, "a class")
        assert app.query(Label).last().styles.text_style.bold


async def test_a_new_source_of_css_is_used_at_once() -> None:
    app = OrderApp()
    async with app.run_test() as pilot:
        await pilot.pause()
        app.stylesheet.add_source("#other { color: yellow; }")
        app.stylesheet.update(app.screen)
        check(app, "another source")
        assert app.query_one("#other").styles.color.rgb == (255, 255, 0)
