"""`reflowtop completion`: the completion scripts of shells, and the values that they offer.

Ids and users come from a cache. If it is too old, this process starts another one that refreshes it. A press of tab
waits for that process for a second at most, and only if the cache has no recent ids. Completion prints nothing but
values, because a shell would print an error into the prompt.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stderr, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.lazy_commands import COMPLETE_VARIABLE

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from tui.export.completion_cache import CachedIds
    from tui.settings import Settings

SHELLS = ("bash", "zsh", "fish")
_PROGRAM = "reflowtop"
# The fish script of click splits a completion at each comma, and cuts values and descriptions that have one.
_FISH_SPLIT, _FISH_SPLIT_ONCE = 'string split "," ', 'string split -m 1 "," '
_PATIENCE = 1.0  # seconds that a press of tab may wait for a read
_RETRY = 15.0  # seconds between two reads
_LIMIT = 20.0  # seconds for a read
_RECENT = timedelta(minutes=10)  # completion offers ids up to this age instead of waiting for new ones
_CONNECTION = ("table", "bucket", "region", "profile", "endpoint_url", "config", "cluster")


def print_script(group: click.Command, shell: str) -> None:
    """Print the completion script for a shell. Raises UsageError if the shell is too old for it."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"no completion for {shell!r}; use one of {', '.join(SHELLS)}")
    completion = made(group, {}, _PROGRAM, COMPLETE_VARIABLE)
    from tui.terminal import output
    from tui.text.safe import safe_lines

    script = (completion.source_template % completion.source_vars()).replace(_FISH_SPLIT, _FISH_SPLIT_ONCE)
    for line in safe_lines(script):
        output.print_line(line)


def answer(group: click.Command, instruction: str) -> int:
    """Print the values that the shell requests by its variables; print no errors. Return the exit status."""
    from click.shell_completion import shell_complete

    with suppress(Exception), Path(os.devnull).open("w", encoding="utf-8") as nothing, redirect_stderr(nothing):
        return shell_complete(group, {}, _PROGRAM, COMPLETE_VARIABLE, instruction)
    return 0


def run_ids(context: click.Context, _: click.Parameter, incomplete: str) -> "list[CompletionItem[str]]":
    """Return the live runs whose ids begin with `incomplete`."""
    from click.shell_completion import CompletionItem

    from tui.text.safe import safe

    cached = _cached(context)
    runs = () if cached is None else cached.runs
    return [CompletionItem(each.id, help=safe(each.about)) for each in runs if each.id.startswith(incomplete)]


def users(context: click.Context, _: click.Parameter, incomplete: str) -> "list[CompletionItem[str]]":
    """Return the users of live runs whose names begin with `incomplete`; without the domain if all have the same."""
    cached = _cached(context)
    return [] if cached is None else _items(cached.users, incomplete)


def clusters(context: click.Context, _: click.Parameter, incomplete: str) -> "list[CompletionItem[str]]":
    """Return the names of the clusters in the configuration file that begin with `incomplete`."""
    from tui.settings.config_file import default_path, read_config_file

    path = _flags(context).get("config") or os.environ.get("REFLOWTOP_CONFIG")
    try:
        file = read_config_file(Path(path) if path else default_path(), datetime.now(UTC), needed=False)
    except Exception:  # nothing to offer
        return []
    return _items(file.clusters, incomplete)


def complete_list(names: Iterable[str], incomplete: str) -> list[str]:
    """Complete the last name of a comma-separated list with those of `names` that it does not have yet."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    return [f"{before}{comma}{name}" for name in names if name not in taken and name.startswith(last)]


def _items(values: Iterable[str], incomplete: str) -> "list[CompletionItem[str]]":
    """Return the `values` that begin with `incomplete`, without those that are not safe on a terminal."""
    from click.shell_completion import CompletionItem

    from tui.text.safe import safe

    return [CompletionItem(value) for value in values if value.startswith(incomplete) and safe(value) == value]


def _flags(context: click.Context) -> dict[str, str | None]:
    """Return the flags typed so far that choose the table. Flags of the command override those of the program."""
    flags: dict[str, str | None] = {}
    for each in _chain(context):
        for name in _CONNECTION:
            if isinstance(value := each.params.get(name), str):
                flags.setdefault(name, value)
    return flags


def _chain(context: click.Context) -> Iterator[click.Context]:
    each: click.Context | None = context
    while each is not None:
        yield each
        each = each.parent


def _cached(context: click.Context) -> "CachedIds | None":
    """Return the ids in the cache. If they are old, start a refresh first."""
    from tui import settings
    from tui.export.completion_cache import read_cache

    flags = _flags(context)
    try:
        resolved = settings.load(flags, os.environ, datetime.now(UTC))
    except (settings.SettingsError, OSError):
        return None
    cached, now = read_cache(resolved), datetime.now(UTC)
    if cached is not None and cached.is_fresh(now, resolved.read_budget):
        return cached
    refresh = _start_refresh(resolved, flags)
    if refresh is not None and (cached is None or now - cached.at > _RECENT):
        with suppress(subprocess.TimeoutExpired):
            refresh.wait(_PATIENCE)
        return read_cache(resolved)
    return cached


def _start_refresh(resolved: "Settings", flags: Mapping[str, str | None]) -> "subprocess.Popen[bytes] | None":
    """Start a process that reads the runs and outlives this one; return None if one was started in the last 15 s."""
    from tui.export.completion_cache import cache_path

    marker = cache_path(resolved).with_suffix(".refresh")
    try:
        if time.time() - marker.stat().st_mtime < _RETRY:
            return None
    except OSError:
        pass
    try:
        marker.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        marker.touch(mode=0o600)
        args = [text for name, value in flags.items() if value for text in (f"--{name.replace('_', '-')}", value)]
        return subprocess.Popen(  # noqa: S603 - this program
            [sys.executable, "-m", "tui", "refresh-completions", *args],
            env={name: value for name, value in os.environ.items() if name != COMPLETE_VARIABLE},
            stdin=subprocess.DEVNULL,  # a credential process must not prompt for a code
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return None


def refresh(resolved: "Settings") -> None:
    """Read the live runs of the table and keep their ids and users for completion. Raises Error."""
    from store import RunQuery, TaskDB
    from store.times import utc_now
    from tui.connect import run_with_db
    from tui.export.completion_cache import write_cache
    from tui.watch.model.cluster import Cluster

    async def read(db: TaskDB) -> None:
        now = utc_now()
        async with asyncio.timeout(_LIMIT):
            rows = await db.runs(RunQuery(since=resolved.since.at(now)))
        cluster = Cluster(now)
        cluster.add(rows)
        write_cache(resolved, cluster, now, rows.consumed)

    run_with_db(resolved, read)
