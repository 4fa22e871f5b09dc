"""Fates of pools and allocs whose lease expired, in one sentence each. Not yet safe to show."""

from datetime import datetime, timedelta

from store import PoolRow
from tui.lists.death_texts import known_by, place_name
from tui.text import durations, formats
from tui.watch.explain.expired_place import ExpiredPlace, PlaceFate, Renewals
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import is_expired


def expired_place_text(cluster: Cluster, place: ExpiredPlace, scope: str = "") -> str:
    """Return one sentence about a pool or alloc whose lease expired, as certain as the leases permit.

    It says how many rows there renewed their leases, and within which time before the last refresh. `scope`, such as
    `of this run`, names the tasks that were read, if these are not all tasks there.
    """
    is_pool = isinstance(place.row, PoolRow)
    where, there = ("host", "there") if is_pool else ("alloc", "in it")
    there = f"{scope} {there}".lstrip()
    host = f"its {place_name(place.pool)}"
    leases = "its lease" if place.tasks.alive + place.allocs.alive == 1 else "their leases"
    renewed = f"renewed {leases} {_within(place.renewed, cluster.as_of)}"
    match place.fate:
        case PlaceFate.HUNG if is_pool:
            who = _alive(place.allocs, "alloc", there if not place.tasks.alive else "")
            who += f" and {_alive(place.tasks, 'task', there)}" if place.tasks.alive else ""
            return f"Only the keepalive of the host is hung: {who} {renewed}, so the host is alive."
        case PlaceFate.HUNG:
            is_host_expired = place.pool is not None and is_expired(cluster.liveness(place.pool))
            with_host = f"; {host} is alive" if is_host_expired else f", as did {host}"
            who = _alive(place.tasks, "task", there)
            return f"Only the keepalive of the alloc is hung: {who} {renewed}{with_host}, so its work goes on."
        case PlaceFate.ONLY_TASKS:
            too = _all(place.allocs, "alloc") if is_pool else "" if place.pool is None else host
            end = None if place.pool is None else place.pool.end
            stopped = f", as did {too}" if too else ""
            may_be = "" if end else "the host is alive, or "
            if end is not None:
                stopped = f", and {host} ended at {durations.moment(end)}"
            return (
                f"It stopped renewing{stopped}, but {_alive(place.tasks, 'task', there)} {renewed}: "
                f"{may_be}the process that renews {'it' if place.tasks.alive == 1 else 'them'} is elsewhere."
            )
        case PlaceFate.ON_LIVE_HOST:
            so = (
                f", and so did {_all(place.tasks, 'task')} {there}"
                if place.tasks.total
                else f" while nothing ran {there}"
            )
            return f"It stopped renewing{so}, but {host} is alive: the alloc is hung or gone."
        case PlaceFate.ON_DEAD_HOST:
            end = None if place.pool is None else place.pool.end
            stop = "stopped renewing" if end is None else f"ended at {durations.moment(end)}"
            so = f", and so did {_all(place.tasks, 'task')} {there}" if place.tasks.total else ""
            return f"It stopped renewing{so}; {host} {stop}, too: the host is gone or cut off."
        case PlaceFate.GONE:
            rows = [_all(place.allocs, "alloc")] if place.allocs.total else []
            rows += [f"{_all(place.tasks, 'task')} {there}"] if place.tasks.total else []
            so = f", and so did {' and '.join(rows)}" if rows else f" while nothing ran {there}"
            rest = "is gone or cut off" if is_pool else "is hung or gone; its host is not known"
            return f"It stopped renewing{so}: the {where} {rest}."
        case PlaceFate.TOO_EARLY:
            what = "its allocs and tasks" if is_pool else "its host and tasks"
            return f"Too early to tell whether {what} stopped, too{known_by(place.decided)}."


def _alive(rows: Renewals, noun: str, where: str) -> str:
    """Return how many rows are alive: `3 of 4 tasks there`."""
    return f"{rows.alive} of {formats.count(rows.total, noun)} {where}".rstrip()


def _all(rows: Renewals, noun: str) -> str:
    """Return all rows of a type in words: `the only alloc`, `both allocs`, `all 8 tasks`; empty for none."""
    match rows.total:
        case 0:
            return ""
        case 1:
            return f"the only {noun}"
        case 2:
            return f"both {noun}s"
        case _:
            return f"all {formats.count(rows.total, noun)}"


def _within(since: datetime | None, now: datetime) -> str:
    return f"in the last {durations.duration(max(now - (since or now), timedelta(seconds=1)))}"
