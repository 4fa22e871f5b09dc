"""`reflowtop help`: the long help of a command, and of subjects that several commands share.

`--help` prints the first part of the long help: usage, options and examples.
"""

import difflib
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence

import click

from tui.commands.examples import EXAMPLES, EXIT_STATUSES
from tui.exit_status import ExitCode
from tui.query import time_expressions
from tui.query.filter import FORMS, KEYS
from tui.settings import fields
from tui.settings.config_file import default_path
from tui.terminal.new_files import abbreviate, cache_folder, state_folder
from tui.text.safe_text import SafeText

Rows = Sequence[tuple[str, str]]

_TABLE = ("table", "bucket", "region", "profile", "endpoint_url", "config", "cluster")  # parameters
_EXCLUSION = re.compile(rf"-(?:{'|'.join(KEYS)}):")
_STATUSES: dict[int, str] = {
    ExitCode.OK: "success",
    ExitCode.FAILED: "failure, in part or as a whole; standard error has the reason",
    ExitCode.USAGE: "a mistake on the command line or in a setting",
    ExitCode.SERVICE: "AWS cannot be reached, throttles, or denies access",
    ExitCode.INTERRUPTED: "interrupted by ctrl-C",
    ExitCode.PIPE: "the reader of the output has closed the pipe, as `head` does",
}
_VARIABLES = (
    ("AWS_PROFILE, AWS_REGION, ...", "as for the AWS CLI: credentials, region, proxies"),
    ("NO_COLOR", "no colours"),
    ("PAGER", "the program that shows long help on a terminal"),
    ("REFLOWTOP_CLUSTER", "a cluster of the configuration file, as --cluster"),
    ("REFLOWTOP_CONFIG", "the configuration file, as --config"),
    ("REFLOWTOP_DEBUG", "a traceback for unexpected errors"),
)
_NARRATION = (
    "Standard output has only the data. Standard error has progress (on a terminal), notes about missing data, and one "
    "line for each error."
)


class HelpfulCommand(click.Command):
    """A command whose help begins with its own options and ends with its examples."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Name this command in errors: click leaves it out if an option has no value."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of the command, then those that choose the table."""
        records: dict[str, list[tuple[str, str]]] = {"Options": [], "Table": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                records["Table" if parameter.name in _TABLE else "Options"].append(record)
        for title, rows in records.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and where to read more."""
        write_examples(self, formatter)
        super().format_epilog(ctx, formatter)


class FilterCommand(HelpfulCommand):
    """A command that takes terms of a filter, also those that begin with a dash: `-host:54.131` excludes rows."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take an argument such as `-host:54.131` for a term, not for the option `-h`."""
        return super().parse_args(ctx, move_exclusions(args))


def move_exclusions(args: list[str]) -> list[str]:
    """Return `args` with the terms of a filter that begin with a dash behind a `--`, so that they are no options."""
    terms = [] if "--" in args else [arg for arg in args if _EXCLUSION.match(arg)]
    return [*(arg for arg in args if arg not in terms), "--", *terms] if terms else args


def write_examples(command: click.Command, formatter: click.HelpFormatter) -> None:
    """Write the examples of `command`."""
    examples = EXAMPLES.get(command.name or "", ())
    if examples:
        with formatter.section("Examples"):
            _write_examples(formatter, [(f"reflowtop {line}", meaning) for line, meaning in examples])


def _write_examples(formatter: click.HelpFormatter, rows: Rows) -> None:
    """Write command lines with their meanings beside them, or below if they do not fit. Lines never wrap."""
    indent = " " * formatter.current_indent
    left = max(len(line) for line, _ in rows)
    beside = formatter.current_indent + left + 2 + max(len(meaning) for _, meaning in rows) <= formatter.width
    for line, meaning in rows:
        formatter.write(f"{indent}{line:{left}}  {meaning}\n" if beside else f"{indent}{line}\n{indent}    {meaning}\n")


def show(group: click.Group, context: click.Context, topic: str | None) -> None:
    """Print the long help of a command or a subject; in a pager if it is longer than the terminal.

    `context` belongs to `group`. Raises UsageError for an unknown topic; the message suggests the nearest one.
    """
    from tui.terminal import output  # the dashboard needs none

    text = group.get_help(context) if topic is None else _find(group, context, topic)
    if topic is None:
        text += f"\n\nOther subjects of `reflowtop help`: {', '.join(_SUBJECTS)}."
    shown = SafeText(text)  # of our own modules
    if (
        sys.stdout.isatty()
        and sys.stdin is not None
        and sys.stdin.isatty()
        and text.count("\n") + 1 >= shutil.get_terminal_size().lines
    ):
        output.print_pages(shown)
    else:
        output.print_line(shown)


def topics(group: click.Group) -> list[str]:
    """Return the names of the commands, and the subjects."""
    return [*(name for name, command in group.commands.items() if not command.hidden), *_SUBJECTS]


def _find(group: click.Group, context: click.Context, topic: str) -> str:
    if (subject := _SUBJECTS.get(topic)) is not None:
        formatter = context.make_formatter()
        subject(formatter)
        return formatter.getvalue().rstrip("\n")
    command = group.commands.get(topic)
    if command is None:
        near = difflib.get_close_matches(topic, topics(group), n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(topics(group))}"
        raise click.UsageError(f"no help about {topic[:100]!r}; {remedy}")
    return manual(command, click.Context(command, parent=context, info_name=topic))


def manual(command: click.Command, context: click.Context) -> str:
    """Return the long help of `command`: description, options, examples, exit status, environment, files."""
    formatter = context.make_formatter()
    command.format_usage(context, formatter)
    command.format_help_text(context, formatter)
    command.format_options(context, formatter)
    write_examples(command, formatter)
    write = formatter.write_dl
    statuses = {**_STATUSES, **EXIT_STATUSES.get(command.name or "", {})}
    with formatter.section("Exit status"):
        write([(str(int(code)), text) for code, text in sorted(statuses.items())])
    with formatter.section("Output"):
        formatter.write_text(_NARRATION)
    with formatter.section("Environment"):
        write([*_setting_variables(command), *_VARIABLES])
    with formatter.section("Files"):
        write(_files())
    formatter.write_paragraph()
    formatter.write_text(f"See also: {', '.join(f'reflowtop help {subject}' for subject in _SUBJECTS)}")
    return formatter.getvalue().rstrip("\n")


def _setting_variables(command: click.Command) -> Iterator[tuple[str, str]]:
    names = {parameter.name for parameter in command.params}
    return ((field.variable, f"the default of {field.flag}") for field in fields.FIELDS if field.name in names)


def _files() -> Rows:
    return (
        (abbreviate(default_path()), "settings; `reflowtop settings --example` prints one to start from"),
        ("~/.reflow/config.yaml", "reflow's own configuration: table and bucket, if no setting names them"),
        (
            abbreviate(state_folder()),
            "acknowledged findings, notes, the memory of failures, and prices; by default also bundles, pages and logs",
        ),
        (abbreviate(cache_folder()), "ids and users for shell completion"),
    )


def _write_filters(formatter: click.HelpFormatter) -> None:
    formatter.write_text(
        "A filter selects rows of a list, in the dashboard and on the command line. Quote it in a shell."
    )
    formatter.write_text("A row must match all terms:")
    with formatter.section("Terms"):
        formatter.write_dl(list(FORMS))
    formatter.write_paragraph()
    formatter.write_text("On the command line, a word that begins with a dash is an option: write '!oom', or -- -oom.")
    with formatter.section("Keys"):
        formatter.write_dl([(f"{key}:", meaning) for key, meaning in KEYS.items()])


def _write_times(formatter: click.HelpFormatter) -> None:
    formatter.write_text(
        f"TIME is like {time_expressions.FORMS}, in the time zone of --tz (by default UTC). Dates may be today and "
        "yesterday."
    )
    formatter.write_paragraph()
    formatter.write_text("SPAN is like 30s, 10m, 2h30m or 7d.")


def _write_states(formatter: click.HelpFormatter) -> None:
    from tui.lists import legend  # --help needs neither rows nor leases
    from tui.text.ascii import to_ascii
    from tui.text.safe import safe
    from tui.text.terminal_abilities import ascii_reason

    formatter.write_text(
        "The state of a row comes from its end, its error and its lease: the time up to which its writer has promised "
        "to be alive. An expired lease takes precedence over failures. A filter takes the words: state:stale,lost"
    )
    rows = [(sign.label, sign.meaning) for sign in legend.signs()]
    if ascii_reason(os.environ):
        rows = [(to_ascii(safe(label)), meaning) for label, meaning in rows]
    with formatter.section("States, the most urgent first"):
        formatter.write_dl(rows)


def _write_statuses(formatter: click.HelpFormatter) -> None:
    with formatter.section("Exit status"):
        formatter.write_dl([(str(int(code)), text) for code, text in _STATUSES.items()])


_SUBJECTS: dict[str, Callable[[click.HelpFormatter], None]] = {
    "filter": _write_filters,
    "states": _write_states,
    "time": _write_times,
    "exit-status": _write_statuses,
}
