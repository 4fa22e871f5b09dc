"""`reflowtop` without a command: the dashboard, on a table or on a recording."""

import gc
import itertools
import os
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from tui import settings
from tui.commands import flags as shared
from tui.terminal.output import find_terminal
from tui.text.terminal_abilities import is_drawable

# Keys in `Context.meta`: the file given with --replay, and the function that checks theme, keys and columns.
RECORDING, DISPLAY_CHECK = "reflowtop.recording", "reflowtop.display_check"


class DashboardGroup(click.Group):
    """A group that accepts a filter in place of a command, and shows the dashboard with it."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from tui.commands.help import write_examples  # the dashboard needs no help

        write_examples(self, formatter)
        super().format_epilog(ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take `-state:lost` in place of a command for a filter."""
        if any(re.match(r"-\w+:", arg) for arg in args):
            from tui.commands.help import move_exclusions

            own = [*itertools.takewhile(lambda arg: arg not in self.commands, args)]  # a command parses its own
            args = [*move_exclusions(own), *args[len(own) :]]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or one that shows the dashboard if `cmd_name` is a filter."""
        command = super().get_command(ctx, cmd_name)
        # A word without any of these characters is more likely a misspelt command than a filter.
        return _make_filter_command(cmd_name) if command is None and re.search(r"[:!~\s]", cmd_name) else command


class _FilterContext(click.Context):
    """The context of a filter in place of a command: errors and help are those of the group."""

    @property
    def command_path(self) -> str:
        return super().command_path if self.parent is None else self.parent.command_path

    def get_help(self) -> str:
        return super().get_help() if self.parent is None else self.parent.get_help()


class _FilterCommand(click.Command):
    context_class = _FilterContext


def _make_filter_command(filter_text: str) -> click.Command:
    @click.command(cls=_FilterCommand)
    @shared.add_options(*shared.DASHBOARD)
    @click.pass_context
    def show(context: click.Context, /, **flags: str | None) -> int:
        all_flags = shared.merge(context.obj, flags, {"filter": filter_text})
        return run(context, all_flags, context.meta.get(RECORDING))

    return show


def run(context: click.Context, flags: Mapping[str, str | None], recording: str | None) -> int:
    """Show the dashboard on the table that `flags` and the other settings name, or on the file `recording`.

    Return the exit code. Raises UsageError without a terminal, SettingsError, and OSError for the recording.
    """
    now = datetime.now(UTC)
    # A recording names its table: ignore the table of the environment and of the configuration file.
    table = {} if recording is None else {"table": "recorded"}
    resolved = _load({**flags, **table}, now, display_only=recording is not None)

    def load_table(table: str) -> settings.Settings:
        return settings.load({**flags, "table": table, "until": None}, os.environ, now)

    require_terminal(context, "use `reflowtop ps` in scripts")
    if recording is not None:
        from tui.commands import replay

        return replay.run(resolved, Path(recording), load_table)
    from tui.terminal import signals

    signals.limit_redraws_over_ssh(os.environ)
    gc.disable()  # the imports of the first frame are not garbage; `open_db` enables it again
    from tui import app
    from tui.settings.clusters import Clusters

    return app.run(resolved, clusters=Clusters(flags, os.environ))


def _load(flags: Mapping[str, str | None], now: datetime, *, display_only: bool = False) -> settings.Settings:
    """Return the settings. With `--until`, `since` is still the window of the live view, to which `L` returns."""
    live = settings.load({**flags, "until": None}, os.environ, now, display_only=display_only)
    if flags.get("until") is None:
        return live
    past = settings.load(shared.set_since(flags), os.environ, now, display_only=display_only)
    return msgspec.structs.replace(live, until=past.until)


def require_terminal(context: click.Context, remedy: str) -> None:
    """Raise UsageError unless there is a terminal to draw on."""
    # A stream is None if its descriptor was closed.
    if sys.stdin is None or not sys.stdin.isatty() or find_terminal() is None:
        raise click.UsageError(f"the dashboard needs a terminal; {remedy}", context)
    if not is_drawable(os.environ):
        raise click.UsageError(
            f"the dashboard cannot be drawn on TERM={os.environ['TERM']}; set TERM, or {remedy}", context
        )
