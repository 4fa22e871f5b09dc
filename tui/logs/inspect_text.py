"""An inspect object as text: what ran, how it ended, and the resources it used. All of it is safe to show."""

from collections.abc import Iterator

from store.logs.inspect import ExecInspect, Usage
from tui.text import durations, formats
from tui.text.safe import NONE, safe, safe_lines
from tui.text.safe_text import SafeText, join

_FIRST = ("cpu", "mem", "disk")


def text(inspect: ExecInspect) -> Iterator[SafeText]:
    """Return the lines of the text."""
    for name, value in _fields(inspect):
        for number, line in enumerate(safe_lines(value)):
            yield join("", [safe(f"{'' if number else name:11}"), line])


def _fields(inspect: ExecInspect) -> Iterator[tuple[str, str]]:
    yield "ident", inspect.ident or NONE
    yield "type", inspect.type or NONE
    yield "state", ", ".join(filter(None, (inspect.state, inspect.status))) or NONE
    if inspect.url:
        yield "url", inspect.url
    yield "image", inspect.image or NONE
    if inspect.original_image not in ("", inspect.image):
        yield "", f"given as {inspect.original_image}"
    yield "command", inspect.command or NONE
    yield "resources", formats.resources(inspect.resources)
    yield "created", durations.moment(inspect.created)
    if inspect.started is not None:
        yield "docker", _docker(inspect)
    if inspect.oom_killed:
        yield "", "killed: out of memory"
    for name in dict.fromkeys((*_FIRST, *sorted(inspect.profile))):
        if name in inspect.profile:
            yield name, _usage(name, inspect.profile[name], inspect.resources.get(name, 0.0))
    if inspect.gauges:
        yield "gauges", "  ".join(f"{name} {value:g}" for name, value in sorted(inspect.gauges.items()))
    if inspect.commands:
        yield "running", "\n".join(inspect.commands)
    for name, error in (("error", inspect.error), ("exec error", inspect.exec_error)):
        if error is not None:
            yield name, str(error)


def _docker(inspect: ExecInspect) -> str:
    took = "" if inspect.runtime is None else f", took {durations.duration(inspect.runtime)}"
    code = "" if inspect.exit_code is None else f", exit code {inspect.exit_code}"
    started, ended = durations.moment(inspect.started), durations.moment(inspect.finished)
    return f"started {started}, ended {ended}{took}{code}"


def _usage(name: str, usage: Usage, requested: float) -> str:
    of = f" of {formats.amount(name, requested)}" if requested else ""
    share = f", {formats.percent(usage.max / requested)}" if requested else ""
    peak, mean = (formats.amount(name, amount) for amount in (usage.max, usage.mean))
    return f"peak {peak}{of}{share}, mean {mean}; {formats.count(usage.n, 'sample')}"
