"""The list of findings."""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from store import Alloc, Error, PoolRow, Run, RunID, Task
from store.times import EARLIEST
from tui.lists.cells import host, host_texts, short_host
from tui.lists.columns import Cell, Column
from tui.query.filter import Fields
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.watch.findings.dead_rows import place_id
from tui.watch.findings.finding import Finding, FindingKind, Severity
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row

SEVERITY_LOOKS = {
    Severity.CRITICAL: ("▲", "critical"),
    Severity.WARNING: ("◌", "warning"),
    Severity.NOTE: ("·", "muted"),
}
"""The glyph and the colour role of a severity."""
_LONGEST_ID = 24  # characters of the id of a host or alloc; that of an EC2 instance has 19
_ID_DIGITS = 8  # of 16: `reflowtop note` takes an id prefix


def look(finding: Finding) -> tuple[str, str]:
    """Return the glyph of a finding and its colour role."""
    return SEVERITY_LOOKS[finding.severity]


def run_ids(finding: Finding) -> list[RunID]:
    """Return the ids of the runs that a finding is about."""
    ids = (row.run_id if isinstance(row, Task) else row.id for row in finding.rows if isinstance(row, Task | Run))
    return list(dict.fromkeys(ids))


def pools(cluster: Cluster, finding: Finding) -> list[PoolRow]:
    """Return the pools that a finding is about, or that its tasks are on."""
    found = (_pool(cluster, row) for row in finding.rows)
    return list({pool.id: pool for pool in found if pool is not None}.values())


def _pool(cluster: Cluster, row: Row) -> PoolRow | None:
    match row:
        case PoolRow():
            return row
        case Alloc():
            return cluster.pool(row.pool_id)
        case Task():
            return cluster.pool_of(row)
        case Run():
            return None


def hosts(cluster: Cluster, finding: Finding) -> list[str]:
    """Return the hosts of these pools. Not yet safe to show."""
    return [f"{pool.pool_id} {pool.pool_type} {host(pool)}" for pool in pools(cluster, finding)]


def error(finding: Finding) -> Error | None:
    """Return the error of the task that ended last with one; None if none has."""
    failed = [task for task in finding.tasks if task.err is not None]
    return max(failed, key=lambda task: task.end or EARLIEST).err if failed else None


def times(finding: Finding) -> dict[str, datetime]:
    """Return when a finding was first and last seen, by these words; or since when, if it lasts as a lost host does."""
    is_seen = finding.kind in (FindingKind.FAILING, FindingKind.RETRIED, FindingKind.IDLE_POOLS)
    words = ("first seen", "last seen") if is_seen else ("since", "last since")
    last = finding.last if is_seen or finding.last != finding.first else None
    return {word: time for word, time in zip(words, (finding.first, last), strict=True) if time is not None}


def run_cell(finding: Finding) -> Cell:
    """Return the first run that a finding is about, and how many more there are."""
    ids = run_ids(finding)
    more = f" +{len(ids) - 1}" if len(ids) > 1 else ""
    return Cell(f"{ids[0].short}{more}" if ids else NONE)


def users(cluster: Cluster, finding: Finding) -> list[str]:
    """Return the users whose runs a finding is about. Not yet safe to show."""
    return list(dict.fromkeys(run.user for run in map(cluster.run, run_ids(finding)) if run is not None))


def columns(
    cluster: Cluster, now: Callable[[], datetime], is_acknowledged: Callable[[Finding], bool] = lambda _: False
) -> list[Column[Finding]]:
    """Return the columns, at the time `now()`. Acknowledged findings are dimmed."""

    def dim(cell: Callable[[Finding], Cell]) -> Callable[[Finding], Cell]:
        return lambda each: Cell(cell(each).text, "muted") if is_acknowledged(each) else cell(each)

    def kind(finding: Finding) -> Cell:
        glyph, tone = ("✓", "muted") if is_acknowledged(finding) else look(finding)
        return Cell(f"{glyph} {finding.kind}", tone)

    def ago(time: datetime | None) -> Cell:
        return Cell(NONE if time is None else durations.coarse_age(now() - time))

    def who(finding: Finding) -> Cell:
        return Cell(" ".join(formats.user(user) for user in users(cluster, finding)) or NONE)

    def where(finding: Finding) -> Cell:
        found = pools(cluster, finding)
        if not found:
            return Cell(NONE)
        return Cell(short_host(found[0]) + (f" +{len(found) - 1}" if len(found) > 1 else ""))

    found = [
        Column(
            "kind",
            "WHAT",
            15,
            kind,
            lambda finding: (finding.severity, finding.kind),
            plain=lambda finding: str(finding.kind),
        ),
        Column(
            "count",
            "#",
            4,
            lambda each: Cell(formats.compact(each.count)),
            lambda each: each.count,
            align="right",
            plain=lambda each: str(each.count),
        ),
        Column("first", "FIRST", 5, lambda each: ago(each.first), lambda each: each.first, 2, "right"),
        Column("last", "LAST", 4, lambda each: ago(each.last), lambda each: each.last, 1, "right"),
        Column(
            "id",
            "ID",
            8,
            lambda each: Cell(each.id[:_ID_DIGITS]),
            priority=1,
            has_letter=False,
        ),
        Column(
            "why",
            "WHY",
            28,
            lambda finding: Cell(_why(finding)),
            flex=True,
            comfort=30,
            max_width=200,
            plain=lambda finding: finding.reason,
        ),
        Column(
            "run",
            "RUN",
            11,
            run_cell,
            lambda each: str(run_ids(each)[:1]),
            4,
            plain=lambda each: ",".join(id.short for id in run_ids(each)),
        ),
        Column(
            "user",
            "USER",
            8,
            who,
            lambda each: users(cluster, each),
            3,
            plain=lambda each: ",".join(map(formats.user, users(cluster, each))),
        ),
        Column(
            "host",
            "HOST",
            20,
            where,
            lambda each: hosts(cluster, each),
            5,
            plain=lambda each: ",".join(map(short_host, pools(cluster, each))),
        ),
    ]
    return [msgspec.structs.replace(column, cell=dim(column.cell)) for column in found]


def _why(finding: Finding) -> str:
    """Return the reason of a finding; a long id of a host or alloc at its beginning loses its middle."""
    first = finding.rows[0]
    if not isinstance(first, PoolRow | Alloc):
        return finding.reason
    head, id, rest = finding.reason.partition(place_id(first))
    return f"{head}{formats.shorten_middle(id, _LONGEST_ID)}{rest}"


def fields(cluster: Cluster, now: datetime) -> Fields[Finding]:
    """Return the filter fields of findings."""

    def idents(finding: Finding) -> Iterable[str]:
        return {row.ident for row in finding.rows if isinstance(row, Task)}

    return Fields(
        {
            "user": lambda each: users(cluster, each),
            "run": lambda each: (id.hex for id in run_ids(each)),
            "state": lambda each: (each.kind,),
            "ident": idents,
            "error": lambda each: (each.reason, formats.error(error(each))),
            "pool": lambda each: (
                text for pool in pools(cluster, each) for text in (str(pool.pool_id), pool.pool_type)
            ),
            "type": lambda each: (pool.pool_type for pool in pools(cluster, each)),
            "host": lambda each: (text for pool in pools(cluster, each) for text in host_texts(pool)),
            "id": lambda each: (each.id, *(row.id.hex for row in each.rows)),
        },
        {"age": lambda each: None if each.first is None else (now - each.first).total_seconds()},
        words={"state": list(FindingKind)},
        times={"since": lambda each: each.last},
        now=now,
    )
