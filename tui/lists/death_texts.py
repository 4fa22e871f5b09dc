"""Causes of death of tasks and runs, in one sentence each, with the evidence. Not yet safe to show."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from store import Alloc, PoolRow, Run, Task
from tui.text import durations, formats
from tui.watch.explain.cause_of_death import CauseOfDeath, DeathKind
from tui.watch.findings.dead_rows import describe_place
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row

_PROCESS = "the process that ran it is gone or cut off"
# What a lease cannot tell is not claimed: a host that stopped renewing may be cut off from the table.
_OF_TASKS = {
    DeathKind.HOST_TERMINATED: "Its {place} was terminated at {end}{lost_with}: the host is gone.",
    DeathKind.HOST_GONE: "Its {place} stopped renewing {when}{others}: the host is gone or cut off.",
    DeathKind.HOST_EXPIRED: (
        "Its {place} stopped renewing {when}{others}, but {alive} there kept renewing: the host may be alive."
    ),
    DeathKind.HOST_AND_RUN: (
        "Its {place} {stop}, and its run stopped renewing at that time: it is unknown which failed first."
    ),
    DeathKind.ALLOC_ENDED: "Its {place} ended at {end} while it ran{lost_with}; the host is alive.",
    DeathKind.ALLOC_GONE: "Its {place} stopped renewing {when}{others}; the host is alive.",
    DeathKind.RUN_ENDED: "Its run ended at {end} and left it without an end{lost_with}.",
    DeathKind.RUN_GONE: f"Its run stopped renewing {{when}}{{others}}: {_PROCESS}{{later}}.",
    DeathKind.TASK_ALONE: "Only this task stopped{run_too}; {rest}: its worker process is hung or gone.",
    DeathKind.TOO_EARLY: "Too early to tell whether {undecided} stopped, too{known_by}{ended}.",
    DeathKind.TASKS_TOGETHER: "{stopped} of its run stopped at the same time{run_too}; {rest}.",
}
_OF_RUNS = {
    DeathKind.RUN_GONE: f"It stopped renewing, and so did {{running}}{{placed}}: {_PROCESS}{{later}}.",
    DeathKind.HOST_AND_RUN: (
        "It stopped renewing, and {place}{places} {stop}, with {running}: it is unknown which failed first."
    ),
    DeathKind.AFTER_HOST: (
        f"It lost {{running}} with {{place}}{{places}}, which {{stop}}; then it stopped renewing, too: {_PROCESS}."
    ),
    DeathKind.LEASE_ALONE: "Only the lease of the run expired: {alive} of it kept renewing, so its work goes on.",
    DeathKind.TOO_EARLY: "Too early to tell whether {undecided} stopped, too{known_by}{ended}.",
    DeathKind.IDLE_RUN: f"It stopped renewing while none of its tasks ran: {_PROCESS}.",
    DeathKind.NEVER_RENEWED: "It never had a lease: the process that started it is gone or cut off.",
}

_NOUNS_OF_TASKS = {PoolRow: "its host", Alloc: "its alloc", Run: "its run", Task: "other tasks"}
_NOUNS_OF_RUNS = {Task: "its running tasks", Alloc: "their hosts", PoolRow: "their hosts"}


def death_text(cause: CauseOfDeath, scope: str = "") -> str:
    """Return one sentence about why a task or a run is stale or lost, as certain as the leases permit.

    `scope`, such as `of its run`, names the tasks that were read, if these are not all tasks of its place.
    """
    template = (_OF_RUNS if isinstance(cause.row, Run) else _OF_TASKS)[cause.kind]
    others, where = cause.places - 1, place_name(cause.beside)
    more = f" and {formats.count(others, 'other')}" if others > 0 else ""
    return template.format(
        place=place_name(cause.beside),
        end=durations.moment(None if cause.beside is None else cause.beside.end),
        undecided=_undecided(cause),
        known_by=known_by(cause.decided),
        when=_when(cause.earlier),
        others=_others(cause, scope),
        lost_with=f", with {formats.count(cause.stopped, 'other task')}" if cause.stopped else "",
        stopped=formats.count(cause.stopped, "other task"),
        alive=formats.count(cause.alive, "task"),
        running="its only running task" if cause.stopped == 1 else f"all of its {cause.stopped} running tasks",
        rest=_rest(cause),
        run_too="; the lease of its run expired as well" if cause.is_run_lost else "",
        places=more,
        placed=f", {cause.placed} of them on {where}{more}, which {_stop(cause)}" if cause.placed else "",
        stop=_stop(cause),
        later=_later(cause),
        ended=_ended(cause),
    )


def _stop(cause: CauseOfDeath) -> str:
    end = None if cause.beside is None else cause.beside.end
    return f"stopped renewing {_when(cause.earlier)}" if end is None else f"ended at {durations.moment(end)}"


def _later(cause: CauseOfDeath) -> str:
    """The hosts or allocs that stopped after the run."""
    if not cause.later:
        return ""
    first, others = cause.later[0], len(cause.later) - 1
    more = f" and {formats.count(others, 'other')}" if others else ""
    stop = "stopped renewing later" if first.end is None else f"ended later, at {durations.moment(first.end)}"
    return f"; {'its ' if isinstance(cause.row, Task) else ''}{place_name(first)}{more} {stop}"


def _undecided(cause: CauseOfDeath) -> str:
    """Return the kinds of rows that may have stopped as well: `its host, its run or other tasks`."""
    nouns = _NOUNS_OF_RUNS if isinstance(cause.row, Run) else _NOUNS_OF_TASKS
    types = {type(row) for row in cause.undecided}
    return formats.alternatives(list(dict.fromkeys(noun for row_type, noun in nouns.items() if row_type in types)))


def known_by(time: datetime | None) -> str:
    """Return when something will be known, as a clause: `: known by 2026-11-01 12:05:00 UTC`; empty for None."""
    return "" if time is None else f": known by {durations.moment(time)}"


def _ended(cause: CauseOfDeath) -> str:
    """The host or alloc that has ended, before it is known whether the other ones stopped."""
    rows = [row for row in (cause.beside, *cause.later) if row is not None and row.end is not None]
    return f"; {place_name(rows[0])} ended at {durations.moment(rows[0].end)}" if rows else ""


def place_name(row: Row | None) -> str:
    """Return the name of a pool or alloc with its noun: `host i-0abc`; `host` for none. Not yet safe to show."""
    return describe_place(row) if isinstance(row, PoolRow | Alloc) else "host"


def _when(earlier: timedelta | None) -> str:
    """The time before or after the row; both leases run for two minutes from the last renewal."""
    if earlier is None or not earlier:
        return "at the same time"
    return f"{durations.duration(abs(earlier))} {'earlier' if earlier > timedelta() else 'later'}"


def _others(cause: CauseOfDeath, scope: str) -> str:
    where = "of it" if isinstance(cause.beside, Run) else f"{scope} there".lstrip()
    return f", as did {formats.count(cause.stopped, 'other task')} {where}" if cause.stopped else ""


def _rest(cause: CauseOfDeath) -> str:
    known = "its host is not known" if cause.beside is None else f"its {place_name(cause.beside)} is alive"
    if cause.is_beside_expired:
        known += ", though its lease expired"
    if cause.has_beside_stopped:
        known = f"its {place_name(cause.beside)} {_stop(cause).replace('ended at', 'ended later, at')}"
    others = f", and {formats.count(cause.alive, 'other task')} of its run kept running" if cause.alive else ""
    return f"{known}{others}"


def evidence(cluster: Cluster, cause: CauseOfDeath, seen_at: datetime) -> Iterator[tuple[str, str]]:
    """Return the rows that a cause of death follows from, each with its name and its end or lease."""
    return row_leases(cluster, cause.evidence, seen_at)


def row_leases(cluster: Cluster, rows: Iterable[Row], seen_at: datetime) -> Iterator[tuple[str, str]]:
    """Yield rows, each with its name and its end or lease at `seen_at`."""
    for row in rows:
        name, text = _named(row)
        yield name, f"{text}  {_state(cluster, row, seen_at)}"


def _named(row: Row) -> tuple[str, str]:
    match row:
        case Run():
            return "run", row.id.short
        case Task():
            return "task", row.id.short
        case Alloc():
            return "alloc", row.alloc_id.rpartition("/")[2] or row.id.short
        case PoolRow():
            return "host", str(row.pool_id)


def _state(cluster: Cluster, row: Row, seen_at: datetime) -> str:
    if row.end is not None:
        return f"ended at {durations.moment(row.end)}"
    lease = f"lease until {durations.moment(row.keepalive)}, " if row.keepalive is not None else ""
    return f"{cluster.liveness(row)}, {lease}{durations.lease(row, seen_at)}"
