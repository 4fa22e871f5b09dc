"""The private names of Textual that the dashboard uses still exist, and one module uses them."""

import ast
import inspect
import re
import weakref
from pathlib import Path

import pytest
from textual._styles_cache import StylesCache
from textual.app import App
from textual.color import Color
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from tui.widgets.textual_private import PRIVATE_OF_APP, PRIVATE_OF_DRIVER, PRIVATE_OF_TIMER, PRIVATE_OF_WIDGET

TUI = Path(__file__).parents[4] / "tui"
PRIVATE = {name for cls in (App, Screen, Widget) for name in dir(cls) if name.startswith("_") and name[1] != "_"}


@pytest.mark.parametrize("name", PRIVATE_OF_APP)
def test_private_names_of_an_app_exist(name: str) -> None:
    assert hasattr(App[None](), name), f"this Textual has no App.{name}: mend tui/widgets/textual_private.py"


@pytest.mark.parametrize("name", PRIVATE_OF_WIDGET)
def test_private_names_of_a_widget_exist(name: str) -> None:
    assert hasattr(Screen[None](), name), f"this Textual has no Widget.{name}: mend tui/widgets/textual_private.py"


@pytest.mark.parametrize("name", PRIVATE_OF_DRIVER)
def test_private_names_of_a_driver_exist(name: str) -> None:
    source = Path(inspect.getfile(LinuxDriver)).read_text() + Path(inspect.getfile(Driver)).read_text()
    assert re.search(rf"\b{name}\b", source), f"this Textual has no LinuxDriver.{name}: mend textual_private.py"


@pytest.mark.parametrize("name", PRIVATE_OF_TIMER)
def test_private_names_of_a_timer_exist(name: str) -> None:
    assert hasattr(Timer, name), f"this Textual has no Timer.{name}: mend tui/widgets/textual_private.py"


def test_lines_drawn_by_a_closed_widget_are_not_kept() -> None:
    cache, colors = StylesCache(), (Color(1, 2, 3), Color(4, 5, 6, 0.5))
    inner, outer = cache.get_inner_outer(*colors)
    assert (inner.background, outer.background) == (colors[0] + colors[1], colors[0])
    assert StylesCache().get_inner_outer(*colors)[0] is inner, "colours are cached for all widgets"
    kept = weakref.ref(cache)
    del cache
    assert kept() is None


@pytest.mark.parametrize("path", sorted(TUI.rglob("*.py")), ids=lambda path: path.relative_to(TUI).as_posix())
def test_one_module_uses_private_names(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    own = {
        node.attr if isinstance(node, ast.Attribute) else node.name
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
        or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in PRIVATE} - own
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module is not None}
    used |= {module for module in modules if module.startswith("textual._")}
    if path.name != "textual_private.py":
        assert not used, f"move {used} to tui/widgets/textual_private.py"
