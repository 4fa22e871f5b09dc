"""Texts about runs and tasks. All of them are safe to show."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from textual.content import Content

from store import Alloc, PoolRow, Run, Task
from tui.lists import cells
from tui.lists.runs import RunRow, count, name, run_state_cell
from tui.query.time_expressions import Moment
from tui.screens.base.command_registry import run_action
from tui.screens.base.session import Session
from tui.settings import DEFAULT_SINCE
from tui.text import durations, formats, time_zone
from tui.text.safe import NONE, safe
from tui.watch.findings.finding import Finding
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.widgets.content import assemble, blanks, content
from tui.widgets.status_line import Part

if TYPE_CHECKING:
    from tui.watch.findings.failure_groups import FailureGroup
    from tui.watch.polling.past import PastView

_GROUPS = 5
_LONGEST_EXPLANATION = 300
# Sentences of their own need no title.
_EXPLANATION_TITLES = {"cause": "", "shared": "", "before": "seen before: "}
_STYLES = {"good": "$text-success", "warning": "$text-warning", "critical": "$text-error", "muted": "$muted"}


# In the order of the header; a zero is worth its room for the first ones only.
_COUNTED = (State.FAILING, State.FAILED, State.STALLED, State.STALE, State.LOST, State.RUNNING)
_ALWAYS_COUNTED = (State.FAILING, State.STALE, State.LOST)


class LostRows(msgspec.Struct, frozen=True):
    """The numbers of lost tasks, as the column LOST counts them, and of lost hosts with running tasks, in scope."""

    tasks: int = 0
    hosts: int = 0


def count_lost(session: Session) -> LostRows:
    """Count the lost rows in scope. Call it per refresh, not per tick."""
    if not session.has_data:
        return LostRows()
    from tui.watch.model.lost_rows import count_lost_hosts, count_lost_tasks  # the first frame has no rows

    cluster, is_in_scope = session.cluster, session.is_in_scope
    return LostRows(count_lost_tasks(cluster, is_in_scope), count_lost_hosts(cluster, is_in_scope))


def runs_summary(session: Session, rows: Sequence[RunRow], lost: LostRows) -> tuple[Sequence[Part], Sequence[Part]]:
    """Return the number of runs by state, and of `lost` rows; and the scope of the list.

    A click on a number shows only the runs in that state. Numbers are unknown without data, and in a view of the past
    until all of it has been read.
    """
    counts = Counter(row.state for row in rows)
    states = [
        _count(session.known(counts[state]), state) for state in _COUNTED if counts[state] or state in _ALWAYS_COUNTED
    ]
    scope = [
        Part(content(formats.count(session.known(len(rows)), "run"), "$muted"), 6),
        Part(
            content(f"user {formats.user(session.user) if session.user else 'all'}", limit=30),
            0 if session.user else 5,
            run_action("user"),
        ),
    ]
    if session.past is None:
        priority = 4 if session.since == DEFAULT_SINCE else 1
        scope.append(Part(content(window(session.since), "$muted"), priority, run_action("window")))
        scope.append(Part(content("all" if session.show_ended else "active", "$muted"), 3, run_action("all")))
    return [*states, *_lost_parts(session, lost)], scope


def _count(count: int | None, state: State) -> Part:
    """Return the number of runs in a state; `count` is None if it is not known."""
    text = f"{NONE if count is None else count} {state}"
    priority = 0 if count and state.needs_attention else 2
    return Part(content(text, style(state.tone) if count else "$muted"), priority, run_action("state", str(state)))


def _lost_parts(session: Session, lost: LostRows) -> Iterator[Part]:
    """Yield the numbers of lost rows that are not 0."""
    for number, noun in ((lost.tasks, "task"), (lost.hosts, "host")):
        if session.known(number):
            yield Part(content(formats.count(number, f"lost {noun}"), style("critical")), 1, run_action("failures"))


def window(since: Moment) -> str:
    """Return the time since which the runs shown were alive, in words."""
    return f"in the last {since.text}" if since.time is None else f"since {durations.minute(since.time)}"


def past_parts(past: "PastView", live_key: str) -> Sequence[Part]:
    """Return the time in the past that is shown, and the start of its window if it has one."""
    text = f"as of {(durations.moment if past.until.second else durations.minute)(past.until)}"
    share = past.progress.share
    window = f"ran since {time_zone.localize(past.since):%Y-%m-%d %H:%M}"
    # Without room, where the user is and the way back go last.
    return [
        Part(content(f"❮❮ {text}{f', {formats.progress(share)} read' if share < 1 else ''}", "bold $text-warning"), -1),
        *([Part(content(window, "bold $text-warning"))] if past.until > past.since else []),
        Part(content(f"{live_key} live", "$muted"), -2, run_action("live")),
    ]


def run_explanation(cluster: Cluster, row: RunRow, *, has_causes: bool = True) -> Sequence[Part]:
    """Return why the run under the cursor is in its state; `has_causes` includes the errors of its failed flows."""
    return [Part(content(row.run.id.short, "bold")), *_explained(cluster, row, has_causes=has_causes)]


def failure_causes(cluster: Cluster, row: RunRow, most: int, width: int) -> Sequence[Content]:
    """Return the errors of the failed flows of a run, at most `most`, the most frequent first, each in one line.

    The last line also tells the number of errors left out. `width` is that of a line in cells.
    """
    from tui.watch.findings.failure_groups import failure_groups  # the first frame has no rows

    groups = failure_groups(cluster, row.run.id)
    kept, rest = groups[:most], len(groups) - most
    more = f", and {formats.count(rest, 'other error')}" if rest > 0 else ""
    ends = [*[""] * (len(kept) - 1), more]
    return [content(safe(_cause(group), max(1, width - len(end))) + end) for group, end in zip(kept, ends, strict=True)]


def _cause(group: "FailureGroup") -> str:
    from tui.watch.findings.failure_groups import describe_pools

    return f"{group.count} × {group.error_name} in {group.ident or 'no ident'}{describe_pools(group)}"


def lease_status(row: RunRow) -> Iterator[Part]:
    """Yield when the lease of a stale or lost run expired, or that a run has no lease yet."""
    if row.state.is_expired:
        expired = f"{row.state}: lease expired at {durations.moment(row.run.keepalive)}"
        yield Part(content(expired, style(row.state.tone)))
    if row.state is State.STARTING:
        yield Part(content("no lease yet"))


def lost_tasks(row: RunRow) -> Iterator[Part]:
    """Yield the number of lost tasks of a run that has not ended, and of tasks on dead hosts, if there are any."""
    texts = [formats.count(row.lost_tasks, "lost task")] if row.lost_tasks else []
    texts += [f"{formats.count(row.orphaned_tasks, 'task')} on dead hosts"] if row.orphaned_tasks else []
    for text in texts:
        yield Part(content(text, style("critical")), 1, run_action("failures"))


def _explained(cluster: Cluster, row: RunRow, *, has_causes: bool) -> Iterator[Part]:
    yield from lease_status(row)
    yield from lost_tasks(row)
    if row.failed_flows:
        from tui.watch.findings.failure_groups import failure_groups

        yield Part(content(f"{formats.count(row.failed_flows, 'flow')} failed:", "$text-error"))
        groups = failure_groups(cluster, row.run.id)[:_GROUPS] if has_causes else []
        for priority, group in enumerate(groups, start=1):
            yield Part(content(_cause(group), limit=_LONGEST_EXPLANATION), priority)
        return
    if row.has_counts:
        yield Part(content(f"{row.done} of {row.total}{'' if row.is_counted else ' or more'} tasks done"), 2)
    else:
        yield Part(content("tasks not read yet"), 1)
    if row.retried_attempts:
        yield Part(content(formats.count(row.retried_attempts, "retried attempt")), 3)


def run_heading(
    cluster: Cluster, row: RunRow, now: datetime, seen_at: datetime
) -> tuple[Sequence[Part], Sequence[Part]]:
    """Return the user, name and start of a run; and its state and lease."""
    run = row.run
    age = "" if run.start is None else durations.age((run.end or now) - run.start)
    ended = f", {age} ago" if age else ""
    if run.end is not None:
        ended = f", ended {durations.clock(run.end, now)}{f', took {age}' if age else ''}"
    what = [
        Part(content(run.id.short, "bold")),
        Part(content(name(run), limit=60), 2),
        Part(content(formats.user(run.user), limit=30), 1),
        Part(content(f"started {durations.clock(run.start, now)}{ended}"), 4),
    ]
    state = run_state_cell(cluster, row, seen_at)
    how = [
        Part(content(state.text, style(state.style))),
        Part(content(f"lease {cells.lease_phrase(cluster, run, seen_at)}"), 5),
    ]
    return what, how


def run_counts(row: RunRow) -> Sequence[Part]:
    """Return the number of ended and of all tasks of a run, and those of its failed flows and lost tasks."""
    failed = row.failed_flows if row.has_counts else NONE
    return [
        Part(content(f"{count(row)} tasks"), 1),
        Part(content(f"{failed} failed", style("critical") if row.failed_flows else style("muted"))),
        *([Part(content(f"{row.all_lost} lost", style("critical")))] if row.all_lost else []),
    ]


def run_logs(run: Run) -> Sequence[Part]:
    """Return the digests of the objects of a run, and its arguments."""
    digests = {
        "log": run.run_log,
        "graph": run.eval_graph,
        "trace": run.trace,
        "exec log": run.exec_log,
        "sys log": run.sys_log,
        "bundle": run.bundle,
    }
    named = [_named(title, formats.digest(digest)) for title, digest in digests.items() if digest]
    args = [_named("args", " ".join(run.args))] if run.args else []
    return [Part(text, priority) for priority, text in enumerate([*named, *args])]


def explanations(
    session: Session, row: Run | Task | PoolRow | Alloc | Finding, *, has_log: bool = False
) -> Iterator[Content]:
    """Yield the explanations of a row or a finding. Of the evidence, yield only the last line of the log.

    Yields nothing without an explanation. `has_log` omits the last line, because the end of the log is shown below.
    """
    from tui.lists import explanation_texts  # there is nothing to explain before the first frame

    for each in explanation_texts.explain(session.explanations, row, session.clock(), session.seen_at()):
        if each.is_claim or (each.name == "last line" and not has_log):
            title = _EXPLANATION_TITLES.get(each.name, f"{each.name}: ")
            text = f"{title}{each.text}"
            yield content(text, "$accent", limit=_LONGEST_EXPLANATION)


def task_details(cluster: Cluster, task: Task, now: datetime, seen_at: datetime) -> Content:
    """Return the most important fields of a task, in up to four lines."""
    alloc, pool = cluster.alloc(task.alloc_id), cluster.pool_of(task)
    state = cells.task_state_cell(cluster, task, seen_at)
    ended = "" if task.end is None else f", ended {durations.clock(task.end, now)}"
    first = [
        content(task.id.short, "bold"),
        content(task.ident, limit=40),
        content(state.text, style(state.style)),
        _named("attempt", f"{task.attempt + 1} of flow {formats.digest(task.flow_id)}"),
        _named("started", durations.clock(task.start, now) + ended),
        _named("lease", cells.lease_phrase(cluster, task, seen_at)),
    ]
    logs = {"stdout": task.stdout, "stderr": task.stderr, "inspect": task.inspect, "result": task.result_id}
    third = [_named(title, formats.digest(digest)) for title, digest in logs.items()]
    error = [] if task.err is None else [[content(formats.error(task.err), style("critical"))]]
    lines = [first, _where(task, alloc, pool), third, *error]
    return Content("\n").join(Content("  ").join(line) for line in lines)


def _where(task: Task, alloc: Alloc | None, pool: PoolRow | None) -> list[Content]:
    known = (
        []
        if pool is None
        else [
            _named("pool", str(pool.pool_id)),
            content(pool.pool_type, limit=30),
            _named("host", cells.host(pool)),
        ]
    )
    return [
        _named("alloc", cells.alloc_name(task, alloc)),
        *known,
        content(formats.resources(task.resources), limit=60),
    ]


def _named(title: str, text: str) -> Content:
    return assemble(content(title, "$muted"), blanks(1), content(text, limit=60))


def style(look: str) -> str:
    """Return the style of Textual for a style of a `Cell`."""
    return _STYLES.get(look, "")
