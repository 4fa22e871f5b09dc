"""`reflowtop` without a command: the dashboard, on a table or on a recording."""

import gc
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from tui import settings


def run(context: click.Context, flags: Mapping[str, str | None], recording: str | None) -> int:
    """Show the dashboard on the table that `flags` and the other settings name, or on the file `recording`.

    Return the exit code. Raises UsageError without a terminal, SettingsError, and OSError for the recording.
    """
    now = datetime.now(UTC)
    if recording is None:
        resolved = settings.load(flags, os.environ, now)
    else:  # the recording names its table; ignore what the environment and the file say about another one
        resolved = settings.load({**flags, "table": "recorded"}, os.environ, now, display_only=True)
    require_terminal(context, "use `reflowtop ps` in scripts")
    if recording is not None:
        from tui.commands import replay

        return replay.run(resolved, Path(recording))
    from tui.terminal import signals

    signals.spare_the_line(os.environ)
    gc.disable()  # the imports of the first frame are not garbage; `open_db` enables it again
    from tui import app

    return app.run(resolved)


def require_terminal(context: click.Context, remedy: str) -> None:
    """Raise UsageError unless there is a terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):  # Textual draws on stderr
        raise click.UsageError(f"the dashboard needs a terminal; {remedy}", context)
