"""Screens share behaviour by functions and widgets: few classes stand between a screen and Textual."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual.screen import Screen

from tui import screens

for module in pkgutil.walk_packages(screens.__path__, f"{screens.__name__}."):
    importlib.import_module(module.name)


def subclasses(cls: type) -> Iterator[type]:
    each: type
    for each in cls.__subclasses__():
        yield each
        yield from subclasses(each)


OWN = sorted({cls for cls in subclasses(Screen) if cls.__module__.startswith("tui.")}, key=lambda cls: cls.__name__)


@pytest.mark.parametrize("screen", OWN)
def test_at_most_three_classes_between_a_screen_and_textual(screen: type) -> None:
    own = [cls.__name__ for cls in screen.__mro__ if cls.__module__.startswith("tui.")]
    assert len(own) <= 3, f"{' <- '.join(reversed(own))}: share functions of tui.screens.actions instead"
