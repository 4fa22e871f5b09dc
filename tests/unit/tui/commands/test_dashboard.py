"""`reflowtop` without a command."""

import pytest

from tests.support.command_line import run
from tui import app, exit_status
from tui.commands import dashboard
from tui.settings import Settings
from tui.terminal import signals

pytestmark = pytest.mark.usefixtures("empty_home")


@pytest.mark.parametrize(
    "args",
    [
        ["state:failing user:amy", "--table", "reflow-prod", "--no-mouse"],
        ["--table", "reflow-prod", "--no-mouse", "state:failing user:amy"],
        ["-state:failing user:amy", "--table", "reflow-prod", "--no-mouse"],
        ["--table", "reflow-prod", "-state:failing user:amy", "--no-mouse"],
    ],
)
def test_filter_in_place_of_a_command_opens_the_dashboard(args: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[Settings] = []

    def watch(found: Settings, **_: object) -> int:
        watched.append(found)
        return 0

    monkeypatch.setattr(dashboard, "require_terminal", lambda *_: None)
    monkeypatch.setattr(app, "run", watch)
    assert run(*args) == 0
    (found,) = watched
    assert (found.table, found.mouse) == ("reflow-prod", False)
    assert found.filter.text == next(arg for arg in args if "state:" in arg)


@pytest.mark.parametrize(("args", "since"), [(["--until", "3h"], "10m"), (["--since", "5h", "--until", "3h"], "5h")])
def test_until_keeps_the_window_of_the_live_view(args: list[str], since: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Settings] = []

    def show(found: Settings, **_: object) -> int:
        shown.append(found)
        return 0

    monkeypatch.setattr(dashboard, "require_terminal", lambda *_: None)
    monkeypatch.setattr(app, "run", show)
    assert run("--table", "reflow-prod", *args) == 0
    (found,) = shown
    assert found.until is not None
    assert (found.since.text, found.until.text) == (since, "3h")


def test_terminal_without_cursor_movement_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run("--table", "reflow-prod") == exit_status.ExitCode.USAGE
    assert "cannot be drawn on TERM=dumb; set TERM, or use `reflowtop ps` in scripts" in capsys.readouterr().err


def test_animations_are_off_over_ssh() -> None:
    environ = {"SSH_CONNECTION": "x", "TEXTUAL_FPS": "30"}
    signals.limit_redraws_over_ssh(environ)
    assert environ == {"SSH_CONNECTION": "x", "TEXTUAL_FPS": "30", "TEXTUAL_ANIMATIONS": "none"}
    here: dict[str, str] = {}
    signals.limit_redraws_over_ssh(here)
    assert not here
