"""The declarations of the commands that print objects of the repository: `logs`, `cat` and `inspect`.

Each imports its implementation when it runs: `--help` needs none.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from tui.commands import completion
from tui.commands import flags as shared
from tui.commands.help import HelpfulCommand
from tui.query import time_expressions
from tui.query.regex import RegexError, compile_regex
from tui.text import time_zone


@click.command(cls=HelpfulCommand, epilog=shared.EPILOG)
@click.argument("id", shell_complete=completion.run_ids)
@shared.add_options(*shared.TABLE, *shared.LOG, shared.TIME_ZONE)
@click.pass_context
def logs(
    context: click.Context,
    /,
    id: str,
    kind: str | None,
    follow: bool,
    level: str | None,
    grep: str | None,
    begin: str | None,
    last: int | None,
    raw: bool,
    **flags: str | None,
) -> int:
    """Print a log of the run or task ID.

    ID may be an id prefix: 8 or more digits, fewer for an active row. The log's location, size and age are printed to
    standard error.
    """
    try:
        pattern = None if grep is None else compile_regex(grep, ignore_case=False)
    except RegexError as error:
        text = "" if grep is None else grep[:100]
        raise click.UsageError(f"--grep: {text!r} is not a valid regular expression: {error}", context) from error
    resolved = shared.load(context.obj, flags)
    try:
        now = time_zone.localize(datetime.now(UTC))
        since = None if begin is None else time_expressions.parse_since(begin, now).at(now)
    except ValueError as error:
        raise click.UsageError(f"--since: {error}", context) from error
    from store.logs.runlog import Level
    from tui.commands import logs
    from tui.logs.selection import LogSelection

    wanted = None if level is None else Level.named(level)
    selection = LogSelection(level=wanted, grep=pattern, since=since, last=last, raw=raw)
    return logs.run(resolved, id, None if kind is None else logs.LogKind(kind), selection, following=follow)


@click.command(cls=HelpfulCommand, epilog=shared.EPILOG)
@click.argument("digests", metavar="DIGEST...", nargs=-1, required=True)
@shared.add_options(*shared.TABLE)
@click.pass_context
def cat(context: click.Context, /, digests: tuple[str, ...], **flags: str | None) -> int:
    """Print objects of the log repository.

    Objects are logs, inspects, graphs and traces; rows name them by digest. A DIGEST may be a prefix of 8 or more
    digits.
    """
    resolved = shared.load(context.obj, flags)
    from tui.commands import cat

    return cat.run(resolved, digests)


@click.command(cls=HelpfulCommand, epilog=shared.EPILOG)
@click.argument("task")
@shared.add_options(*shared.TABLE, shared.TIME_ZONE)
@shared.output_option("text", "json")
@click.pass_context
def inspect(context: click.Context, /, task: str, output: str, **flags: str | None) -> int:
    """Print a task's command, exit and resource use.

    TASK is the id or an id prefix of a task: 8 or more digits, fewer for an active task.
    """
    resolved = shared.load(context.obj, flags)
    from tui.commands import inspect

    return inspect.run(resolved, task, as_json=output == "json")


COMMANDS: Sequence[click.Command] = (logs, cat, inspect)
"""The commands, in the order in which they are declared."""
