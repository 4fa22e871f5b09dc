"""The declarations of the commands that write or serve data for others: `share`, `record` and `export`."""

import click

from tui.commands import completion
from tui.commands import flags as shared
from tui.commands.help import HelpfulCommand


@click.command(cls=HelpfulCommand, epilog=shared.EPILOG)
@click.argument("runs", metavar="[RUN...]", nargs=-1, shell_complete=completion.run_ids)
@shared.add_options(*shared.TABLE, shared.USER, shared.SINCE)
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Directory to write to.  [default: the platform's state folder]",
)
@click.pass_context
def share(context: click.Context, /, runs: tuple[str, ...], output: str | None, **flags: str | None) -> int:
    """Write an incident bundle of each RUN, or of all active runs.

    The bundle is a Markdown report and a JSON file with all rows. Keys and tokens are masked in both. RUN is the id
    or an id prefix of a run: 8 or more digits, fewer for an active run.
    """
    if runs:
        shared.refuse(context, "RUN", ("user", "since"))
    shared.refuse_blank(context, "--output", output)
    resolved = shared.load(context.obj, flags)
    from pathlib import Path

    from tui.commands import share

    return share.run(resolved, runs, None if output is None else Path(output))


@click.command(
    "record", cls=HelpfulCommand, epilog=shared.EPILOG, short_help="Record what the dashboard reads to a file."
)
@click.argument("file", type=click.Path())
@shared.add_options(*shared.TABLE, shared.SINCE, *shared.READS)
@click.option("--for", "span", metavar="SPAN", help="How long to record, such as 1h.  [default: until ctrl-C]")
@click.option("--no-logs", is_flag=True, help="Leave out the stderr and inspect of failed tasks.")
@shared.add_options(*shared.ROTATION)
@click.pass_context
def record(
    context: click.Context,
    /,
    file: str,
    span: str | None,
    no_logs: bool,
    share: bool,
    rotate_size: int | None,
    rotate_age: str | None,
    keep: int | None,
    **flags: str | None,
) -> int:
    """Record what the dashboard would read to FILE, with the last 200 lines of stderr and the inspect of failed tasks.

    Keys and tokens are masked in these. If FILE is a recording of the same table, append to it. Replay it with
    `reflowtop --replay FILE`, which follows a recording that is being written.
    """
    length = shared.parse_span(context, "--for", span)
    age = shared.parse_span(context, "--rotate-age", rotate_age)
    if not share and (rotate_size, age, keep) != (None, None, None):
        raise click.UsageError("--rotate-size, --rotate-age and --keep need --share", context)
    resolved = shared.load(context.obj, flags)
    from pathlib import Path

    from tui.commands import record
    from tui.watch.recording.rotation import make_rotation

    rotation = make_rotation(rotate_size, age, keep) if share else None
    return record.run(resolved, Path(file), length, logs=not no_logs, rotation=rotation)


@click.command(cls=HelpfulCommand, epilog=shared.EPILOG, short_help="Serve metrics to Prometheus.")
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default="127.0.0.1:9464",
    show_default=True,
    help="Address to serve at; port 0 is any free one.",
)
@shared.add_options(*shared.TABLE, shared.SINCE, *shared.READS)
@click.pass_context
def export(context: click.Context, /, listen: str, **flags: str | None) -> int:
    """Serve metrics of the cluster to Prometheus, as OpenMetrics, until ctrl-C or SIGTERM.

    Reads the table as the dashboard does, within the read budget; a scrape reads nothing. While reads fail, metrics
    keep their last values, and reflowtop_data_age_seconds grows.
    """
    from tui.metrics.metrics_server import parse_address

    try:
        address = parse_address(listen)
    except ValueError as error:
        raise click.UsageError(f"--listen: {error}", context) from error
    resolved = shared.load(context.obj, flags)
    from tui.commands import export

    return export.run(resolved, address)


COMMANDS = (share, record, export)
