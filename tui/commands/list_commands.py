"""The declarations of the commands `ps`, `tasks`, `pools`, `failures` and `describe`.

Each imports its implementation when it runs: `--help` needs none.
"""

import copy
import dataclasses
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tui.commands import completion
from tui.commands import flags as shared
from tui.commands.help import FilterCommand, HelpfulCommand

if TYPE_CHECKING:
    from tui.commands.listing import ListOptions
    from tui.settings import Settings

_FORMATS = ("table", "wide", "name", "json", "ndjson", "csv", "markdown")
# A filter for an id is written `id:77aa01ff`.
_RUN_ID = re.compile(r"(?:sha256:)?[0-9a-fA-F]{8,64}", re.ASCII)


def _show_fields(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
    if value == "" and not context.resilient_parsing:
        from tui.commands import listing
        from tui.export import list_schemas

        listing.show_names(list_schemas.describe_fields(_LISTS[context.info_name or ""]))
        context.exit()
    return value


def _show_columns(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
    if value == "" and not context.resilient_parsing:
        import importlib

        from tui.commands import listing

        listing.show_columns(importlib.import_module(f"tui.commands.{context.info_name}").LIST)
        context.exit()
    return value


def _show_schema(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from tui.commands import listing
        from tui.export import list_schemas
        from tui.terminal import output
        from tui.text.json_text import json_text

        name = _LISTS[context.info_name or ""]
        known = list(list_schemas.describe_fields(name))
        chosen = listing.select_names("--fields", "field", context.params.get("fields"), known)
        output.print_line(json_text(list_schemas.load_schema(name, chosen), indent=2))
        context.exit()


def _complete_fields(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    from tui.export import list_schemas

    return completion.complete_list(list_schemas.describe_fields(_LISTS[context.info_name or ""]), incomplete)


def _complete_columns(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    return completion.complete_list(_column_ids(context), incomplete)


def _complete_sort(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    return [id for id in _column_ids(context) if id.startswith(incomplete)]


def _column_ids(context: click.Context) -> Sequence[str]:
    import importlib

    from tui.commands import listing

    return listing.column_ids(importlib.import_module(f"tui.commands.{context.info_name}").LIST)


# The name of the list that each command prints.
_LISTS = {"ps": "runs", "tasks": "tasks", "pools": "pools", "failures": "failures"}

_SINCE = click.option(
    "--since",
    metavar="TIME",
    help=(
        "List only rows alive at TIME or later.  [default: 10m, and what the dashboard adds: runs that ended in the "
        "last hour (keep_failed), rows lost in the last day]"
    ),
)
_SELECTION = (
    shared.USER,
    click.option("-a", "--all", "everyone", is_flag=True, help="List rows of all users, ignoring REFLOWTOP_USER."),
    _SINCE,
    click.option(
        "--until",
        metavar="TIME",
        help="List the state at TIME, of rows alive between --since and TIME; without --since, of rows alive at TIME.",
    ),
)
_OUTPUT = (
    click.option(
        "-o",
        "--output",
        type=click.Choice(_FORMATS),
        default="table",
        show_default=True,
        help="Output format. In a pipe, a table has exactly one word in each column, for awk.",
    ),
    click.option(
        "--sort",
        metavar="COLUMN[:desc]",
        shell_complete=_complete_sort,
        help="Sort by COLUMN, asc or desc.  [default: worst first]",
    ),
    click.option(
        "--columns",
        metavar="A,B,...",
        is_flag=False,
        flag_value="",
        callback=_show_columns,
        shell_complete=_complete_columns,
        help="Columns of table, wide and markdown. Without a value, list them.",
    ),
    click.option(
        "--fields",
        metavar="A,B,...",
        is_flag=False,
        flag_value="",
        is_eager=True,  # known when --schema is processed, wherever they stand
        callback=_show_fields,
        shell_complete=_complete_fields,
        help="Fields of json, ndjson and csv. Without a value, list them.",
    ),
    shared.REDACT,
    click.option("--limit", metavar="N", type=click.IntRange(min=0), help="Print only the first N rows."),
    click.option("--no-headers", is_flag=True, help="Omit the header line."),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Use colours in tables; auto: on a terminal, unless NO_COLOR is set.",
    ),
    click.option(
        "--schema",
        is_flag=True,
        expose_value=False,
        callback=_show_schema,
        help="Print the JSON Schema of -o json, which documents each field; with --fields, only of these.",
    ),
)
_ENDED = click.option("-i", "--ended", is_flag=True, help="Include rows that have ended since the time of --since.")
_FILTER = click.argument("filter_words", metavar="[FILTER]...", nargs=-1)


def _list_flags(*own: shared.Option) -> Sequence[shared.Option]:
    return (*shared.TABLE, *_SELECTION, *own, *_OUTPUT, shared.TIME_ZONE)


@click.command(cls=FilterCommand, epilog=shared.EPILOG)
@_FILTER
@shared.add_options(*_list_flags(_ENDED))
@click.option("--tasks", "nested", is_flag=True, help="With -o json or ndjson: include the tasks of each run.")
@click.pass_context
def ps(context: click.Context, /, filter_words: tuple[str, ...], nested: bool, output: str, **flags: Any) -> int:
    """List active runs, optionally only those that match FILTER.

    By default, these are the runs of the dashboard: running, failed in the last hour, or lost in the last day.
    (`reflow ps` lists runs alive in the last 10 minutes: ps --since 10m.) With --since, runs that were lost or
    failed earlier than that are left out.
    """
    if nested and output not in ("json", "ndjson"):
        raise click.UsageError("--tasks needs -o json or ndjson; `reflowtop tasks` lists tasks in any format", context)
    settings, options = _load(context, flags, filter_text=" ".join(filter_words), nested=nested, output=output)
    from tui.commands import ps

    return ps.run(settings, options)


@click.command(cls=FilterCommand, epilog=shared.EPILOG, short_help="List tasks of active runs, or of each RUN.")
@click.argument("words", metavar="[RUN | FILTER]...", nargs=-1, shell_complete=completion.run_ids)
@shared.add_options(*_list_flags(_ENDED))
@click.pass_context
def tasks(context: click.Context, /, words: tuple[str, ...], **flags: Any) -> int:
    """List the tasks of active runs, or of each RUN, ended or not; optionally only those that match FILTER.

    A word of 8 or more hex digits is the id prefix of a RUN. All other words are FILTER, also fewer digits of an id,
    which find the tasks of active runs.
    """
    names = tuple(word for word in words if _RUN_ID.fullmatch(word))
    filter_text = " ".join(word for word in words if not _RUN_ID.fullmatch(word))
    if names:
        shared.refuse(context, "RUN", ("user",) if shared.is_given(context, "until") else ("user", "since"))
    settings, options = _load(context, flags, filter_text=filter_text, names=names)
    from tui.commands import tasks

    return tasks.run(settings, options)


@click.command(cls=FilterCommand, epilog=shared.EPILOG, short_help="List running pools with their resources and tasks.")
@_FILTER
@shared.add_options(*_list_flags(_ENDED))
@click.option("--allocs", "nested", is_flag=True, help="Also list the allocs of each pool, after it.")
@click.pass_context
def pools(context: click.Context, /, filter_words: tuple[str, ...], nested: bool, **flags: Any) -> int:
    """List running pools with their resources and tasks, optionally only those that match FILTER.

    With --user, list only pools in which tasks of USER run.
    """
    settings, options = _load(context, flags, filter_text=" ".join(filter_words), nested=nested)
    from tui.commands import pools

    return pools.run(settings, options)


@click.command(cls=FilterCommand, epilog=shared.EPILOG)
@_FILTER
@shared.add_options(
    *_list_flags(
        click.option(
            "-i", "--ended", is_flag=True, help="No effect: runs that ended in the window are always included."
        ),
        *shared.POLLING,
    )
)
@click.option("--explain", is_flag=True, help="Print what failures share, what is at stake, and why rows were lost.")
@click.option("-f", "--follow", is_flag=True, help="Until ctrl-C, print each finding that appears, grows or resolves.")
@click.pass_context
def failures(
    context: click.Context, /, filter_words: tuple[str, ...], follow: bool, explain: bool, **flags: Any
) -> int:
    """List findings, one line for each cause.

    Causes are errors of failed flows, dead hosts and runs, slow tasks and idle pools, in the rows of the dashboard:
    alive, ended in the last hour, or lost in the last day; --since chooses others. With --explain, the lines below a
    finding tell what its failures share that other tasks of the ident do not (Fisher's exact test), how much work hangs
    on a dead host, and which leases tell why a run or task is lost. JSON has them under the key explanation.

    With --follow, each line is one change: as text, or with -o ndjson as an object with the keys time, event (appeared,
    grew or resolved), count_before, and id, kind, severity, reason, count, first, last, run_ids and users as in the
    list. The id is the same while a finding grows, and when it comes back. The command reports an outage on standard
    error and keeps running.
    """
    if follow:
        if flags["output"] not in ("table", "ndjson"):
            raise click.UsageError("--follow prints text or -o ndjson", context)
        shared.refuse(context, "--follow", ("until", "limit", "sort", "columns", "fields", "no_headers", "color"))
    if explain and (follow or flags["columns"] is not None or flags["output"] not in ("table", "markdown")):
        raise click.UsageError(
            "--explain prints text or -o markdown: omit --columns and --follow; -o json always has explanations",
            context,
        )
    settings, options = _load(context, flags, filter_text=" ".join(filter_words))
    options = dataclasses.replace(options, explain=explain)
    if follow:
        if settings.until is not None:
            raise click.UsageError(f"--follow and {settings.source('until')} cannot be used together", context)
        from tui.commands import failures, listing
        from tui.commands import follow as feeds

        plan = listing.make_plan(failures.LIST, options, settings, datetime.now(UTC))
        return feeds.run(settings, feeds.FailureFeed(plan))
    from tui.commands import failures

    return failures.run(settings, options)


@click.command(cls=HelpfulCommand, epilog=shared.EPILOG, short_help="Print every field of a run, task, pool or alloc.")
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=completion.run_ids)
@shared.add_options(*shared.TABLE, shared.TIME_ZONE)
@shared.output_option("text", "json")
@click.pass_context
def describe(context: click.Context, /, ids: tuple[str, ...], output: str, **flags: Any) -> int:
    """Print every field of the runs, tasks, pools or allocs named by ID.

    ID is an id prefix of 8 or more digits, an EC2 instance id or an alloc id. For active rows a shorter prefix
    suffices. If several rows match, the command lists them and fails. Explanations of a run or a task are based on
    the tasks of its run; those of a host, an alloc, or a row lost in the last day on the rows that `failures` reads.
    """
    settings = shared.load(context.obj, flags)
    from tui.commands import describe

    return describe.run(settings, ids, as_json=output == "json")


info = copy.copy(describe)
"""`describe` under the name that users of `reflow info` expect."""
info.name, info.hidden = "info", True


def _load(
    context: click.Context,
    flags: dict[str, Any],
    *,
    filter_text: str,
    output: str | None = None,
    nested: bool = False,
    names: Sequence[str] = (),
) -> tuple["Settings", "ListOptions"]:
    """Return the settings and the options that the flags of a list command name. Raises UsageError."""
    own = {name: flags.pop(name) for name in ("ended", "sort", "columns", "fields", "limit", "color")}
    headers, everyone = not flags.pop("no_headers"), flags.pop("everyone")
    form = output or flags.pop("output")
    if everyone:
        shared.refuse(context, "--all", ("user",))
    settings = shared.load(shared.set_since(shared.merge(context.obj, flags)))
    if everyone:
        settings = msgspec.structs.replace(settings, user=None)
    from tui.commands.listing import ListOptions
    from tui.export.formats.output_formats import OutputFormat

    return settings, ListOptions(
        output=OutputFormat(form), filter=filter_text, nested=nested, names=names, headers=headers, **own
    )


COMMANDS: Sequence[click.Command] = (ps, tasks, pools, failures, describe, info)
"""The commands, in the order of `reflowtop --help`."""
