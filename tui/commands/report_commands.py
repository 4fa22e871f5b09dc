"""The declarations of commands that report on the past. Each imports its implementation when it runs."""

import os
from datetime import UTC, datetime

import click

from tui import settings
from tui.commands import completion
from tui.commands import flags as shared
from tui.commands.help import HelpfulCommand
from tui.text import time_zone

_SHIFT = "8h"
_SHIFT_SINCE = click.option(
    "--since", metavar="TIME", help=f"Start of the shift.  [default: {_SHIFT}; with --replay: start of the recording]"
)
_FORMATS = ("table", "wide", "json", "ndjson", "csv", "markdown")


@click.command(
    "replay-rules",
    cls=HelpfulCommand,
    epilog=shared.EPILOG,
    short_help="Print the findings that a recording would have raised.",
)
@click.option("--replay", metavar="FILE", type=click.Path(), help="The recording, made by `reflowtop record`.")
@click.argument("file", type=click.Path(), metavar="", required=False)
@shared.output_option("table", *_FORMATS[1:])
@click.option("--no-headers", is_flag=True, help="Omit the header line.")
@click.option("--remember", is_flag=True, help="Add its failures to what findings call seen before.")
@shared.add_options(*shared.MESSAGES, shared.TIME_ZONE)
@click.pass_context
def replay_rules(
    context: click.Context,
    /,
    replay: str | None,
    file: str | None,
    output: str,
    no_headers: bool,
    remember: bool,
    **flags: str | None,
) -> int:
    """Run the rules of findings over a recording, and print what they raise, when, and for how long.

    The rules are those of this version, applied to each refresh of the recording as the dashboard does. So false alarms
    can be counted, and rules of two versions compared. RAISED begins with < for findings about something that happened
    before the recording began, and LASTED ends with + for those that are open at the end. The last line counts
    the findings of each kind; in a pipe it goes to standard error. The command reads no table.
    """
    # An argument FILE, which the help does not show, stands for --replay.
    if (replay is None) == (file is None):
        raise click.UsageError("name one recording: --replay FILE", context)
    # A recording names its table: ignore the table of the environment and of the configuration file.
    given = shared.merge(context.obj, flags, {"table": "recorded"})
    resolved = settings.load(given, os.environ, datetime.now(UTC), display_only=True)
    time_zone.use(resolved.tz)
    from pathlib import Path

    from tui.commands import replay_rules
    from tui.commands.listing import ListOptions
    from tui.export.formats.output_formats import OutputFormat

    options = ListOptions(output=OutputFormat(output), headers=not no_headers)
    return replay_rules.run(resolved, Path(replay or file or ""), options, remember=remember)


@click.command(
    "handoff", cls=HelpfulCommand, epilog=shared.EPILOG, short_help="Print a Markdown page for the next shift."
)
@click.option("--replay", metavar="FILE", type=click.Path(), help="Read a recording made by `reflowtop record`.")
@click.option(
    "--output", metavar="FILE", type=click.Path(), help="Write the page to a new FILE.  [default: standard output]"
)
@shared.add_options(*shared.TABLE, shared.USER, _SHIFT_SINCE, *shared.POLLING, shared.TIME_ZONE)
@click.pass_context
def handoff(context: click.Context, /, replay: str | None, output: str | None, **flags: str | None) -> int:
    """Print one page of Markdown for the next shift: what happened since --since, by default in the last 8 hours.

    The page has findings that are open, with those that are new or have grown, and findings that were resolved; runs
    that ended, and how; runs to watch; and the cost of failed attempts. Times are in UTC, and in the time zone of --tz.
    With --replay the command reads no table, and --since counts from the end of the recording, by default from its
    start. A table does not tell which findings were resolved. With --output the command prints the path of the file,
    which must not exist.
    """
    given = shared.merge(context.obj, flags)
    since = given.get("since")
    shared.refuse_blank(context, "--output", output)
    from tui.commands import handoff

    target = handoff.open_target(context, output, datetime.now(UTC))
    if replay is None:
        return handoff.run(shared.load({"since": _SHIFT}, given), target)
    resolved = settings.load({**given, "table": "recorded"}, os.environ, datetime.now(UTC), display_only=True)
    time_zone.use(resolved.tz)
    from pathlib import Path

    return handoff.run_on_recording(resolved, Path(replay), target, is_since_given=since is not None)


@click.command(
    "compare", cls=HelpfulCommand, epilog=shared.EPILOG, short_help="Compare a run with the last one that succeeded."
)
@click.argument("run", shell_complete=completion.run_ids)
@click.argument("other", metavar="[RUN]", required=False, shell_complete=completion.run_ids)
@shared.add_options(*shared.TABLE, shared.TIME_ZONE)
@shared.output_option("text", *_FORMATS)
@click.option("--no-headers", is_flag=True, help="Omit the header line.")
@click.pass_context
def compare(
    context: click.Context, /, run: str, other: str | None, output: str, no_headers: bool, **flags: str | None
) -> int:
    """Compare RUN with the last run of its program that succeeded, or with a second RUN.

    RUN is the id or an id prefix of a run: 8 or more digits, fewer for an active run.

    A run of the same program has the same user and the same label Name; without names, the same bundle. The text has
    both runs, a sentence for each ident that differs, and the table. Each line of the table is an ident, with values
    of the run and, after a slash, of the other one: flows, failed flows, retried attempts, the median duration of
    attempts that succeeded, resources requested, and image. The other formats have only the table. The search reads the
    newest tasks of up to three idents and up to ten runs, and at most some 500 RCU; if it finds none, the command says
    why and fails.
    """
    resolved = shared.load(context.obj, flags)
    from tui.commands import compare
    from tui.commands.listing import ListOptions
    from tui.export.formats.output_formats import OutputFormat

    ids = [run] if other is None else [run, other]
    as_page = output == "text"
    options = ListOptions(output=OutputFormat.TABLE if as_page else OutputFormat(output), headers=not no_headers)
    return compare.run(resolved, ids, options, as_page=as_page)


@click.command("note", cls=HelpfulCommand, epilog=shared.EPILOG, short_help="Attach a line of text to a failure.")
@click.argument("finding", required=False, metavar="[ID]")
@click.argument("words", nargs=-1, metavar="[TEXT]...")
@click.option("--delete", is_flag=True, help="Remove the note.")
@shared.add_options(*shared.TABLE)
@shared.output_option("text", "json")
@click.pass_context
def note(
    context: click.Context,
    /,
    finding: str | None,
    words: tuple[str, ...],
    delete: bool,
    output: str,
    **flags: str | None,
) -> int:
    """Attach TEXT to the failure with ID; without TEXT, print its note; without ID, print all notes.

    ID is the id or an id prefix of a finding, which `reflowtop failures` prints: it is the same whenever this
    error returns in this ident. The note is shown with the finding then. Notes are kept in the state folder of the
    platform; -o json exports them. The command reads no table.
    """
    if delete and (finding is None or words):
        raise click.UsageError("--delete needs an ID, and no TEXT", context)
    if output == "json" and (words or delete):
        raise click.UsageError("-o json prints notes: omit TEXT and --delete", context)
    resolved = shared.load(context.obj, flags)
    from tui.commands import note

    return note.run(resolved, finding, None if not words and not delete else " ".join(words), as_json=output == "json")


COMMANDS = (replay_rules, handoff, compare, note)
