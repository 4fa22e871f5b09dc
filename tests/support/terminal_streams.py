"""A stream that stands in for a terminal on standard error."""

import io
import sys

import pytest


class Screen(io.StringIO):
    """A terminal without a size."""

    def isatty(self) -> bool:
        return True


def use_screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Make stderr a terminal. Not a fixture: pytest replaces stderr between fixtures and the test."""
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen
