"""Shell commands that show a row, ready to paste."""

import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta

from store import Digest, Run
from store.times import format_time
from tui.settings import Settings
from tui.settings.fields import BY_NAME

_AWS = {"region": "region", "profile": "profile", "endpoint_url": "endpoint-url"}
_BEFORE = timedelta(minutes=1)


Window = tuple[datetime, datetime]
"""The start and the end of a past window."""


def dashboard(settings: Settings, *words: str, window: Window | None = None) -> str:
    """Return the command of the dashboard on the table of `settings`; `words` follow the flags.

    With `window`, it shows the rows that were running in that time, as of its end.
    """
    return _typed("reflowtop", *_flags(settings), *_window_flags(window), *words)


def dashboard_on(settings: Settings, run: Run, window: Window | None = None) -> str:
    """Return the command of the dashboard with only `run` in its list, even if it has ended; `window` as above."""
    since = () if run.end is None or window is not None else ("--since", format_time(run.end - _BEFORE))
    return dashboard(settings, *since, f"id:{run.id.short}", window=window)


def logs(settings: Settings, id: Digest) -> str:
    """Return the command that prints the log of a run, or the stderr of a task."""
    return _typed("reflowtop", "logs", *_flags(settings), id.hex)


def inspect(settings: Settings, id: Digest) -> str:
    """Return the command that prints what a task ran and used."""
    return _typed("reflowtop", "inspect", *_flags(settings), id.hex)


def get_item(settings: Settings, id: Digest) -> str:
    """Return the AWS CLI command that prints the row."""
    flags = [word for name, flag in _AWS.items() if (value := getattr(settings, name)) for word in (f"--{flag}", value)]
    key = f'{{"ID": {{"S": "{id}"}}}}'
    return _typed("aws", "dynamodb", "get-item", *flags, "--table-name", settings.table, "--key", key)


def _flags(settings: Settings) -> Iterator[str]:
    for name in ("table", "bucket", *_AWS):
        if value := getattr(settings, name):
            yield from (BY_NAME[name].flag, value)


def _window_flags(window: Window | None) -> Iterator[str]:
    if window is not None:
        since, until = window
        if since < until:
            yield from ("--since", format_time(since))
        yield from ("--until", format_time(until))


def _typed(*words: str) -> str:
    return shlex.join(words)
