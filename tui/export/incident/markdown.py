"""An incident as Markdown. All untrusted text stands in fences."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tui.export import shell_commands
from tui.export.incident import task_section
from tui.export.incident.contents import Incident, RunReport
from tui.export.incident.fences import fenced, named, one_line
from tui.lists import findings as finding_list
from tui.lists import runs as run_list
from tui.text import durations, formats
from tui.text.redaction import redact_args, redact_values
from tui.text.safe import NONE
from tui.watch.findings.failure_groups import FailureGroup, FailureGrouper, describe_group
from tui.watch.findings.finding import Finding

_MOST_TASKS = 50  # of a run, in full; the JSON has all of them
_MOST_RUNS = 20  # in full


def markdown(incident: Incident, data_name: str) -> Iterator[str]:
    """Yield the lines. `data_name` is the name of the data file."""
    yield f"# Incident: {_about(incident)}"
    yield ""
    yield f"* Written {durations.utc_moment(incident.written)} by reflowtop. Times are UTC."
    yield f"* {_age(incident)}"
    yield f"* All data as JSON: `{data_name}`."
    yield "* Values that look like keys, tokens or passwords are `[redacted]`. Check the rest before you share it."
    if incident.trouble:
        yield from ("", "Some data could not be read:", "", *fenced(map(one_line, incident.trouble)))
    yield from ("", "## Commands that show the same", "", *fenced(_commands(incident), "sh"))
    if incident.findings:
        yield from ("", "## Findings", "", *fenced(_findings(incident)))
    if len(incident.runs) > 1:
        yield from ("", "## Runs", "", *fenced(map(_summary, incident.runs)))
    loud = [one for one in incident.runs if len(incident.runs) == 1 or one.row.state.needs_attention]
    for one in loud[:_MOST_RUNS]:
        yield from _run(incident, one)
    if len(loud) > _MOST_RUNS:
        more = formats.count(len(loud) - _MOST_RUNS, "more run")
        yield from ("", f"Of the runs that need attention, the JSON also has {more}.")


def _about(incident: Incident) -> str:
    if len(incident.runs) == 1:
        one = incident.runs[0]
        return f"run {one.run.id.short}, {one.row.state}"
    if not incident.runs:
        return f"findings: {len(incident.findings)}"
    counts = Counter(one.row.state for one in incident.runs)
    states = [f"{counts[state]} {state}" for state in sorted(counts, key=lambda state: state.urgency)]
    return ", ".join([f"{len(incident.runs)} runs", *states])


def _age(incident: Incident) -> str:
    if incident.as_of is None:
        return "No refresh was complete."
    age = durations.age(incident.written - incident.as_of)
    return f"Data as of {durations.utc_moment(incident.as_of)}, {age} old then."


def _commands(incident: Incident) -> Iterator[str]:
    settings = incident.settings
    if len(incident.runs) != 1:
        yield one_line(shell_commands.dashboard(settings, window=incident.window))
        return
    run = incident.runs[0].run
    has_ended = run.end is not None and incident.window is None
    ended = "  # the run has ended: `:all` shows it" if has_ended else ""
    yield one_line(shell_commands.dashboard_on(settings, run, incident.window)) + ended
    yield one_line(shell_commands.logs(settings, run.id))
    yield one_line(shell_commands.get_item(settings, run.id))


def _findings(incident: Incident) -> Iterator[str]:
    for finding in incident.findings:
        yield _finding(finding)
        if runs := finding_list.run_ids(finding):
            yield f"    runs: {' '.join(id.short for id in runs)}"
        if hosts := finding_list.hosts(incident.cluster, finding):
            yield f"    hosts: {one_line(', '.join(hosts))}"
        for name, text, _ in incident.explanations.get(finding.cause, ()):
            yield f"    {name}: {one_line(text)}"


def _finding(finding: Finding) -> str:
    seen = ", ".join(f"{word} {durations.utc_moment(time)}" for word, time in finding_list.times(finding).items())
    return f"{finding.severity.name.lower()}: {finding.kind}: {one_line(finding.reason)}{f'  ({seen})' if seen else ''}"


def _summary(one: RunReport) -> str:
    row, run = one.row, one.run
    failed = f"{row.failed_flows if row.has_counts else NONE:>4} failed"
    words = (
        run.id.short,
        f"{row.state:<9}",
        f"{run_list.count(row):>11} tasks",
        failed,
        one_line(run.user),
        one_line(run_list.name(run)),
    )
    return "  ".join(filter(None, words))


def _run(incident: Incident, one: RunReport) -> Iterator[str]:
    yield from ("", f"## Run {one.run.id.short}, {one.row.state}", "", *fenced(_fields(incident, one)))
    groups = FailureGrouper().group(incident.cluster, one.failures)
    if groups:
        yield from ("", "### Why flows failed", "", *fenced(map(_group, groups)))
    failed = sorted(one.failures, key=lambda task: (task.end or incident.written, task.id), reverse=True)
    if failed:
        yield from ("", f"### Failed tasks: {len(failed)}")
    for task in failed[:_MOST_TASKS]:
        yield from task_section.failed(incident, one, task)
    if len(failed) > _MOST_TASKS:
        yield from ("", f"The JSON also has {formats.count(len(failed) - _MOST_TASKS, 'more task')}.")
    cluster = incident.cluster
    expired = [task for task in one.tasks if cluster.task_state(task).is_expired and not cluster.is_retried(task)]
    if expired:
        yield from ("", f"### Stale and lost tasks: {len(expired)}", "")
        yield from fenced(_cut([task_section.describe_expired(incident, task) for task in expired]))


def _fields(incident: Incident, one: RunReport) -> Iterator[str]:
    row, run = one.row, one.run
    retried = formats.count(row.retried_attempts, "retried attempt")
    failed = f"{formats.count(row.failed_flows, 'flow')} failed, {retried}"
    lease = f"{durations.utc_moment(run.keepalive)}, {durations.lease(run, incident.seen_at)}"
    values: dict[str, object] = {
        "id": str(run.id),
        "state": str(row.state),
        "lease": lease if incident.cluster.has_lease(run) else NONE,
        "user": run.user,
        "labels": " ".join(f"{name}={value}" for name, value in sorted(_labels(one).items())),
        "args": " ".join(redact_args(run.args)),
        "started": durations.utc_moment(run.start),
        "ended": durations.utc_moment(run.end),
        "tasks": f"{run_list.count(row)} done, {failed}" if row.has_counts else "not read yet",
        "bundle": run.bundle or "",
        "log": run.run_log or "",
        "graph": run.eval_graph or "",
        "trace": run.trace or "",
    }
    return named(values)


def _labels(one: RunReport) -> dict[str, object]:
    labels = redact_values(one.run.labels)
    return labels if isinstance(labels, dict) else {}


def _group(group: FailureGroup) -> str:
    return one_line(f"{group.count} × {describe_group(group)}")


def _cut(lines: Sequence[str]) -> Iterable[str]:
    more = [f"and {len(lines) - _MOST_TASKS} more, in the JSON"] if len(lines) > _MOST_TASKS else []
    return [*lines[:_MOST_TASKS], *more]
