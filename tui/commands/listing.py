"""List commands: check the options before any read; then select, sort and print the rows."""

import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import click

from store.times import Clock, format_time, utc_now
from tui.commands.cluster_read import ClusterRead
from tui.commands.read_window import cut_text, window_record, window_text
from tui.cost.costs import Costs
from tui.exit_status import ExitCode, report_errors
from tui.export import list_schemas
from tui.export.formats.output_formats import OutputFormat, TableStyle, pieces
from tui.export.formats.sheet import Sheet
from tui.export.list_records import ESTIMATES, Record, RecordContext
from tui.lists.columns import Column, default_direction, select_columns, sort_rows
from tui.lists.sort_order import SortOrder
from tui.query import filter as filters
from tui.query.filter import Fields, Filter, FilterError
from tui.settings import Settings
from tui.settings.settings_error import suggest
from tui.terminal import narration, output
from tui.text import time_zone
from tui.text.safe import safe
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class ListOptions:
    """The flags and arguments of a list command, as typed.

    `names` are id prefixes of runs, `nested` includes the nested rows of each row, `limit` is the most rows to print.
    `explain` prints what is known about the cause of each row.
    """

    output: OutputFormat = OutputFormat.TABLE
    filter: str = ""
    names: Sequence[str] = ()
    ended: bool = False
    nested: bool = False
    sort: str | None = None
    columns: str | None = None
    fields: str | None = None
    limit: int | None = None
    headers: bool = True
    color: str = "auto"
    explain: bool = False


@dataclass(frozen=True, kw_only=True)
class ListKind(Generic[R]):
    """A list that a command prints: functions that return its rows, columns, filter fields and JSON records.

    `name` is the name of the list in JSON and in the settings. `hidden` returns the ids of columns that are shown only
    if they are chosen. `nested` is the JSON key of nested rows, such as `tasks`, and the function that yields them.
    `hint` returns what to say after the message that no row was found. `ended` are the rows that are left out without
    `--ended`, in words, and their states.
    """

    name: str
    columns: Callable[[Cluster, Clock, Clock, Costs | None], Sequence[Column[R]]]
    fields: Callable[[Cluster, datetime], Fields[R]]
    rows: Callable[[ClusterRead, ListOptions], Sequence[R]]
    record: Callable[[RecordContext, R], Record]
    id: Callable[[R], str]
    nested: tuple[str, Callable[[RecordContext, R], Iterable[Record]]] | None = None
    hidden: Callable[[ListOptions], Collection[str]] = lambda _: ()
    hint: Callable[[ListOptions], str] = lambda _: ""
    ended: tuple[str, Collection[str]] = ("", ())


@dataclass(frozen=True, kw_only=True)
class ListPlan(Generic[R]):
    """The checked options of a list command. `fields` and `columns` are the chosen ids."""

    kind: ListKind[R]
    options: ListOptions
    settings: Settings
    filter: Filter
    order: SortOrder | None
    columns: Sequence[str]
    fields: Sequence[str]


def make_plan(kind: ListKind[R], options: ListOptions, settings: Settings, now: datetime) -> ListPlan[R]:
    """Check the options of a list command. Raises click.UsageError that names the mistake and the remedy."""
    cluster = _empty_cluster(now, is_past=settings.until is not None)
    columns = kind.columns(cluster, lambda: now, lambda: now, None)
    ids = [column.id for column in columns]
    if options.fields is not None and not options.output.has_fields:
        raise _usage("--fields needs -o json, ndjson or csv; --columns chooses those of tables")
    if settings.until is None:
        _check_columns_of_the_past(options, set(column_ids(kind)).difference(ids))
    if options.columns is not None and options.output.has_fields:
        raise _usage(f"--columns needs -o table, wide or markdown; --fields chooses those of {options.output}")
    if options.columns is not None and options.output is OutputFormat.NAME:
        raise _usage("--columns needs -o table, wide or markdown; -o name prints only ids")
    return ListPlan(
        kind=kind,
        options=options,
        settings=settings,
        filter=_parse_filter(options.filter, kind.fields(cluster, now)),
        order=_parse_order(options.sort, columns),
        columns=select_names("--columns", "column", options.columns, ids),
        fields=select_names("--fields", "field", options.fields, list(list_schemas.describe_fields(kind.name))),
    )


def needs_durations(plan: ListPlan[R]) -> bool:
    """Return whether a chosen column or field needs usual durations, which cost extra reads."""
    columns = plan.columns
    if not columns and plan.options.output is OutputFormat.TABLE and sys.stdout.isatty():
        columns = plan.settings.columns.get(plan.kind.name, ())
    chosen = {*columns, *plan.fields, *(() if plan.order is None else plan.order[:1])}
    return not chosen.isdisjoint({"eta", *ESTIMATES})


def print_rows(plan: ListPlan[R], read: ClusterRead) -> ExitCode:
    """Print the selected rows. Report failed reads, or that the list is empty, on stderr."""
    rows = select_rows(plan, read)
    for piece in pieces(make_sheet(plan, read, rows), plan.options.output, table_style(plan.options, plan.settings)):
        output.print_piece(piece)
    if not rows and plan.options.limit != 0:
        narration.note(describe_empty(plan, read))
    else:
        note_window(plan.options, read)
    return report_errors(read.errors)


def note_window(options: ListOptions, read: ClusterRead) -> None:
    """Print what the read budget left out on stderr; else, after rows on a terminal, the window that was read."""
    if cut := cut_text(read):
        narration.note(cut)
    elif options.output in (OutputFormat.TABLE, OutputFormat.WIDE) and options.headers and sys.stdout.isatty():
        narration.note(window_text(read))


def select_rows(plan: ListPlan[R], read: ClusterRead) -> Sequence[R]:
    """Return the rows that match the filter, in the chosen order, up to the limit."""
    rows = plan.kind.rows(read, plan.options)
    if plan.filter:
        matches = plan.filter.matcher(plan.kind.fields(read.cluster, read.now))
        rows = [row for row in rows if matches(row)]
    if plan.order is not None:
        id, is_reverse = plan.order
        keys = [column.sort_key for column in _columns(plan, read) if column.id == id and column.sort_key is not None]
        rows = sort_rows(rows, keys[0], reverse=is_reverse)
    return rows[: plan.options.limit]


def make_sheet(plan: ListPlan[R], read: ClusterRead, rows: Sequence[R]) -> Sheet[R]:
    """Return the sheet of `rows` with the chosen columns and fields."""
    kind, options = plan.kind, plan.options
    context = RecordContext(read.cluster, read.now, read.costs, read.explanations(()))
    nested = None
    if kind.nested is not None and options.nested:
        key, records = kind.nested
        nested = key, lambda row: records(context, row)
    return Sheet(
        name=kind.name,
        rows=rows,
        columns=_chosen_columns(plan, read),
        id=kind.id,
        record=lambda row: kind.record(context, row),
        fields=plan.fields or list(list_schemas.describe_fields(kind.name)),
        head={"as_of": format_time(read.cluster.as_of), "is_complete": not read.errors, "window": _window(read)},
        nested=nested,
        is_chosen=bool(plan.columns),
        zone=time_zone.label(time_zone.localize(read.now)),
    )


def _window(read: ClusterRead) -> Record | None:
    return None if read.named is not None and read.past is None else window_record(read)


def table_style(options: ListOptions, settings: Settings) -> TableStyle:
    """Return the style of tables on the terminal of this process, if it has one."""
    is_terminal = sys.stdout.isatty()
    return TableStyle(
        width=shutil.get_terminal_size().columns if is_terminal else None,
        headers=options.headers,
        color=has_color(options.color, os.environ, is_terminal=is_terminal),
        ascii=bool(settings.ascii),
    )


def has_color(when: str, environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Return whether to print colours: `when` is `always`, `never`, or `auto` for terminals only.

    With `auto`, NO_COLOR disables colours and CLICOLOR_FORCE enables them in a pipe: https://bixense.com/clicolors.
    """
    if when != "auto":
        return when == "always"
    if environ.get("NO_COLOR"):
        return False
    return is_terminal or environ.get("CLICOLOR_FORCE", "0") not in ("", "0")


def describe_empty(plan: ListPlan[R], read: ClusterRead) -> str:
    """Return a message for an empty list, with the filter, user and window that were in effect."""
    gaps = " in the rows that could be read" if read.errors else ""
    hint = _ended_hint(plan, read) or plan.kind.hint(plan.options)
    return safe(f"No {plan.kind.name} found{gaps} ({describe_scope(plan, read)}){hint}")


def _ended_hint(plan: ListPlan[R], read: ClusterRead) -> str:
    """Return the remedy if the filter selects rows that are listed only with `--ended`, by their state."""
    if plan.options.ended or read.past is not None or read.named is not None:
        return ""
    words = plan.kind.fields(read.cluster, read.now).words.get("state", ())
    wanted = plan.filter.words_wanted("state", words)
    what, states = plan.kind.ended
    is_ended = wanted.intersection(states) and wanted <= {*states, State.FAILED}
    return f"; {what} are left out: add -i" if is_ended else ""


def describe_scope(plan: ListPlan[R], read: ClusterRead) -> str:
    """Return the filter, user and window in effect: `active, user amy, since 24h`. Not yet safe to show."""
    settings, options = plan.settings, plan.options
    is_active = read.past is None and read.named is None and not read.ended
    scope = [
        "active" if is_active and not options.ended else "",
        f"filter {options.filter}" if options.filter else "",
        f"of {', '.join(options.names)}" if options.names else "",
        f"user {settings.user}" if settings.user is not None and read.named is None else "",
        window_text(read) if read.named is None or read.past is not None else "",
    ]
    return ", ".join(filter(None, scope))


def show_names(names: Mapping[str, str]) -> None:
    """Print names, each with its description."""
    width = max(map(len, names), default=0)
    for name, text in names.items():
        output.print_line(safe(f"{name:<{width}}  {text}".rstrip()))


def column_ids(kind: ListKind[R]) -> Sequence[str]:
    """Return the ids of the columns of a list, also of those that only a view of the past has."""
    return [column.id for column in _all_columns(kind, utc_now(), is_past=True)]


def show_columns(kind: ListKind[R]) -> None:
    """Print the ids of the columns of a list, with their titles, and which of them need `--until`."""
    now = utc_now()
    live = {column.id for column in _all_columns(kind, now, is_past=False)}
    columns = _all_columns(kind, now, is_past=True)
    show_names({each.id: each.title if each.id in live else f"{each.title} (with --until)" for each in columns})


def _all_columns(kind: ListKind[R], now: datetime, *, is_past: bool) -> Sequence[Column[R]]:
    return kind.columns(_empty_cluster(now, is_past=is_past), lambda: now, lambda: now, None)


def _empty_cluster(now: datetime, *, is_past: bool) -> Cluster:
    cluster = Cluster(now)
    if is_past:
        cluster.outcomes = {}  # marks a view of the past, which has the column LATER
    return cluster


def _columns(plan: ListPlan[R], read: ClusterRead) -> Sequence[Column[R]]:
    return plan.kind.columns(read.cluster, lambda: read.now, lambda: read.cluster.as_of, read.costs)


def _chosen_columns(plan: ListPlan[R], read: ClusterRead) -> Sequence[Column[R]]:
    """Return the columns of --columns. Without it, only a terminal uses those of the settings: scripts get all."""
    columns = _columns(plan, read)
    if plan.columns or not sys.stdout.isatty() or plan.options.output is OutputFormat.WIDE:
        return select_columns(columns, plan.columns)
    if chosen := plan.settings.columns.get(plan.kind.name):
        return select_columns(columns, chosen)
    hidden = plan.kind.hidden(plan.options)
    return [column for column in columns if column.id not in hidden]


def _check_columns_of_the_past(options: ListOptions, past: Collection[str]) -> None:
    order = (options.sort or "").partition(":")[0]
    for flag, text in (("--columns", options.columns or ""), ("--sort", order)):
        for name in text.split(","):
            if name.strip().lower() in past:
                raise _usage(f"{flag}: {name.strip().lower()} needs --until")


def _parse_filter(text: str, fields: Fields[R]) -> Filter:
    try:
        parsed = filters.parse(text)
        parsed.matcher(fields)
    except FilterError as error:
        raise _usage(f"FILTER: {error}") from error
    return parsed


def _parse_order(text: str | None, columns: Sequence[Column[R]]) -> SortOrder | None:
    """Parse `COLUMN`, `COLUMN:asc` or `COLUMN:desc`. The default direction is that of the dashboard."""
    if text is None:
        return None
    id, _, direction = text.strip().lower().partition(":")
    sortable = [column.id for column in columns if column.sort_key is not None]
    if id not in sortable:
        raise _usage(f"--sort: no column {id[:40]!r} to sort by; {suggest(id, sortable)}")
    if direction not in ("", "asc", "desc"):
        raise _usage(f"--sort: {direction[:40]!r} is not a direction; use {id}:asc or {id}:desc")
    return id, direction == "desc" if direction else default_direction(columns, id)


def select_names(flag: str, noun: str, text: str | None, known: Sequence[str]) -> Sequence[str]:
    """Return the names in a comma-separated list; empty for None."""
    names = [] if text is None else [name for part in text.split(",") if (name := part.strip().lower())]
    for name in names:
        if name not in known:
            raise _usage(f"{flag}: no {noun} {name[:40]!r}; {suggest(name, known)}")
    if text is not None and not names:
        raise _usage(f"{flag}: name at least one of {', '.join(known)}")
    return list(dict.fromkeys(names))


def _usage(message: str) -> click.UsageError:
    return click.UsageError(message, click.get_current_context(silent=True))
