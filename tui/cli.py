"""The commands and their flags, nothing else. What a command needs is imported when it runs: `--help` is fast."""

import dataclasses
import gc
import io
import os
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import click

from tui import exit_status as failures
from tui import settings
from tui.query import time_expressions as when
from tui.settings import fields

_EPILOG = f"""
\b
Each flag may also be set as a variable: REFLOWTOP_TABLE, REFLOWTOP_MOUSE=no and so on; or in a file, of which
`reflowtop settings --example` writes one. Without, table and bucket are those in ~/.reflow/config.yaml.
TIME is like {when.FORMS}.

\b
Completion: eval "$(_REFLOWTOP_COMPLETE=bash_source reflowtop)"  (or zsh_source, fish_source)
"""


def _flag(name: str, *others: str) -> Callable[[Any], Any]:
    field = fields.BY_NAME[name]
    default = fields.written(field.default)
    shown = f"  [default: {default:g}]" if isinstance(default, float) else f"  [default: {default}]" if default else ""
    return click.option(*others, field.flag, metavar=field.metavar, help=f"{field.help}{shown}")


_CONFIG = (
    click.option("--config", metavar="FILE", help="Another configuration file; `reflowtop settings` says which."),
    click.option("--cluster", metavar="NAME", help="What [clusters.NAME] in it says."),
)
_SERVICE = (*map(_flag, ("region", "profile", "endpoint_url")), *_CONFIG)
_TABLE = (_flag("table"), _flag("bucket"), *_SERVICE)
_USER = _flag("user", "-u")
_SINCE = _flag("since")
_LOOKS = (
    _flag("theme"),
    click.option("--ascii", "ascii", flag_value="yes", help="Draw with ASCII alone, as by itself where not UTF-8."),
    click.option("--no-ascii", "ascii", flag_value="no", help="Draw with all signs whatever the locale says."),
    click.option("--no-mouse", "mouse", flag_value="no", help="Leave the mouse to the terminal, to select text."),
    _flag("clipboard"),
)
_READS = (*map(_flag, ("interval", "read_budget", "price")),)
_DASHBOARD = (*_TABLE, _USER, _SINCE, *_READS, *_LOOKS)


_RECORDING = "reflowtop.recording"


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        import importlib.metadata

        try:
            version = importlib.metadata.version("reflowtop")
        except importlib.metadata.PackageNotFoundError:
            version = "(not installed)"
        click.echo(f"reflowtop {version}")
        context.exit()


class _Group(click.Group):
    """Takes a filter in place of a command."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or one that watches what the filter `cmd_name` lets through."""
        found = super().get_command(ctx, cmd_name)
        # What is not a filter for sure is a command that somebody has misspelt.
        return _watch(cmd_name) if found is None and re.search(r"[:!\s]", cmd_name) else found


def _watch(filter_text: str) -> click.Command:
    @click.command()
    @_options(*_DASHBOARD)
    @click.pass_context
    def watch(context: click.Context, /, **flags: str | None) -> int:
        return _dashboard(context, context.obj, flags, {"filter": filter_text})

    return watch


def _dashboard(context: click.Context, *layers: Mapping[str, str | None]) -> int:
    recording = context.meta.get(_RECORDING)
    flags = _flags(*layers)
    if recording is None:
        found = settings.load(flags, os.environ, datetime.now(UTC))
    else:  # what environment and file say of a table does not apply
        found = settings.load({**flags, "table": "recorded"}, os.environ, datetime.now(UTC), looks_only=True)
    _need_terminal(context, "for a script there is `reflowtop ps`")
    if recording is not None:
        from pathlib import Path

        from tui.commands import replay as replay_command

        return replay_command.run(found, Path(recording))
    from tui.terminal import signals as terminal

    terminal.spare_the_line(os.environ)
    gc.disable()  # what is imported for the first frame is no garbage; opening the table turns it on again
    from tui import app

    return app.run(found)


@click.group(
    cls=_Group,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    subcommand_metavar="[COMMAND [ARGS]... | FILTER]",
)
@_options(*_DASHBOARD)
@click.option("--replay", metavar="FILE", help="Show what `reflowtop record` has written to FILE.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
def reflowtop(context: click.Context, /, replay: str | None, **flags: str | None) -> int | None:
    """Watch running reflow workflows. Without a command: the dashboard, on what a FILTER like 'state:failing' shows."""
    context.obj = flags
    if replay is not None:
        context.meta[_RECORDING] = replay
        if context.invoked_subcommand in reflowtop.commands:
            raise click.UsageError(f"--replay is for the dashboard: leave {context.invoked_subcommand} out")
    if context.invoked_subcommand is not None:
        return None
    return _dashboard(context, flags)


@reflowtop.command(epilog=_EPILOG)
@_options(*_TABLE, _USER, _SINCE)
@click.option("--until", metavar="TIME", help="What was running by then, ended since or not.")
@click.option("-a", "--all", "everyone", is_flag=True, help="Runs of all users, even where REFLOWTOP_USER names one.")
@click.option("-i", "--ended", is_flag=True, help="Also runs that have ended.")
@click.option("-o", "--output", type=click.Choice(["table", "json", "ndjson"]), default="table", show_default=True)
@click.pass_context
def ps(context: click.Context, /, everyone: bool, ended: bool, output: str, **flags: str | None) -> int:
    """List runs as a table or, with all of their tasks, as JSON."""
    if everyone and flags["user"] is not None:
        raise click.UsageError("--all and --user exclude each other: leave one out", context)
    found = _load(context.obj, flags)
    from tui.commands import ps as plain

    return plain.run(dataclasses.replace(found, user=None) if everyone else found, plain.Format(output), ended=ended)


@reflowtop.command(epilog=_EPILOG)
@click.argument("id")
@_options(*_TABLE)
@click.option("--stdout", "which", flag_value="stdout", help="What the task has printed.")
@click.option("--stderr", "which", flag_value="stderr", help="What the task has complained of.  [default for a task]")
@click.option("--runlog", "which", flag_value="runlog", help="What the engine says of the run.  [default for a run]")
@click.option("-f", "--follow", is_flag=True, help="Go on while the task lives.")
@click.option("--level", type=click.Choice(["error", "info", "debug"]), help="Of a run's log: no more than this.")
@click.option("--grep", metavar="REGEX", help="Only lines that match.")
@click.option("--since", metavar="TIME", help="Only lines since then, where lines have times.")
@click.option("-n", "--lines", "last", metavar="N", type=click.IntRange(min=0), help="Only the last N of these lines.")
@click.pass_context
def logs(
    context: click.Context,
    /,
    id: str,
    which: str | None,
    follow: bool,
    level: str | None,
    grep: str | None,
    since: str | None,
    last: int | None,
    **flags: str | None,
) -> int:
    """Print a log of the run or the task ID (8 digits or more of it), and on stderr where that lives."""
    now = datetime.now(UTC)
    try:
        pattern = None if grep is None else re.compile(os.fsencode(grep))
        begin = None if since is None else when.parse(since, now).at(now)
    except ValueError as error:
        raise click.UsageError(f"--since: {error}", context) from error
    except (re.error, OverflowError, RecursionError) as error:
        raise click.UsageError(f"--grep: {error}", context) from error
    found = _load(context.obj, flags)
    from store.logs.runlog import Level
    from tui.commands import logs as log_commands
    from tui.logs.selection import LogSelection

    wanted = LogSelection(level=None if level is None else Level.named(level), grep=pattern, since=begin, last=last)
    return log_commands.logs(found, id, which, wanted, following=follow)


@reflowtop.command(epilog=_EPILOG)
@click.argument("digests", metavar="DIGEST...", nargs=-1, required=True)
@_options(*_TABLE)
@click.pass_context
def cat(context: click.Context, /, digests: tuple[str, ...], **flags: str | None) -> int:
    """Print objects that rows name: logs, inspects, graphs, traces. 8 digits of a DIGEST will do."""
    found = _load(context.obj, flags)
    from tui.commands import logs as log_commands

    return log_commands.cat(found, digests)


@reflowtop.command(epilog=_EPILOG)
@click.argument("task")
@_options(*_TABLE)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def inspect(context: click.Context, /, task: str, output: str, **flags: str | None) -> int:
    """Print what TASK ran (8 digits of its id will do), how it ended and what it used."""
    found = _load(context.obj, flags)
    from tui.commands import logs as log_commands

    return log_commands.inspect(found, task, as_json=output == "json")


@reflowtop.command("watch", epilog=_EPILOG)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@_options(*_TABLE, *map(_flag, ("interval", "read_budget")))
@click.option(
    "--until",
    type=click.Choice(["ended", "failed", "stale"]),
    multiple=True,
    default=["ended"],
    show_default=True,
    help="Wait until then, or the end; more than one may be given.",
)
@click.option("--exit-status", is_flag=True, help="Fail if a run is failing, has failed, or is silent.")
@click.option("--notify", is_flag=True, help="Ring, and show on the desktop, when one ends, fails or goes silent.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def watch_runs(
    context: click.Context,
    /,
    runs: tuple[str, ...],
    until: tuple[str, ...],
    exit_status: bool,
    notify: bool,
    output: str,
    **flags: str | None,
) -> int:
    """Print what becomes of each RUN (8 digits of its id will do), a line for each change, until all have ended."""
    found = _load(context.obj, flags)
    from tui.commands import watch as watch_command
    from tui.commands.watch import Options, Until

    terminal = watch_command.terminal() if notify else None
    if notify and terminal is None:
        failures.tell("--notify: there is no terminal to tell")
    chosen = frozenset(map(Until, until))
    options = Options(until=chosen, exit_status=exit_status, as_json=output == "json", terminal=terminal)
    return watch_command.run(found, runs, options)


@reflowtop.command(epilog=_EPILOG)
@click.argument("runs", metavar="[RUN...]", nargs=-1)
@_options(*_TABLE, _USER, _SINCE)
@click.option("--output", metavar="DIR", help="Where to write it.  [default: here]")
@click.pass_context
def share(context: click.Context, /, runs: tuple[str, ...], output: str | None, **flags: str | None) -> int:
    """Write an incident bundle of each RUN (8 digits of its id will do), or of all that are active.

    It is Markdown to read and JSON with all rows, without what looks like a key or a token.
    """
    found = _load(context.obj, flags)
    from pathlib import Path

    from tui.commands import share

    return share.run(found, runs, None if output is None else Path(output))


@reflowtop.command(epilog=_EPILOG)
@click.argument("file")
@_options(*_TABLE, _SINCE, *_READS)
@click.option("--for", "span", metavar="SPAN", help="For so long, such as 1h.  [default: until ctrl-C]")
@click.pass_context
def record(context: click.Context, /, file: str, span: str | None, **flags: str | None) -> int:
    """Record what the dashboard would read to FILE, until ctrl-C. FILE may be a recording of the same table."""
    try:
        length = None if span is None else when.parse_span(span)
    except ValueError as error:
        raise click.UsageError(f"--for: {error}", context) from error
    found = _load(context.obj, flags)
    from pathlib import Path

    from tui.commands import record as record_command

    return record_command.run(found, Path(file), length)


@reflowtop.command(epilog=_EPILOG)
@click.argument("table")
@click.argument("bucket")
@_options(*_SERVICE)
@click.pass_context
def setup(context: click.Context, /, table: str, bucket: str, **flags: str | None) -> None:
    """Create TABLE with its indexes and BUCKET, or add what they lack. Safely repeated."""
    found = _load(context.obj, flags, {"table": table, "bucket": bucket})
    import store

    store.setup(
        table,
        bucket,
        region=found.region,
        profile=found.profile,
        endpoint_url=found.endpoint_url,
        progress=click.echo,
    )
    click.echo(f"Ready: reflowtop --table {table} --bucket {bucket}")


@reflowtop.command(epilog=_EPILOG)
@click.option("--headless", is_flag=True, help="Only run the cluster, and say how to watch it from another terminal.")
@click.option("--seed", metavar="N", type=int, default=1, show_default=True, help="Another number, another cluster.")
@click.pass_context
def demo(context: click.Context, /, headless: bool, seed: int) -> int:
    """Watch a simulated cluster, in a local service that ends with this command."""
    if not headless:
        _need_terminal(context, "there is --headless")
    from tui.demo import command as run
    from tui.terminal import signals as terminal

    terminal.spare_the_line(os.environ)
    # What environment and file say of the real table does not apply.
    found = settings.load({**context.obj, "table": run.TABLE}, os.environ, datetime.now(UTC), looks_only=True)
    return run.demo(found, headless=headless, seed=seed)


@reflowtop.command("settings", epilog=_EPILOG)
@_options(*_DASHBOARD)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--example", is_flag=True, help="Print a configuration file to begin with instead.")
@click.pass_context
def show_settings(context: click.Context, /, output: str, example: bool, **flags: str | None) -> None:
    """Print the settings that hold here, and where each comes from."""
    from tui.commands import settings as show_settings

    if example:
        show_settings.show_example()
    else:
        found = settings.resolve(_flags(context.obj, flags), os.environ, datetime.now(UTC))
        show_settings.show(found, as_json=output == "json")
        from tui import theme
        from tui.screens.base import settings_check as checked

        # Only what draws knows what there is to choose from.
        theme.check(found.settings)
        checked.check(found.settings)


def _need_terminal(context: click.Context, instead: str) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):  # Textual draws on stderr
        raise click.UsageError(f"the dashboard needs a terminal: {instead}", context)


def _load(*layers: Mapping[str, str | None]) -> settings.Settings:
    return settings.load(_flags(*layers), os.environ, datetime.now(UTC))


def _flags(*layers: Mapping[str, str | None]) -> dict[str, str | None]:
    """All flags; those after a command go before those ahead of it."""
    flags: dict[str, str | None] = {}
    for layer in layers:
        flags.update({name: value for name, value in layer.items() if value is not None})
    return flags


def main() -> None:
    """Run the command line of this process, and end it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # where the locale has no signs but letters
    if sys.stdout is None:
        failures.tell("standard output is closed")
        sys.exit(failures.ExitCode.FAILED)
    sys.exit(failures.run(reflowtop))
