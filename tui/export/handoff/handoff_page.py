"""A shift as a page of Markdown for the next one. All untrusted text stands in fences."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from store import RunID
from tui.cost import amount
from tui.cost.amount import Amount
from tui.export.handoff.shift import FindingTrend, Shift, ShiftFinding, ShiftRun
from tui.export.incident.fences import fenced, one_line
from tui.lists import findings as finding_list
from tui.lists import runs as run_list
from tui.text import durations, formats, time_zone
from tui.watch.model.states import State

_MOST_RUNS = 50
_MOST_IDS = 5


def handoff_lines(shift: Shift) -> Iterator[str]:
    """Yield the lines of the page: findings open and resolved, runs that ended, runs to watch, cost of failures."""
    yield f"# Handoff: {moment(shift.since)} to {moment(shift.until)}"
    yield ""
    yield from _summary(shift)
    open_findings = [each for each in shift.findings if each.trend is not FindingTrend.RESOLVED]
    resolved = [each for each in shift.findings if each.trend is FindingTrend.RESOLVED]
    yield from _section(
        "Open findings", (line for each in open_findings for line in _open_lines(shift, each)), "No finding is open."
    )
    if shift.knows_resolved:
        yield from _section(
            "Resolved findings", (_resolved_line(shift, each) for each in resolved), "No finding was resolved."
        )
    yield from _section("Runs that ended", _cut([_ended_line(shift, each) for each in shift.ended]), "No run ended.")
    watched = [each for each in shift.active if each.needs_attention]
    yield from _section("Runs to watch", map(_active_line, watched), "Every active run is well.")


def moment(time: datetime) -> str:
    """Return a time in UTC and, if that differs, in the time zone of the user: `2026-11-29 17:05 UTC (18:05 CET)`."""
    local = time_zone.localize(time)
    utc = f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return utc if local.utcoffset() == UTC.utcoffset(None) else f"{utc} ({local:%H:%M} {time_zone.label(local)})"


def _short_moment(time: datetime | None, until: datetime) -> str:
    """Return a time without its date, if that is the date of `until` in UTC."""
    if time is None:
        return ""
    is_today = time.astimezone(UTC).date() == until.astimezone(UTC).date()
    return moment(time)[len("2026-11-29 ") :] if is_today else moment(time)


def _summary(shift: Shift) -> Iterator[str]:
    trends = Counter(each.trend for each in shift.findings)
    parts = [f"{trends[trend]} {trend}" for trend in FindingTrend if trends[trend]]
    acknowledged = sum(each.is_acknowledged for each in shift.findings if each.trend is not FindingTrend.RESOLVED)
    if acknowledged:
        parts.append(f"{acknowledged} acknowledged")
    failed = sum(each.row.state is State.FAILED for each in shift.ended)
    yield f"* {one_line(shift.source)}"
    yield f"* Findings: {', '.join(parts) or 'none'}."
    yield f"* Runs: {len(shift.ended)} ended, {failed} of them failed; {len(shift.active)} active."
    if (cost := _failed_cost(shift)) is not None:
        yield f"* Failed and retried attempts of these runs cost {amount.sum_text(cost)}."
    elif not shift.has_prices:
        yield f"* The cost of failed attempts is unknown because no host has a price{shift.price_hint}."
    for begin, end in shift.gaps:
        yield f"* Nothing was recorded from {moment(begin)} to {moment(end)}."
    if not shift.knows_resolved:
        yield "* The table does not tell which findings were resolved: a recording does (`reflowtop record`)."
    yield from (f"* Some data could not be read: {one_line(each)}" for each in shift.trouble)


def _failed_cost(shift: Shift) -> Amount | None:
    """Return the cost of all failed and retried attempts of the runs; None without prices."""
    costs = [each.cost for each in (*shift.ended, *shift.active) if each.cost is not None]
    return amount.total(part for cost in costs for part in (cost.failed, cost.retried)) if costs else None


def _section(title: str, lines: Iterable[str], nothing: str) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    kept = list(lines)
    yield from fenced(kept) if kept else [nothing]


def _open_lines(shift: Shift, each: ShiftFinding) -> Iterator[str]:
    grew = f" {each.count_before} to {each.finding.count}" if each.trend is FindingTrend.GREW else ""
    since = f"since {_short_moment(each.since, shift.until)}" if each.since is not None else ""
    if shift.recorded_since is not None and each.since is not None and each.since < shift.recorded_since:
        since = f"{since}, before the recording began"
    yield _finding_line(shift, each, f"{each.trend}{grew}", since)
    for name, text, is_claim in shift.explanations.get(each.finding.cause, ()):
        if is_claim:
            yield f"    {name}: {one_line(text)}"


def _resolved_line(shift: Shift, each: ShiftFinding) -> str:
    return _finding_line(shift, each, f"at {_short_moment(each.until, shift.until)}", "")


def _finding_line(shift: Shift, each: ShiftFinding, when: str, since: str) -> str:
    finding = each.finding
    words = (
        f"{when:<12}",
        finding.severity.name.lower(),
        f"{finding.kind}: {one_line(finding.reason)}",
        since,
        f"raised {each.times} times" if each.times > 1 else "",
        "acknowledged" if each.is_acknowledged else "",
        _runs_text(shift, finding_list.run_ids(finding)),
    )
    return "  ".join(filter(None, words))


def _runs_text(shift: Shift, runs: Sequence[RunID]) -> str:
    """Return runs with their owners: `runs 4f2a91c0 77aa01ff of amy, 0badcafe of bob and 2 more`; empty without any."""
    by_owner: dict[str, list[str]] = {}
    for run_id in runs[:_MOST_IDS]:
        by_owner.setdefault(shift.owners.get(run_id, ""), []).append(run_id.short)
    texts = (
        f"{' '.join(ids)}{f' of {one_line(formats.user(user))}' if user else ''}" for user, ids in by_owner.items()
    )
    more = f" and {len(runs) - _MOST_IDS} more" if len(runs) > _MOST_IDS else ""
    return f"run{'' if len(runs) == 1 else 's'} {', '.join(texts)}{more}" if runs else ""


def _ended_line(shift: Shift, each: ShiftRun) -> str:
    run = each.row.run
    took = durations.age(run.end - run.start) if run.end is not None and run.start is not None else ""
    return "  ".join(
        filter(None, (_short_moment(run.end, shift.until), _run_text(each), f"took {took}" if took else ""))
    )


def _active_line(each: ShiftRun) -> str:
    start = each.row.run.start
    return "  ".join(filter(None, (_run_text(each), f"started {moment(start)}" if start is not None else "")))


def _run_text(each: ShiftRun) -> str:
    row, run, cost = each.row, each.row.run, each.cost
    lost = "" if cost is None else amount.sum_text(amount.total((cost.failed, cost.retried)))
    words = (
        run.id.short,
        f"{row.state:<9}",
        formats.count(row.failed_flows, "failed flow") if row.failed_flows else "",
        f"{each.dead_tasks} of {formats.count(row.total - row.done, 'running task')} stale, lost or on dead hosts"
        if each.dead_tasks
        else "",
        one_line(formats.user(run.user)),
        one_line(run_list.name(run)),
        f"failed and retried attempts {lost}" if (row.failed_flows or row.retried_attempts) and lost else "",
    )
    return "  ".join(filter(None, words))


def _cut(lines: Sequence[str]) -> Iterable[str]:
    more = [f"and {len(lines) - _MOST_RUNS} more"] if len(lines) > _MOST_RUNS else []
    return [*lines[:_MOST_RUNS], *more]
