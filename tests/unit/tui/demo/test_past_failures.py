"""The memory of failures with which the demo starts."""

from datetime import timedelta
from pathlib import Path

from store import ErrorKind, Run
from tests.support.simulated import World
from tui.demo.past_failures import remember_failures
from tui.lists.explanation_texts import explain
from tui.terminal.new_files import write_whole
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.finding_memory import FindingMemory
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster


async def test_the_planted_errors_were_seen_before_in_runs_of_the_table(world: World, tmp_path: Path) -> None:
    now = world.clock.now()
    path = tmp_path / "memory" / "demo.json"
    remember_failures(FindingMemory(lambda: path, write_whole), world.plans(), now)
    cluster = Cluster(now)
    since = now - timedelta(hours=1)
    cluster.merge_snapshot(await world.db.active(since), since)
    explanations = Explanations(cluster, Findings(cluster).find(), FindingMemory(lambda: path))
    texts, kinds = {}, (ErrorKind.NET, ErrorKind.OOM)
    for finding in (each for each in explanations.findings if each.tasks and each.tasks[0].ident == "samtools.sort"):
        for each in explain(explanations, finding, now, now):
            if each.name == "before" and finding.tasks[0].err is not None:
                texts[finding.tasks[0].err.kind] = each.text
    assert texts.keys() >= set(kinds)
    network = texts[ErrorKind.NET]
    assert network.startswith("2d ago in 2 flows of run ")
    assert network.endswith(" merge, last failed")
    assert "h ago in 1 flow of run" in texts[ErrorKind.OOM]
    ended = {run.id.short for run in world.rows(Run) if run.end is not None}
    assert all(texts[kind].split(" of run ")[1].split()[0] in ended for kind in kinds)


def test_runs_that_go_on_are_not_remembered(world: World) -> None:
    memory = FindingMemory()
    now = world.clock.now()
    remember_failures(memory, [plan for plan in world.plans() if plan.life.stop > now], now)
    cluster = Cluster(now + timedelta(days=1))
    assert memory.find("") == []
    assert all(memory.watched_before(finding) is None for finding in Findings(cluster).find())
