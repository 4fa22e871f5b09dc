"""The declarations of commands that look back. Each imports its implementation when it runs."""

import os
from datetime import UTC, datetime

import click

from tui import settings
from tui.commands import flags as shared
from tui.commands.help import HelpfulCommand
from tui.text import time_zone

_FORMATS = ("table", "wide", "json", "ndjson", "csv", "markdown")


@click.command(
    "replay-rules",
    cls=HelpfulCommand,
    epilog=shared.EPILOG,
    short_help="Print the findings that a recording would have raised.",
)
@click.argument("file", type=click.Path())
@click.option("-o", "--output", type=click.Choice(_FORMATS), default="table", show_default=True, help="Output format.")
@click.option("--no-headers", is_flag=True, help="Omit the header line.")
@shared.add_options(shared.TIME_ZONE)
@click.pass_context
def replay_rules(context: click.Context, /, file: str, output: str, no_headers: bool, **flags: str | None) -> int:
    """Run the rules of findings over FILE, a recording, and print what they raise, when, and for how long.

    The rules are those of this version, applied to each refresh of the recording as the dashboard does. So false alarms
    can be counted, and rules of two versions compared. LASTED ends with + for findings that are open at the end. A
    summary goes to standard error. The command reads no table.
    """
    # A recording names its table: ignore the table of the environment and of the configuration file.
    given = shared.merge(context.obj, flags, {"table": "recorded"})
    resolved = settings.load(given, os.environ, datetime.now(UTC), display_only=True)
    time_zone.use(resolved.tz)
    from pathlib import Path

    from tui.commands import replay_rules
    from tui.commands.listing import ListOptions
    from tui.export.formats.output_formats import OutputFormat

    return replay_rules.run(resolved, Path(file), ListOptions(output=OutputFormat(output), headers=not no_headers))


COMMANDS = (replay_rules,)
