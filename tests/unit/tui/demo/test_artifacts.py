"""The logs, inspects, graphs and traces of the simulated cluster."""

from collections import defaultdict

from store import ErrorKind, Run, Task, parse_inspect, parse_trace
from store.logs.runlog import Level, head
from tests.support.simulated import World


async def test_artifacts_can_be_parsed(logged_world: World) -> None:
    runs = [run for run in logged_world.rows(Run) if run.end is not None]
    for run in runs:
        spans = parse_trace(logged_world.kept.objects[run.trace])
        assert len(spans) == len(logged_world.tasks(run.id)) + 1
        lines = logged_world.kept.objects[run.run_log].splitlines()
        heads = [head(line) for line in lines]
        assert {found.level for found in heads if found} >= {Level.INFO, Level.DEBUG}
        assert all(line.startswith(b"\t") for line, found in zip(lines, heads, strict=True) if found is None)
        assert logged_world.kept.objects[run.eval_graph].startswith(b"digraph")
    inspected = [task for task in logged_world.rows(Task) if task.inspect]
    for task in inspected:
        found = parse_inspect(logged_world.kept.objects[task.inspect])
        assert (found.ident, found.resources, found.exec_error) == (task.ident, task.resources, task.err)
        assert found.profile.keys() >= {"cpu", "mem", "disk"}
        assert found.runtime


async def test_stderr_of_a_failed_task_ends_with_its_error(logged_world: World) -> None:
    words = defaultdict(set)
    for task in logged_world.rows(Task):
        if task.err is not None:
            words[task.err.kind].add(logged_world.kept.streams[f"{task.uri.split('/', 1)[1]}/stderr"][-1][1])
    assert words[ErrorKind.OOM] == {"Killed"}
    assert all("i/o timeout" in line for line in words[ErrorKind.NET])
