"""The command line: the group of all commands, and the flags of the dashboard.

The declarations of commands are imported when a command is looked up: the dashboard needs none of them. Each command
imports its implementation when it runs, so that `--help` takes 0.07 s rather than 0.3 s.
"""

import io
import os
import sys

import click

from tui.commands import dashboard
from tui.commands import flags as shared
from tui.commands.lazy_commands import COMPLETE_VARIABLE, LazyCommands
from tui.exit_status import ExitCode, discard_unwritable_errors, print_stderr, run_command
from tui.settings import Settings
from tui.terminal import output


@click.group(
    cls=dashboard.DashboardGroup,
    commands=LazyCommands(
        [
            f"tui.commands.{topic}_commands"
            for topic in ("list", "log", "meta", "price", "record", "report", "setup", "watch")
        ],
    ),
    invoke_without_command=True,
    epilog=shared.EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    subcommand_metavar="[COMMAND [ARGS]... | FILTER]",
)
@shared.add_options(*shared.DASHBOARD)
@click.option("--replay", metavar="FILE", type=click.Path(), help="Replay a recording made by `reflowtop record`.")
@shared.VERSION
@click.pass_context
def reflowtop(context: click.Context, /, replay: str | None, **flags: str | None) -> int | None:
    """Monitor running reflow workflows.

    Without a command, show the dashboard, optionally with a FILTER such as 'state:failing'.
    """
    context.obj = flags
    context.meta[dashboard.DISPLAY_CHECK] = _check_display
    if replay is not None:
        context.meta[dashboard.RECORDING] = replay
        if context.invoked_subcommand == "handoff":
            raise click.UsageError("--replay goes after the command: `reflowtop handoff --replay FILE`")
        if context.invoked_subcommand in reflowtop.commands:
            raise click.UsageError(f"--replay cannot be used with the command {context.invoked_subcommand}")
    if context.invoked_subcommand is not None:
        if (command := reflowtop.commands.get(context.invoked_subcommand)) is not None:
            shared.check_placement(context, command, flags)
        return None
    return dashboard.run(context, flags, replay)


def _check_display(resolved: Settings) -> None:
    """Check the theme, keys and columns, whose choice only the dashboard knows. Raises SettingsError."""
    from tui import theme
    from tui.screens.base import settings_check

    theme.check_theme(resolved)
    settings_check.check(resolved)


def _open_standard_descriptors() -> None:
    """Open the null device in place of standard descriptors that are closed.

    A file or connection that got number 2 would receive what libraries write to standard error.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free


def main() -> None:
    """Run the command line of this process, and exit with its status."""
    _open_standard_descriptors()
    output.forget_exported_size(os.environ)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # the locale may not be able to encode every character
    from tui.commands import stderr_hooks  # names of modules that are imported anyway

    stderr_hooks.install()
    if sys.stdout is None:
        print_stderr("standard output is closed")
        sys.exit(ExitCode.FAILED)
    if instruction := os.environ.get(COMPLETE_VARIABLE):
        from tui.commands import completion

        sys.exit(completion.answer(reflowtop, instruction))
    try:
        sys.exit(run_command(reflowtop))
    finally:
        discard_unwritable_errors()
