"""The window of a read, as text and as JSON: the earliest times at which listed rows were alive, ended or lost."""

from datetime import datetime, timedelta

from store.times import format_time
from tui.commands.cluster_read import ClusterRead
from tui.text import durations, formats

_ROUNDED = timedelta(seconds=30)


def window_text(read: ClusterRead) -> str:
    """Return the window: `alive since 10m, ended since 1h, lost since 1d`, or `since 24h` if a flag names it."""
    settings, back = read.settings, read.backfill
    since, until = settings.since.text, "" if settings.until is None else settings.until.text
    if read.past is not None:
        return f"at {until}" if since == until else f"{since} to {until}"
    if back is None:
        return f"since {since}"
    ended, lost = (_age(read, time) for time in _backfill_bounds(read, back.reached))
    return f"alive since {since}, ended since {ended}, lost since {lost}{' (read budget)' if back.is_cut else ''}"


def window_record(read: ClusterRead) -> dict[str, object]:
    """Return the window as JSON: the earliest times at which listed rows were alive, ended or lost, and `is_cut`."""
    since, back = read.settings.since.at(read.now if read.past is None else read.past.until), read.backfill
    if read.past is not None:
        since = read.past.since
    ended, lost = (since, since) if back is None else _backfill_bounds(read, back.reached)
    return {
        "alive_since": format_time(since),
        "ended_since": format_time(ended),
        "lost_since": format_time(lost),
        "is_cut": back is not None and (back.is_cut or bool(back.unread)),
    }


def cut_text(read: ClusterRead) -> str:
    """Return a sentence about the rows that the read budget left out; empty if there are none."""
    back = read.backfill
    if back is None or not (back.is_cut or back.unread):
        return ""
    unread = f", without the tasks of {formats.count(len(back.unread), 'run')} that ended" if back.unread else ""
    age = _age(read, back.reached)
    missing = max(back.reached, read.now - read.settings.keep_failed) if back.unread else back.reached
    return f"searched back for {age}{unread} (read budget); --since {_age(read, missing)} reads that time in full"


def _age(read: ClusterRead, time: datetime) -> str:
    # The service's clock may be some seconds behind: a day is not 23 h.
    return durations.coarse_age(read.now - time + _ROUNDED)


def _backfill_bounds(read: ClusterRead, reached: datetime) -> tuple[datetime, datetime]:
    """Return the earliest times at which ended runs, and lost rows, were read, at the latest the window's start."""
    since = read.settings.since.at(read.now)
    return min(max(read.now - read.settings.keep_failed, reached), since), min(reached, since)
