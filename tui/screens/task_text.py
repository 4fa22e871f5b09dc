"""The text about a task, in sections, safe to show."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.content import Content
from textual.style import Style

from store import Digest, Error, ErrorKind, Run, Task
from store.logs.inspect import ExecInspect
from tui.lists import cells, estimates
from tui.lists import tasks as task_list
from tui.screens.base.row_texts import style
from tui.text import bars, durations, formats
from tui.text.safe import NONE, safe_lines
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.widgets.content import assemble, blanks, content

_INDENT = "  "
_NAMES = 12  # cells
_BAR = 20
_ATTEMPT = 24
_LONGEST = 2000
_LINES = 200
_FIRST = 8  # lines of a section in a preview


@dataclass(frozen=True)
class Inspected:
    """The engine's record of the exec, or the reason why there is none."""

    inspect: ExecInspect | None = None
    reason: str = ""


def text(
    cluster: Cluster,
    task: Task,
    inspected: Inspected,
    now: datetime,
    seen_at: datetime,
    address: Callable[[Digest], str | None],
    width: int,
    cost: str = "",
    why: Sequence[tuple[str, str]] = (),
) -> Content:
    """Return the text of the page for `width` cells. `address` returns the URL of an object in the AWS console.

    `cost` is a sentence, not yet safe; empty without prices. `why` are explanations with their names.
    """
    sections = {
        "LATER": _later(cluster, task),
        "ERROR": _errors(task.err),
        "WHY": (_line(name, text) for name, text in why),
        "ATTEMPTS": _attempts(cluster, task, now),
        "WHERE": _places(cluster, task, seen_at, width),
        "RESOURCES": _resources(task, inspected),
        "COST": iter([assemble(blanks(len(_INDENT)), content(cost, limit=_LONGEST))] if cost else []),
        "EXEC": _exec(inspected.inspect),
        "TASK": _fields(cluster, task, now, seen_at, width),
        "OBJECTS": _objects(task, cluster.run(task.run_id), address, width),
    }
    found = {title: [row for line in lines for row in _rows(line, width)] for title, lines in sections.items()}
    return Content("\n\n").join(
        Content("\n").join([content(title, "bold $accent"), *lines]) for title, lines in found.items() if lines
    )


def _later(cluster: Cluster, task: Task) -> Iterator[Content]:
    """The later state of a task of the past, and its error."""
    outcome = (cluster.outcomes or {}).get(task.id)
    if outcome is None or not isinstance(outcome.row, Task):
        return
    state, end = outcome.state, outcome.row.end
    when = "" if end is None else f"  at {durations.moment(end)}"
    yield assemble(blanks(len(_INDENT)), content(state.label, style(state.tone)), content(when))
    yield from _errors(outcome.row.err)


def first_lines(cluster: Cluster, task: Task, now: datetime, seen_at: datetime, width: int) -> Iterator[Content]:
    """Yield the beginning of it for a preview: error, attempts, resources and places, without the inspect object."""
    sections = {
        "ERROR": _errors(task.err),
        "ATTEMPTS": _attempts(cluster, task, now),
        "RESOURCES": _resources(task, Inspected()),
        "WHERE": _places(cluster, task, seen_at, width),
    }
    for title, lines in sections.items():
        shown = list(itertools.islice(lines, _FIRST))
        if shown:
            yield content(title, "bold $accent")
            yield from shown


def _errors(error: Error | None) -> Iterator[Content]:
    """The chain, each cause below what it has caused."""
    for depth, node in enumerate(error.chain() if error is not None else ()):
        lead = blanks(len(_INDENT) * (depth + 1))
        if isinstance(node, Error):
            words = " ".join((node.op, *node.args)).strip()
            kind = "" if node.own_kind is ErrorKind.OTHER else node.own_kind.description
            gap = blanks(2 if words and kind else 0)
            yield assemble(lead, content(words, limit=_LONGEST), gap, content(kind, style("critical")))
            continue
        for line in safe_lines(str(node)[: _LINES * _LONGEST], _LONGEST)[:_LINES]:
            yield assemble(lead, content(line, style("critical"), _LONGEST))


def _attempts(cluster: Cluster, task: Task, now: datetime) -> Iterator[Content]:
    """The attempts of the flow side by side, this one marked."""
    attempts = task_list.attempts(cluster, task)
    if len(attempts) < 2:
        return

    def row(name: str, text: Callable[[Task], str], look: Callable[[Task], str] = lambda _: "") -> Content:
        return assemble(_name(name), *(_cell(text(each), look(each)) for each in attempts))

    def took(each: Task) -> str:
        return NONE if each.start is None else durations.duration((each.end or now) - each.start)

    def pool(each: Task) -> str:
        found = cluster.pool_of(each)
        return NONE if found is None else f"{found.pool_id} {found.pool_type}"

    yield row(
        "", lambda each: f"{'▸' if each.id == task.id else ' '} {each.attempt + 1}: {each.id.short}", lambda _: "bold"
    )
    states = {each.id: cells.task_state_cell(cluster, each, now) for each in attempts}
    yield row("state", lambda each: states[each.id].text, lambda each: style(states[each.id].style))
    yield row("started", lambda each: durations.clock(each.start, now))
    yield row("took", took)
    yield row("pool", pool)
    yield row("error", lambda each: task_list.failure(each.err) or NONE)
    yield row("stderr", lambda each: formats.digest(each.stderr))


def _places(cluster: Cluster, task: Task, seen_at: datetime, width: int) -> Iterator[Content]:
    """Alloc, pool and host, each with its liveness."""
    alloc, pool = cluster.alloc(task.alloc_id), cluster.pool_of(task)
    if alloc is None:
        yield _line("alloc", f"{formats.digest(task.alloc_id)}  not read yet" if task.alloc_id else NONE)
        return
    yield from _alive(cluster, "alloc", alloc.alloc_id or alloc.id.short, alloc, seen_at, width)
    if alloc.resources:
        yield _line("", formats.resources(alloc.resources))
    if pool is None:
        yield _line("pool", f"{formats.digest(alloc.pool_id)}  not read yet")
        return
    yield from _alive(cluster, "pool", f"{pool.pool_id}  {pool.pool_type}", pool, seen_at, width)
    if pool.resources:
        yield _line("", formats.resources(pool.resources))
    yield _line("host", cells.host(pool) or NONE)
    if names := [*filter(None, (pool.cluster.cluster_name, pool.cluster.user, pool.cluster.reflow_version))]:
        yield _line("cluster", "  ".join(names))


def _alive(cluster: Cluster, name: str, what: str, row: Row, seen_at: datetime, width: int) -> Iterator[Content]:
    look = cells.liveness_cell(cluster, row, seen_at)
    lease = f"until {durations.moment(row.end)}"
    if row.end is None:
        lease = f"lease {durations.lease(row, seen_at) if cluster.has_lease(row) else NONE}"
    state = assemble(content(look.text, style(look.style)), content(f"  {lease}"))
    line = assemble(_line(name, what), blanks(2), state)
    yield from [line] if line.cell_length <= width else [_name(name) + state, _line("", what)]


def _resources(task: Task, inspected: Inspected) -> Iterator[Content]:
    """The resources requested, and how much of them was used."""
    profile = inspected.inspect.profile if inspected.inspect is not None else {}
    for name in dict.fromkeys(("cpu", "mem", "disk", *task.resources, *profile)):
        requested, used = task.resources.get(name, 0.0), profile.get(name)
        if not requested and used is None:
            continue
        of = formats.amount(name, requested) if requested else NONE
        if used is None:
            yield _line(name, of)
            continue
        share = used.max / requested if requested else 0.0
        bar = bars.progress(int(max(0.0, min(share, 1.0)) * 100), 100, _BAR) if requested else " " * _BAR
        most, mean = (formats.amount(name, amount) for amount in (used.max, used.mean))
        look = (
            style("critical" if share > 0.95 else "warning" if share > 0.8 else "good") if name != "cpu" else "$muted"
        )
        yield assemble(
            _name(name),
            content(bar, look),
            content(f" {formats.percent(share):>4}" if requested else "     "),
            content(f"  peak {most} of {of}, mean {mean}"),
        )
    if inspected.reason:
        yield _line("", inspected.reason)


def _exec(inspect: ExecInspect | None) -> Iterator[Content]:
    if inspect is None:
        return
    code = NONE if inspect.exit_code is None else str(inspect.exit_code)
    yield _line("image", inspect.image or NONE)
    for number, line in enumerate(safe_lines(inspect.command, _LONGEST)[:_LINES]):
        yield _line("" if number else "command", line)
    yield _line("exit code", f"{code}{', killed: out of memory' if inspect.oom_killed else ''}")


def _objects(task: Task, run: Run | None, address: Callable[[Digest], str | None], width: int) -> Iterator[Content]:
    """The objects of the task and of its run, each with a link whose text is its address."""
    objects = {"stdout": task.stdout, "stderr": task.stderr, "inspect": task.inspect, "result": task.result_id}
    if run is not None:
        objects |= {"run log": run.run_log, "run trace": run.trace, "run graph": run.eval_graph}
    for name, digest in objects.items():
        if digest:
            yield from _digest(name, digest, width)
            if (url := address(digest)) is not None:
                yield assemble(blanks(4), content(url, Style(underline=True, link=url), _LONGEST))


def _fields(cluster: Cluster, task: Task, now: datetime, seen_at: datetime, width: int) -> Iterator[Content]:
    digests = {"id": task.id, "run": task.run_id, "flow": task.flow_id, "img cmd": task.img_cmd_id}
    for name, digest in digests.items():
        yield from _digest(name, digest, width)
    fields = {
        "attempt": str(task.attempt + 1),
        "uri": task.uri or NONE,
        "started": durations.moment(task.start),
        "ended": durations.moment(task.end),
        "lease": f"{durations.moment(task.keepalive)}  {durations.lease(task, seen_at)}"
        if cluster.has_lease(task)
        else NONE,
        "usual": estimates.task_text(cluster, task, now),
    }
    for name, value in fields.items():
        if value:
            yield _line(name, value)


def _digest(name: str, digest: Digest, width: int) -> Iterator[Content]:
    """All of a digest, on a line of its own where there is no room beside its name."""
    line = _line(name, str(digest) if digest else NONE)
    if line.cell_length <= width:
        yield line
    else:
        yield _name(name)
        yield content(f"    {digest}")


def _rows(line: Content, width: int) -> list[Content]:
    """A line in rows of `width` cells. What goes on in the next one stands below its beginning, not below its name."""
    if line.cell_length <= width:
        return [line]
    indent = len(line.plain) - len(line.plain.lstrip())
    has_name = line.plain[:_NAMES].endswith("  ") and indent == len(_INDENT)
    begin = _NAMES if has_name else indent
    first, *others = line[begin:].wrap(max(1, width - begin))
    return [line[:begin] + first, *(blanks(begin) + other for other in others)]


def _name(name: str) -> Content:
    return content(f"{_INDENT}{name}".ljust(_NAMES), "$muted")


def _line(name: str, text: str) -> Content:
    return assemble(_name(name), content(text, limit=_LONGEST))


def _cell(text: str, look: str) -> Content:
    cell = content(text, look, _ATTEMPT - 2)
    return cell.pad_right(_ATTEMPT - cell.cell_length)
