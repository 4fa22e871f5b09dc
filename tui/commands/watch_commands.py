"""The declarations of the commands that follow runs: `watch` and `wait`."""

import click

from tui.commands import completion
from tui.commands import flags as shared
from tui.commands.help import FilterCommand, HelpfulCommand
from tui.exit_status import print_stderr


@click.command(cls=FilterCommand, epilog=shared.EPILOG)
@click.argument("runs", metavar="[RUN | FILTER]...", nargs=-1, shell_complete=completion.run_ids)
@shared.add_options(*shared.TABLE, *shared.POLLING, shared.TIME_ZONE)
@click.option(
    "--until",
    "states",
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
    states: tuple[str, ...],
    exit_status: bool,
    notify: bool,
    everything: bool,
    output: str,
    **flags: str | None,
) -> int:
    """Print the state changes of runs until they end.

    Each line is one change. RUN is the id or an id prefix of a run: 8 or more digits, fewer for an active run.
    """
    if not (runs or everything):
        raise click.UsageError("Missing argument 'RUN...'; --all watches all runs", context)
    if everything:
        shared.refuse(context, "--all", ("states", "exit_status", "notify"))
    else:
        shared.refuse(context, "RUN", ("user", "since"), "; --all watches all runs of a user")
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
    options = watch.WatchOptions(
        until=frozenset(map(Until, states)), exit_status=exit_status, as_json=output != "text", terminal=terminal
    )
    return watch.run(resolved, runs, options)


@click.command(cls=HelpfulCommand, epilog=shared.EPILOG)
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
    --exit-status). Exit with 1 when a RUN can no longer reach the state, or after --timeout. RUN is the id or an
    id prefix of a run: 8 or more digits, fewer for an active run.
    """
    limit = shared.parse_span(context, "--timeout", timeout)
    resolved = shared.load(context.obj, flags)
    from tui.commands import wait
    from tui.commands.watched_runs import Until

    wanted = frozenset(map(Until, states))
    options = wait.WaitOptions(states=wanted, timeout=limit, exit_status=exit_status, as_json=output != "text")
    return wait.run(resolved, runs, options)


COMMANDS = (watch, wait)
