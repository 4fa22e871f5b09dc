"""The command line: the commands and their flags.

Each command imports its implementation when it runs, so that `--help` takes 0.07 s rather than 0.3 s.
"""

import io
import os
import sys
from datetime import UTC, datetime, timedelta

import click

from tui import settings
from tui.commands import completion, dashboard
from tui.commands import flags as shared
from tui.commands.help import FilterCommand
from tui.commands.lazy_commands import LazyCommands
from tui.exit_status import ExitCode, print_stderr, run_command
from tui.query import time_expressions


@click.group(
    cls=dashboard.DashboardGroup,
    commands=LazyCommands(
        [f"tui.commands.{topic}_commands" for topic in ("list", "log", "meta", "price", "report")],
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
    if replay is not None:
        context.meta[dashboard.RECORDING] = replay
        if context.invoked_subcommand in reflowtop.commands:
            raise click.UsageError(f"--replay cannot be used with the command {context.invoked_subcommand}")
    if context.invoked_subcommand is not None:
        return None
    return dashboard.run(context, flags, replay)


@reflowtop.command(cls=FilterCommand, epilog=shared.EPILOG)
@click.argument("runs", metavar="[RUN | FILTER]...", nargs=-1, shell_complete=completion.run_ids)
@shared.add_options(*shared.TABLE, *shared.POLLING, shared.TIME_ZONE)
@click.option(
    "--until",
    type=click.Choice(["ended", "failed", "stale"]),
    multiple=True,
    default=["ended"],
    show_default=True,
    help="Stop when every RUN is in this state or has ended. May be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="Watch all runs that match FILTER, until ctrl-C; see also -u.")
@shared.add_options(shared.USER, shared.SINCE)
@click.option("--exit-status", is_flag=True, help="Exit with 1 if a run is failing, failed, stale or lost.")
@click.option("--notify", is_flag=True, help="Send a terminal notification when a run ends, fails or goes stale.")
@shared.output_option("text", "json", "ndjson")
@click.pass_context
def watch(
    context: click.Context,
    /,
    runs: tuple[str, ...],
    until: tuple[str, ...],
    exit_status: bool,
    notify: bool,
    everything: bool,
    output: str,
    **flags: str | None,
) -> int:
    """Print the state changes of runs until they end.

    Each line is one change. RUN is an id, which may be shortened to its first 8 digits or more.
    """
    if not (runs or everything):
        raise click.UsageError("Missing argument 'RUN...'; --all watches all runs", context)
    resolved = shared.load(context.obj, flags)
    if everything:
        from tui.commands import follow
        from tui.query.filter import FilterError, parse

        try:
            selected = parse(" ".join(runs))
        except FilterError as error:
            raise click.UsageError(f"FILTER: {error}", context) from error
        return follow.run(resolved, follow.RunFeed(resolved, selected, as_json=output != "text"))
    from tui.commands import watch
    from tui.commands.watched_runs import Until
    from tui.terminal import output as outputs

    terminal = outputs.find_terminal() if notify else None
    if notify and terminal is None:
        print_stderr("--notify is ignored: neither standard output nor standard error is a terminal")
    states = frozenset(map(Until, until))
    options = watch.WatchOptions(until=states, exit_status=exit_status, as_json=output != "text", terminal=terminal)
    return watch.run(resolved, runs, options)


@reflowtop.command(epilog=shared.EPILOG)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=completion.run_ids)
@shared.add_options(*shared.TABLE, *shared.POLLING, shared.TIME_ZONE)
@click.option(
    "--for",
    "states",
    type=click.Choice(["ended", "failed", "stale"]),
    multiple=True,
    default=["ended"],
    show_default=True,
    help="The state to wait for; failing counts as failed, lost as stale. May be repeated.",
)
@click.option("--timeout", metavar="SPAN", help="Give up after SPAN, such as 2h; 0s reads once.  [default: never]")
@click.option("--exit-status", is_flag=True, help="Exit with 1 if a run is then failing, failed, stale or lost.")
@shared.output_option("text", "json", "ndjson")
@click.pass_context
def wait(
    context: click.Context,
    /,
    runs: tuple[str, ...],
    states: tuple[str, ...],
    timeout: str | None,
    exit_status: bool,
    output: str,
    **flags: str | None,
) -> int:
    """Wait until runs have reached a state.

    Print a line for each RUN that reaches the state. Exit with 0 when every RUN has, even if it failed (see
    --exit-status). Exit with 1 when a RUN can no longer reach the state, or after --timeout. RUN is an id, which may be
    shortened to its first 8 digits or more.
    """
    limit = _parse_span(context, "--timeout", timeout)
    resolved = shared.load(context.obj, flags)
    from tui.commands import wait
    from tui.commands.watched_runs import Until

    wanted = frozenset(map(Until, states))
    options = wait.WaitOptions(states=wanted, timeout=limit, exit_status=exit_status, as_json=output != "text")
    return wait.run(resolved, runs, options)


@reflowtop.command(epilog=shared.EPILOG)
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

    The bundle is a Markdown report and a JSON file with all rows. Keys and tokens are masked in both. RUN is an id,
    which may be shortened to its first 8 digits or more.
    """
    resolved = shared.load(context.obj, flags)
    from pathlib import Path

    from tui.commands import share

    return share.run(resolved, runs, None if output is None else Path(output))


@reflowtop.command(epilog=shared.EPILOG, short_help="Record what the dashboard reads to a file.")
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
    length = _parse_span(context, "--for", span)
    age = _parse_span(context, "--rotate-age", rotate_age)
    if not share and (rotate_size, age, keep) != (None, None, None):
        raise click.UsageError("--rotate-size, --rotate-age and --keep need --share", context)
    resolved = shared.load(context.obj, flags)
    from pathlib import Path

    from tui.commands import record
    from tui.watch.recording.rotation import make_rotation

    rotation = make_rotation(rotate_size, age, keep) if share else None
    return record.run(resolved, Path(file), length, logs=not no_logs, rotation=rotation)


@reflowtop.command(epilog=shared.EPILOG, short_help="Serve metrics to Prometheus.")
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

    The table is read as the dashboard does, within the read budget; scrapes read nothing. While reads fail, metrics
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


@reflowtop.command(epilog=shared.EPILOG)
@click.argument("table")
@click.argument("bucket")
@shared.add_options(*shared.SERVICE)
@click.pass_context
def setup(context: click.Context, /, table: str, bucket: str, **flags: str | None) -> None:
    """Create TABLE with its indexes, and BUCKET.

    If they exist, add what they lack. It is safe to run this command again.
    """
    resolved = shared.load(context.obj, flags, {"table": table, "bucket": bucket})
    from tui.commands import setup

    setup.run(resolved, table, bucket)


@reflowtop.command(epilog=shared.EPILOG, short_help="Show the dashboard on a simulated cluster.")
@click.option("--headless", is_flag=True, help="Run only the cluster, and print how to connect to it.")
@click.option("--seed", metavar="N", type=int, default=1, show_default=True, help="Seed of the simulated cluster.")
@click.pass_context
def demo(context: click.Context, /, headless: bool, seed: int) -> int:
    """Show the dashboard on a simulated cluster.

    It needs `pip install 'reflowtop[demo]'`, and reads and writes nothing outside this machine.
    """
    if not headless:
        dashboard.require_terminal(context, "use --headless to run only the cluster")
    from tui.commands import demo
    from tui.demo.simulation import TABLE
    from tui.terminal import signals

    signals.limit_redraws_over_ssh(os.environ)
    # Ignore what the environment and the file say about a real table.
    resolved = settings.load({**context.obj, "table": TABLE}, os.environ, datetime.now(UTC), display_only=True)
    return demo.run(resolved, headless=headless, seed=seed)


@reflowtop.command("settings", epilog=shared.EPILOG)
@shared.add_options(*shared.DASHBOARD)
@shared.output_option("text", "json")
@click.option("--example", is_flag=True, help="Print an example configuration file instead.")
@click.pass_context
def show_settings(context: click.Context, /, output: str, example: bool, **flags: str | None) -> None:
    """Print the settings in effect and the origin of each."""
    from tui.commands import settings as command

    if example:
        command.show_example()
        return
    resolved = settings.resolve(shared.merge(context.obj, flags), os.environ, datetime.now(UTC))
    command.show(resolved, as_json=output == "json")
    from tui import theme
    from tui.screens.base import settings_check

    # The choice of themes, keys and columns is known to the dashboard only.
    theme.check_theme(resolved.settings)
    settings_check.check(resolved.settings)


@reflowtop.command(epilog=shared.EPILOG, short_help="Check terminal, credentials, permissions and reads.")
@shared.add_options(*shared.DASHBOARD)
@shared.output_option("text", "json")
@click.pass_context
def doctor(context: click.Context, /, output: str, **flags: str | None) -> int:
    """Check what the dashboard needs: terminal, settings, credentials, table, permissions and logs.

    Try every operation that reflowtop uses; write nothing. Exit with 1 if there is a problem, with 3 if the service
    cannot be reached or denies access.
    """
    from tui.commands import doctor

    def check_display(resolved: settings.Settings) -> None:
        from tui import theme
        from tui.screens.base import settings_check

        theme.check_theme(resolved)
        settings_check.check(resolved)

    return doctor.run(shared.merge(context.obj, flags), check_display, as_json=output == "json")


def _parse_span(context: click.Context, flag: str, text: str | None) -> timedelta | None:
    try:
        return None if text is None else time_expressions.parse_span(text)
    except ValueError as error:
        raise click.UsageError(f"{flag}: {error}", context) from error


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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # the locale may not be able to encode every character
    if sys.stdout is None:
        print_stderr("standard output is closed")
        sys.exit(ExitCode.FAILED)
    if instruction := os.environ.get(completion.VARIABLE):
        sys.exit(completion.answer(reflowtop, instruction))
    sys.exit(run_command(reflowtop))
