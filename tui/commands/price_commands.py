"""The declaration of `prices`. It imports its implementation when it runs."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from tui import settings
from tui.commands import flags as shared
from tui.commands.help import HelpfulCommand

_ACTIONS = ("show", "update", "import")


@click.command(
    "prices", cls=HelpfulCommand, epilog=shared.EPILOG, short_help="Show, update or import the prices of hosts."
)
@click.argument("action", type=click.Choice(_ACTIONS), default="show", required=False)
@click.argument("file", required=False)
@click.option("--type", "types", metavar="TYPE", multiple=True, help="With update: also look up TYPE.")
@click.option(
    "--date",
    "as_of",
    metavar="YYYY-MM-DD",
    type=click.DateTime(["%Y-%m-%d"]),
    help="With import: the date of the prices.  [default: the date of FILE]",
)
@shared.add_options(*shared.TABLE, shared.SINCE)
@shared.output_option("text", "json")
@click.pass_context
def prices(
    context: click.Context,
    /,
    action: str,
    file: str | None,
    types: Sequence[str],
    as_of: datetime | None,
    output: str,
    **flags: str | None,
) -> int:
    """Show the prices of hosts with source and age; or update or import the price list.

    Costs use the price in [prices] of the configuration file, if it has one for the type of a host. Otherwise they use
    the EC2 on-demand price in the price list, which only these two actions change. `prices update` asks the AWS Price
    List API for the types of the pools alive since --since, and of the last update; it needs the permission
    pricing:GetProducts. `prices import` reads FILE: the JSON of ec2instances.info, or a CSV with the header
    region,type,usd_per_hour (or type,usd_per_hour, and --region).
    """
    if (file is None) == (action == "import"):
        raise click.UsageError("name the FILE to import" if file is None else f"{action} takes no FILE", context)
    if types and action != "update":
        raise click.UsageError("--type needs the action update", context)
    if action != "update" and shared.is_given(context, "since"):
        raise click.UsageError("--since needs the action update", context)
    if as_of is not None and action != "import":
        raise click.UsageError("--date needs the action import", context)
    if output == "json" and action != "show":
        raise click.UsageError(f"-o json needs the action show; {action} prints a line of text", context)
    now, merged = datetime.now(UTC), shared.merge(context.obj, flags)
    from tui.commands import prices as command

    if action == "update":
        return command.update(settings.load(merged, os.environ, now), types)
    resolved = settings.resolve(merged, os.environ, now).settings  # which need not name a table
    if file is not None:
        return command.import_file(resolved, file, None if as_of is None else as_of.date())
    return command.show(resolved, now, as_json=output == "json")


COMMANDS = (prices,)
