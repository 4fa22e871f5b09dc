"""One definition of failed: every screen, file and command counts the same failed flows and retried attempts."""

import json
import re
from typing import Any

import pytest

from store import Digest, Task
from tests.support.dashboard import Dashboard
from tests.support.incidents import incident, parsed, text
from tests.support.list_commands import run_list
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import ScriptedDB
from tui.lists import idents, pools
from tui.lists import tasks as task_list
from tui.lists.host_tasks import run_hosts
from tui.query.filter import parse
from tui.watch.findings.finding import FindingKind
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster

FAILED, RETRIED = 2, 5  # flows and attempts of run 1


def attempt(number: int, flow: str, *, ended: float | None = None, failed: bool = True, n: int) -> Task:
    end = None if ended is None else ago(minutes=ended)
    err = OOM if failed and end is not None else None
    start = ago(minutes=1 if ended is None else ended + 1)
    return make_task(n, 1, end=end, err=err, start=start, flow_id=digest(flow), attempt=number)


ROWS = (
    make_run(1),
    attempt(0, "failed once", ended=3, n=1),
    attempt(0, "failed again", ended=9, n=2),
    attempt(1, "failed again", ended=6, n=3),
    attempt(2, "failed again", ended=3, n=4),
    attempt(0, "runs again", ended=5, n=5),
    attempt(1, "runs again", n=6),
    attempt(0, "succeeded", ended=8, n=7),
    attempt(1, "succeeded", ended=4, n=8, failed=False),
    make_task(10, 1, start=ago(minutes=30), keepalive=ago(minutes=9), flow_id=digest("lost")),
    attempt(1, "lost", ended=2, n=11, failed=False),
    make_run(2, end=ago(minutes=2), user="bob@example.com"),
    make_task(9, 2, end=ago(minutes=4), err=OOM, start=ago(minutes=5), flow_id=digest("failed last")),
    make_alloc(),
    make_pool(),
)


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster(NOW)
    cluster.add(ROWS)
    return cluster


def matching(cluster: Cluster, state: str) -> list[Digest]:
    matches = parse(f"state:{state}").matcher(task_list.fields(cluster, NOW))
    return [task.id for task in task_list.tasks(cluster, run_id(1)) if matches(task)]


async def test_screens_count_the_same_failures() -> None:
    async with Dashboard(ScriptedDB(*ROWS)).shown(width=200) as top:
        assert "1 failing" in top.where
        assert "1 failed" in top.where
        assert re.search(rf"failed flows \S+ {FAILED + 1} last hour", top.line("peak"))
        assert f"{FAILED} flows failed: 2 × OOM error" in top.line("flows failed")
        assert "TASKS FAIL LOST POOLS COST $/H RETRIED" in top.line("TASKS")
        assert f" 8/10 {FAILED} 0 1 - - {RETRIED} " in top.line("▸")
        await top.press("enter")
        assert f"{FAILED} failed" in top.where
        assert top.text.count("✗ failed ") == FAILED + 1  # with the details of the task under the cursor
        assert top.text.count("✗ retried ") == RETRIED
        await top.press("e")
        assert f"OOM error in {FAILED + 1} flows" in top.line("▲ failing")  # of both runs: one cause


async def test_filters_lists_and_findings_count_the_same_failures(cluster: Cluster) -> None:
    assert len(matching(cluster, "failed")) == FAILED
    assert len(matching(cluster, "retried")) == RETRIED
    tasks = task_list.tasks(cluster, run_id(1))
    (ident,) = idents.rows(cluster, tasks)
    cells = {column.id: column.cell(ident).text for column in idents.columns(lambda: NOW)}
    assert (cells["failed"], cells["retried"], cells["expired"]) == (str(FAILED), str(RETRIED), "0")
    assert cells["tasks"] == "8/10"
    assert run_hosts(cluster, run_id(1)) == [
        f"i-0abc r5.2xlarge  10 tasks: 1 running, {FAILED} failed, {RETRIED} retried  i-0abc.example.com"
    ]
    pool, *_ = pools.rows(cluster, tasks, lambda _: True, lambda row: row.end is None)
    assert (pool.failed, pool.expired) == (FAILED + 1, 0)
    found = Findings(cluster).find()
    assert sum(each.count for each in found if each.kind is FindingKind.FAILING) == FAILED + 1


async def test_bundles_and_commands_count_the_same_failures(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    report = incident(cluster, run_id(1))
    assert f"{FAILED} flows failed, {RETRIED} retried attempts" in text(report)
    assert f"### Failed tasks: {FAILED}" in text(report)
    assert "Stale and lost tasks" not in text(report)
    (bundled,) = parsed(report)["runs"]
    await run_list("ps", ScriptedDB(*ROWS), nested=True)
    listed, kept = json.loads(capsys.readouterr().out)["runs"]
    assert kept["state"] == "failed"  # a moment ago
    for run in (bundled, listed):
        assert counts(run) == (FAILED, RETRIED, FAILED, RETRIED)
    await run_list("ps", ScriptedDB(*ROWS), "table")
    header, line, _ = capsys.readouterr().out.splitlines()
    places = {name: header.index(name) + len(name) for name in ("FAILED", "RETRIED")}
    assert [line[:place].split()[-1] for place in places.values()] == [str(FAILED), str(RETRIED)]


def counts(run: dict[str, Any]) -> tuple[int, int, int, int]:
    states = [task["state"] for task in run["tasks"]]
    return run["flows_failed"], run["attempts_retried"], states.count("failed"), states.count("retried")
