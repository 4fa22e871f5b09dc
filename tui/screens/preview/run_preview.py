"""The preview of a run: what fails and since when, what is stale or slow, and the stderr of its newest failed task."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from textual.content import Content

from store import Run, RunID, Task
from tui.lists import cells, cost_texts, estimates
from tui.lists import findings as finding_list
from tui.lists.runs import RunRow, count, name, run_state_cell
from tui.screens.base import row_texts
from tui.screens.base.row_texts import style
from tui.screens.base.session import Session
from tui.screens.preview.preview_text import PreviewText, joined, listed
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.watch.findings.failure_groups import FailureGroup, FailureGrouper, describe_pools
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.model.cluster import Cluster
from tui.widgets.content import content

_INDENT = "    "
_MOST_GROUPS = 4
_MOST_REASONS = 2
_MOST_HOSTS = 3
_MOST_IDENTS = 3


class _InRun(NamedTuple):
    """A finding, and those of its tasks that belong to a run."""

    finding: Finding
    tasks: Sequence[Task]


class RunPreviews:
    """Makes the previews of runs. What it worked out holds until the findings change, so that moving costs little."""

    def __init__(self) -> None:
        self._version: object = None
        self._findings: dict[RunID, list[_InRun]] = {}
        self._groups: dict[RunID, Sequence[FailureGroup]] = {}
        self._etas: dict[RunID, str] = {}
        self._grouper = FailureGrouper()

    def make(self, session: Session, row: RunRow) -> PreviewText:
        """Return the preview of a run."""
        cluster, now, run = session.cluster, session.clock(), row.run
        self._update(session)
        groups = self._failures(cluster, run.id)
        newest = max((group.tasks[0] for group in groups), key=lambda task: task.end or now, default=None)
        title = joined(
            content(run.id.short, "bold"), content(name(run), "bold", 40), content(formats.user(run.user), limit=30)
        )
        if run.id not in self._etas:
            self._etas[run.id] = estimates.run_line(cluster, run.id, now)
        cost = "" if (costs := session.costs) is None else cost_texts.run_line(costs, run.id)
        # Errors first: a small preview has no room for all.
        others = [content(text, "$muted") for text in (self._etas[run.id], cost) if text]
        lines = [*self._lines(session, row, groups, now), *others]
        return PreviewText(title, lines, newest or session.evidence_task(run))

    def reasons(self, session: Session, row: RunRow) -> Iterator[Content]:
        """Yield the explanations of a run and its most frequent failures, for a screen without room for a preview.

        What a run and its host have in common, such as the last line of one log, comes once.
        """
        self._update(session)
        yield from {line.plain: line for line in self._reasons(session, row)}.values()

    def _reasons(self, session: Session, row: RunRow) -> Iterator[Content]:
        yield from row_texts.explanations(session, row.run)
        groups = self._failures(session.cluster, row.run.id)
        names = Counter(group.error_name for group in groups)
        for group in groups[:_MOST_REASONS]:
            ident = f" in {group.ident or 'no ident'}" if names[group.error_name] > 1 else ""
            about = f"{group.error_name}{ident}: " if len(groups) > 1 else ""
            if (finding := session.explanations.finding_of(group.tasks[0])) is not None:
                yield from (content(about) + line for line in row_texts.explanations(session, finding))
        for each in self._findings.get(row.run.id, ())[:_MOST_REASONS]:
            if isinstance(each.finding.rows[0], Run):
                continue  # the run is explained above
            if explanations := list(row_texts.explanations(session, each.finding)):
                yield content(each.finding.reason, style(finding_list.look(each.finding)[1]))
                yield from explanations

    def _update(self, session: Session) -> None:
        findings = session.findings
        if findings is self._version:
            return
        self._version = findings
        self._groups.clear()
        self._etas.clear()
        by_run: defaultdict[RunID, list[_InRun]] = defaultdict(list)
        for finding in findings:
            if finding.kind is FindingKind.FAILING:
                continue
            tasks: defaultdict[RunID, list[Task]] = defaultdict(list)
            for id in finding_list.run_ids(finding):
                tasks[id] = []
            for task in finding.tasks:
                tasks[task.run_id].append(task)
            for id, some in tasks.items():
                by_run[id].append(_InRun(finding, some))
        self._findings = dict(by_run)

    def _failures(self, cluster: Cluster, run_id: RunID) -> Sequence[FailureGroup]:
        found = self._groups.get(run_id)
        if found is None:
            groups = self._grouper.group(cluster, cluster.tally(run_id).failures())
            found = self._groups[run_id] = sorted(groups, key=lambda group: -group.count)
        return found

    def _lines(self, session: Session, row: RunRow, groups: Sequence[FailureGroup], now: datetime) -> Iterator[Content]:
        cluster = session.cluster
        yield _counts(cluster, row, now, session.seen_at())
        yield from (part.content for part in row_texts.lease_status(row))
        yield from row_texts.explanations(session, row.run, has_log=True)
        for group in groups[:_MOST_GROUPS]:
            yield from _group(cluster, group, now)
            if (finding := session.explanations.finding_of(group.tasks[0])) is not None:
                yield from (_INDENT + line for line in row_texts.explanations(session, finding))
        if len(groups) > _MOST_GROUPS:
            rest = sum(group.count for group in groups[_MOST_GROUPS:])
            more = formats.count(len(groups) - _MOST_GROUPS, "other error")
            yield content(f"and {formats.count(rest, 'flow')} with {more}", "$muted")
        # Findings about the run itself are explained above.
        others = [each for each in self._findings.get(row.run.id, ()) if not isinstance(each.finding.rows[0], Run)]
        for each in others:
            yield from _other(cluster, each, now)
        if not (groups or others or row.state.is_expired):
            yield content(
                "no failed flows, no stale or slow tasks" if row.has_counts else "tasks not read yet", "$muted"
            )
            if row.run.args:
                yield content(f"args {' '.join(row.run.args)}", "$muted")


def _counts(cluster: Cluster, row: RunRow, now: datetime, seen_at: datetime) -> Content:
    state = run_state_cell(cluster, row, seen_at)
    run, retried = row.run, row.retried_attempts
    ended = "" if run.end is None else f", ended {durations.clock(run.end, now)}"
    return joined(
        content(state.text, style(state.style)),
        content(f"{count(row)} tasks"),
        content(f"{row.failed_flows} failed" if row.failed_flows else "", style("critical")),
        *(part.content for part in row_texts.lost_tasks(row)),
        content(f"{formats.count(retried, 'retried attempt')}" if retried else ""),
        content(f"started {durations.clock(run.start, now)}{ended}", "$muted"),
    )


def _group(cluster: Cluster, group: FailureGroup, now: datetime) -> Iterator[Content]:
    seen = [
        f"{word} {durations.coarse_age(now - time)} ago"
        for word, time in (("first", group.oldest), ("last", group.newest))
        if time is not None
    ]
    when = ", ".join(seen) if group.count > 1 else seen[-1]
    what = f"▲ {group.count} × {group.error_name} in {group.ident or 'no ident'}{describe_pools(group)}"
    yield joined(content(what, style("critical"), 80), content(when, "$muted"))
    if hosts := _hosts(cluster, group.tasks):
        yield content(f"{_INDENT}{hosts}")
    yield content(f"{_INDENT}{formats.error(group.tasks[0].err)}")


def _other(cluster: Cluster, found: _InRun, now: datetime) -> Iterator[Content]:
    finding, tasks = found
    glyph, tone = finding_list.look(finding)
    last = finding.last
    when = "" if last is None else f"last {durations.coarse_age(now - last)} ago"
    yield joined(content(f"{glyph} {finding.reason}", style(tone), 80), content(when, "$muted"))
    if tasks:
        idents = listed((task.ident or NONE for task in tasks), _MOST_IDENTS)
        hosts = _hosts(cluster, tasks)
        yield joined(
            content(f"{_INDENT}{formats.count(len(tasks), 'task')} of this run: {idents}", limit=60), content(hosts)
        )


def _hosts(cluster: Cluster, tasks: Sequence[Task]) -> str:
    """Return the hosts of tasks in words, `on 10.0.12.34, 10.0.12.35 and 2 more`; empty if none is known."""
    names = listed((cells.short_host(pool) for pool in map(cluster.pool_of, tasks) if pool is not None), _MOST_HOSTS)
    return f"on {names}" if names else ""
