"""Explanations of rows and findings in words: features that failures share, work at stake. Not yet safe to show."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from store import Alloc, PoolRow, Resources, Run, Task
from tui.lists.death_texts import death_text, evidence, row_leases
from tui.lists.expired_place_texts import expired_place_text
from tui.text import durations, formats
from tui.watch.explain.blast_radius import BlastRadius, blast_radius
from tui.watch.explain.cause_of_death import cause_of_death
from tui.watch.explain.evidence_task import evidence_task
from tui.watch.explain.expired_place import expired_place
from tui.watch.explain.explanations import Explanations
from tui.watch.explain.shared_features import Comparison, SharedFeature
from tui.watch.explain.task_features import Feature, Value
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.finding_memory import FindingMemory
from tui.watch.model.states import is_expired

_MOST_NAMES = 4
_LEAST_P = 0.001
_NOUNS = {
    Feature.HOST: "the host",
    Feature.RUN: "the run",
    Feature.IMAGE: "the image or command",
    Feature.VERSION: "the version",
    Feature.POOL_TYPE: "the host type",
    Feature.REQUESTED: "the request",
    Feature.ATTEMPT: "the attempt",
    Feature.STARTED: "the time",
}


def shared_text(shared: SharedFeature, now: datetime, scope: str = "") -> str:
    """Return what failures share: `11 of 12 failures on host i-09a5, 2 of 51 others (p < 0.001)`.

    `scope`, such as `of this run`, names the failures and others that were compared, if not all.
    """
    which = f" {scope}" if scope else ""
    counts = f"{shared.failed} of {formats.count(shared.all_failed, 'failure')}{which} {_value(shared.value, now)}"
    also = " and ".join(_value(value, now) for value in shared.also)
    nouns = " or ".join(_NOUNS[value.feature] for value in shared.also)
    same = f"; all of them are {also}, so the cause may be {nouns}" if also else ""
    return (
        f"{counts}, {shared.passed} of {formats.count(shared.all_passed, 'other')}{which} ({_p_value(shared.p)}){same}"
    )


def _p_value(p: float) -> str:
    return f"p < {_LEAST_P:g}" if p < _LEAST_P else f"p = {p:.1g}"


def _value(value: Value, now: datetime) -> str:
    text = value.text
    match value.feature:
        case Feature.HOST:
            return f"on host {text}"
        case Feature.RUN:
            return f"in run {text}"
        case Feature.IMAGE:
            return f"with image and command {text}"
        case Feature.VERSION:
            return f"on pools of {text}"
        case Feature.POOL_TYPE:
            return f"on {text}"
        case Feature.REQUESTED:
            return f"with {formats.resources(Resources.from_json(text))} requested"
        case Feature.ATTEMPT:
            return f"at attempt {text}"
        case Feature.STARTED:
            return _window(value.since, value.before, now)


def _window(since: datetime | None, before: datetime | None, now: datetime) -> str:
    if before is None:
        return f"started since {durations.clock(since, now)}"
    end = durations.clock(before, now)
    return f"started before {end}" if since is None else f"started {durations.clock(since, now)} to {end}"


def radius_text(radius: BlastRadius, scope: str = "") -> str:
    """Return what hangs on a pool or alloc: `8 tasks of 2 runs (amy, bob), 6.2 task-hours; nothing else runs in
    b55d3ade, which waits for them`.

    Empty if nothing does. `scope`, such as `of this run`, tells which tasks were read, if not all.
    """
    if not radius.tasks:
        return ""
    users = formats.series([formats.user(user) for user in radius.users], _MOST_NAMES)
    runs = scope or f"of {formats.count(len(radius.runs), 'run')}{f' ({users})' if users else ''}"
    text = f"{formats.count(len(radius.tasks), 'task')} {runs}, {work_text(radius.work)}"
    if not radius.waiting:
        return text
    verb = "waits" if len(radius.waiting) == 1 else "wait"
    waiting = formats.series([id.short for id in radius.waiting], _MOST_NAMES)
    return f"{text}; nothing else runs in {waiting}, which {verb} for them"


def work_text(work: timedelta) -> str:
    """Return a time of work in hours: `6.2 task-hours`."""
    return f"{formats.decimal(work / timedelta(hours=1))} task-hours"


class ExplanationText(NamedTuple):
    """An explanation: its name, such as `cause` or `shared`, and its text.

    `is_claim` tells it from evidence, and from the word that there is none.
    """

    name: str
    text: str
    is_claim: bool = False


def explain(
    explanations: Explanations, row: Run | Task | PoolRow | Alloc | Finding, now: datetime, seen_at: datetime
) -> Iterator[ExplanationText]:
    """Yield the explanations of a row or a finding: `cause` and its evidence, with the `error` and `last line` of a
    task, `at stake` on a pool or alloc; for failures `shared`, and when the error was seen `before`, or for how long it
    was not; and for each finding the `note` of the user.

    Yields nothing for healthy rows. If a finding has too few failures to compare, or its failures share nothing,
    `shared` says so.
    """
    cluster = explanations.cluster
    match row:
        case Finding(kind=FindingKind.FAILING):
            yield from _shared(explanations.compare(row), now, explanations.scope)
            yield from _note(explanations.memory, row, now)
            yield from _seen_before(explanations.memory, row, now)
        case Finding(rows=(first, *_)):
            yield from explain(explanations, first, now, seen_at)
            if isinstance(first, PoolRow | Alloc):
                yield from _last_words(explanations, row)
            yield from _note(explanations.memory, row, now)
        case PoolRow() | Alloc():
            if (place := expired_place(cluster, row)) is not None:
                text = expired_place_text(cluster, place, explanations.scope)
                yield ExplanationText("cause", text, is_claim=True)
                leases = row_leases(cluster, place.evidence, seen_at)
                yield from (ExplanationText(*named) for named in leases)
            if row.end is not None or is_expired(cluster.liveness(row)):
                radius = radius_text(blast_radius(cluster, row), explanations.scope)
                yield ExplanationText("at stake", radius or "no task runs here", is_claim=bool(radius))
        case Run() | Task():
            if (cause := cause_of_death(cluster, row)) is not None:
                yield ExplanationText("cause", death_text(cause, explanations.scope), is_claim=True)
                yield from (ExplanationText(*named) for named in evidence(cluster, cause, seen_at))
                yield from _last_words(explanations, row)
            elif isinstance(row, Task) and (finding := explanations.finding_of(row)) is not None:
                yield from (each for each in explain(explanations, finding, now, seen_at) if each.is_claim)


def _last_words(explanations: Explanations, row: Run | Task | Finding) -> Iterator[ExplanationText]:
    """Yield the error and the last log line of the evidence task of a lost row."""
    task = evidence_task(explanations.cluster, row)
    if task is None:
        return
    of_task = "" if task is row else f"task {task.id.short} {task.ident}: "
    yield ExplanationText("error", f"{of_task}{formats.error(task.err) or 'no error was recorded'}")
    if line := explanations.last_line(task):
        yield ExplanationText("last line", f"{of_task}{line}")


def _note(memory: FindingMemory, finding: Finding, now: datetime) -> Iterator[ExplanationText]:
    if (note := memory.note(finding.id)) is not None:
        # A past window shows later notes, too.
        age = f"{durations.coarse_age(now - note.at)} ago" if note.at <= now else f"of {durations.moment(note.at)}"
        yield ExplanationText("note", f"{note.text} ({age})", is_claim=True)


def _seen_before(memory: FindingMemory, finding: Finding, now: datetime) -> Iterator[ExplanationText]:
    if (seen := memory.before(finding)) is not None:
        flows = formats.count(seen.count, "flow")
        name = f" {seen.name}" if seen.name else ""
        run = seen.run.removeprefix("sha256:")[:8]
        ago, state = durations.coarse_age(now - seen.last), seen.state or "unknown"
        text = f"{ago} ago in {flows} of run {run}{name}, last {state}"
        yield ExplanationText("before", text, is_claim=True)
    elif (span := memory.watched_before(finding)) is not None:
        yield ExplanationText("before", f"never in the {_span(span)} remembered", is_claim=True)


def _span(span: timedelta) -> str:
    """Return a time of an hour or more in one unit, rounded down: `5 hours`, `12 days`."""
    days, hours = span.days, span // timedelta(hours=1)
    return formats.count(days, "day") if days >= 2 else formats.count(hours, "hour")


def _shared(comparison: Comparison, now: datetime, scope: str) -> Iterator[ExplanationText]:
    part = f"{comparison.failed} of " if comparison.failed < comparison.all_failed else ""
    failures = f"{part}{formats.count(comparison.all_failed, 'failure')}"
    counts = f"{failures} and {formats.count(comparison.passed, 'other')}"
    counts = f"{counts} {scope}".rstrip()
    if not comparison.has_enough:
        yield ExplanationText("shared", f"not enough data: {counts} to compare")
    elif not comparison.features:
        yield ExplanationText("shared", f"nothing stands out among {counts}")
    for shared in comparison.features:
        yield ExplanationText("shared", shared_text(shared, now, scope), is_claim=True)
