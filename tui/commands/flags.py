"""The flags that commands share, as click options, and how they are combined."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from tui import settings
from tui.query import time_expressions
from tui.settings import fields
from tui.text import time_zone

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Option = Callable[[Any], Any]
Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem[str]]"]

EPILOG = f"""
\b
TIME is like {time_expressions.FORMS}.
Every setting can also be given as an environment variable (REFLOWTOP_TABLE)
or in a configuration file. More: `reflowtop help COMMAND`.
"""


# The dashboard completes no flags.


def _users(context: click.Context, parameter: click.Parameter, incomplete: str) -> "list[CompletionItem[str]]":
    from tui.commands import completion

    return completion.users(context, parameter, incomplete)


def _clusters(context: click.Context, parameter: click.Parameter, incomplete: str) -> "list[CompletionItem[str]]":
    from tui.commands import completion

    return completion.clusters(context, parameter, incomplete)


def _flag(name: str, *short: str, complete: Completer | None = None) -> Option:
    field = fields.BY_NAME[name]
    default = fields.serialize(field.default)
    shown = f"  [default: {default:g}]" if isinstance(default, float) else f"  [default: {default}]" if default else ""
    return click.option(*short, field.flag, metavar=field.metavar, help=f"{field.help}{shown}", shell_complete=complete)


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from tui.commands.version import installed_version
        from tui.terminal import output
        from tui.text.safe_text import SafeText

        output.print_line(SafeText(f"reflowtop {installed_version()}"))
        context.exit()


def _be_quiet(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from tui.terminal import narration

        narration.be_quiet()
        context.call_on_close(lambda: narration.be_quiet(False))


_QUIET = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_be_quiet,
    help="Print no progress and no notes on standard error, only errors.",
)


def _log_to(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None and not context.resilient_parsing:
        from pathlib import Path

        from tui.exit_status import print_stderr
        from tui.terminal import log_file

        try:
            context.call_on_close(log_file.log_to(Path(value), print_stderr))
        except log_file.LogFileError as error:
            raise click.UsageError(str(error), context) from error


_LOG_FILE = click.option(
    "--log-file",
    metavar="FILE",
    type=click.Path(),
    expose_value=False,
    callback=_log_to,
    help="Log what reflowtop and its libraries do to a new FILE, without secrets.  [default: no log]",
)
_CONFIG = (
    click.option(
        "--config", metavar="FILE", type=click.Path(), help="Configuration file to read instead of the default one."
    ),
    click.option(
        "--cluster",
        metavar="NAME",
        shell_complete=_clusters,
        help="Use the settings in [clusters.NAME] of the configuration file.",
    ),
)
USER = _flag("user", "-u", complete=_users)
SINCE = _flag("since")
UNTIL = click.option("--until", metavar="TIME", help="Show the state at TIME, of rows alive between --since and TIME.")
TIME_ZONE = _flag("tz")
SERVICE = (*map(_flag, ("region", "profile", "endpoint_url")), *_CONFIG)
MESSAGES = (_QUIET, _LOG_FILE)
TABLE = (_flag("table"), _flag("bucket"), *SERVICE, *MESSAGES)
POLLING = (*map(_flag, ("interval", "read_budget")),)
READS = (*POLLING, _flag("price"))
_DISPLAY = (
    TIME_ZONE,
    _flag("theme"),
    click.option(
        "--ascii", "ascii", flag_value="yes", help="Draw with ASCII only. This is the default in a non-UTF-8 locale."
    ),
    click.option("--no-ascii", "ascii", flag_value="no", help="Draw with Unicode even in a non-UTF-8 locale."),
    click.option("--no-mouse", "mouse", flag_value="no", help="Leave the mouse to the terminal, to select text."),
    _flag("preview"),
    _flag("clipboard"),
)
DASHBOARD = (*TABLE, USER, SINCE, UNTIL, _flag("keep_failed"), *READS, *_DISPLAY)
VERSION = click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Print the version."
)
LOG = (
    click.option("--stdout", "kind", flag_value="stdout", help="The task's standard output."),
    click.option("--stderr", "kind", flag_value="stderr", help="The task's standard error.  [default for a task]"),
    click.option("--runlog", "kind", flag_value="runlog", help="The engine's log of the run.  [default for a run]"),
    click.option("-f", "--follow", is_flag=True, help="Keep printing as the log grows, until the task ends."),
    click.option(
        "--level",
        type=click.Choice(["error", "info", "debug"]),
        help="Print only run log lines of at least this severity.",
    ),
    click.option("--grep", metavar="REGEX", help="Print only lines that match REGEX (RE2), without colours."),
    click.option(
        "--since", "begin", metavar="TIME", help="Print only lines written since TIME, if the lines have times."
    ),
    click.option(
        *("-n", "--lines", "--tail", "last"),
        metavar="N",
        type=click.IntRange(min=0),
        help="Print only the last N lines.",
    ),
    click.option("--raw", is_flag=True, help="Show and match control characters; on a terminal as visible signs."),
)


def _size(text: str) -> int:
    """Return the number of bytes written as `text`, such as 64M. Raises BadParameter."""
    match = re.fullmatch("([1-9][0-9]{0,8})([KMG]?)", text, re.ASCII)
    if match is None:
        raise click.BadParameter(f"{text[:100]!r} is not a size; write it like 64M or 1G")
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2]]


ROTATION = (
    click.option("--share", is_flag=True, help="Let the group of FILE read it, and rotate it, for followers."),
    click.option(
        "--rotate-size",
        metavar="SIZE",
        type=_size,
        help="With --share: begin a new file after SIZE.  [default: 256M]",
    ),
    click.option("--rotate-age", metavar="SPAN", help="With --share: begin a new file after SPAN.  [default: 24h]"),
    click.option(
        "--keep",
        metavar="N",
        type=click.IntRange(min=1),
        help="With --share: keep the last N old files, as FILE.1, FILE.2, ….  [default: 7]",
    ),
)


def _mask_json(context: click.Context, _: click.Parameter, value: bool) -> bool:
    if value and not context.resilient_parsing:
        from tui.text import json_text

        json_text.mask_secrets()
        context.call_on_close(lambda: json_text.mask_secrets(False))
    return value


REDACT = click.option(
    "--redact",
    is_flag=True,
    callback=_mask_json,
    expose_value=False,
    help="Mask secrets in json and ndjson output. All other output is always masked.",
)
"""The flag `--redact`, which acts on `json_text`: functions of commands need not know it."""


def output_option(default: str, *others: str) -> Option:
    """Return the options `--output`, which names one of the formats, and `--redact`."""
    formats = click.Choice([default, *others])
    option = click.option("-o", "--output", type=formats, default=default, show_default=True, help="Output format.")
    return add_options(option, REDACT)


def add_options(*options: Option) -> Option:
    """Return a decorator that adds `options` to a command; help lists them in this order."""

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_SELECTION = ("user", "since", "until")
_WITH_ALL_FLAGS = ("demo",)  # commands that show the dashboard, with all of its flags


def check_placement(context: click.Context, command: click.Command, flags: Mapping[str, str | None]) -> None:
    """Raise UsageError if `flags`, which stand before `command`, choose rows in a way that it cannot.

    Settings of the table, the display and the read budget hold for all commands, also if they have no use for them. A
    parameter of a command that has the name of a setting is that setting.
    """
    name = command.name or ""
    for flag in _SELECTION:
        if flags.get(flag) is None or name in _WITH_ALL_FLAGS or flag in {each.name for each in command.params}:
            continue
        text = fields.BY_NAME[flag].flag
        if any(text in each.opts for each in command.params):  # with another meaning
            raise click.UsageError(f"{text} goes after the command: `reflowtop {name} {text} ...`", context)
        raise click.UsageError(f"{text} cannot be used with the command {name}", context)


def is_given(context: click.Context, name: str) -> bool:
    """Return whether the flag of a parameter was given on the command line, after the command or before it."""
    sources = [each.get_parameter_source(name) for each in (context, context.parent) if each is not None]
    return ParameterSource.COMMANDLINE in sources


def refuse(context: click.Context, what: str, names: Iterable[str], remedy: str = "") -> None:
    """Raise UsageError if one of the flags `names` of parameters was given, which `what` cannot honour."""
    for name in names:
        if is_given(context, name):
            (option,) = (each for each in context.command.params if each.name == name)
            flag = max(option.opts, key=len)
            raise click.UsageError(f"{what} and {flag} cannot be used together{remedy}", context)


def refuse_blank(context: click.Context, flag: str, text: str | None) -> None:
    """Raise UsageError if the path `text` of a flag is blank: probably an unset shell variable."""
    if text is not None and not text.strip():
        raise click.UsageError(f"{flag} is empty; give it a value or remove it", context)


def set_since(flags: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """Return `flags` with `since` set to `until` if only `until` is given: the window is then that instant.

    `flags` are the merged flags of all layers.
    """
    until, since = flags.get("until"), flags.get("since")
    return {**flags, "since": until} if until is not None and since is None else flags


def merge(*layers: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the flags that are set in any of `layers`; later layers win."""
    flags: dict[str, str | None] = {}
    for layer in layers:
        flags.update({name: value for name, value in layer.items() if value is not None})
    return flags


def load(*layers: Mapping[str, str | None]) -> settings.Settings:
    """Resolve the settings from flags, environment and files; set the display time zone. Raises SettingsError."""
    resolved = settings.load(merge(*layers), os.environ, datetime.now(UTC))
    time_zone.use(resolved.tz)
    return resolved


def parse_span(context: click.Context, flag: str, text: str | None) -> timedelta | None:
    """Return the span given with a flag, None if there is none. Raises UsageError."""
    try:
        return None if text is None else time_expressions.parse_span(text)
    except ValueError as error:
        raise click.UsageError(f"{flag}: {error}", context) from error
