"""The search for the last run of a program that succeeded."""

from datetime import timedelta
from typing import Any

import pytest

from store import Digest, Error, ErrorKind, FailureReason, Run, Task
from tests.support.rows import NOW, OOM, ago, digest, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.watch.model.cluster import Cluster
from tui.watch.polling.last_good_run import GoodRun, find_last_good_run, is_same_program

UNREADABLE = Error(ErrorKind.INVALID, "parse time", ("x",), reason=FailureReason.UNREADABLE)


def ended(n: int, days: float, **fields: Any) -> Run:
    start = ago(days=days)
    values: dict[str, Any] = {"labels": {"Name": "align"}, "start": start, "keepalive": start + timedelta(hours=1)}
    return make_run(n, end=start + timedelta(hours=1), **{**values, **fields})


def task_of(n: int, run: Run, **fields: Any) -> Task:
    assert run.start is not None
    end = run.start + timedelta(minutes=50)
    values: dict[str, Any] = {"start": run.start, "keepalive": end, "end": end, "flow_id": digest(f"flow {n}")}
    made = make_task(n, 1, **{**values, **fields})
    return Task(**{name: getattr(made, name) for name in made.__struct_fields__} | {"run_id": run.id})


async def search(*rows: Run | Task, run: Run | None = None) -> GoodRun:
    """Search for a run comparable to run 1, which has a task of `samtools.sort`."""
    run = run or make_run(1, labels={"Name": "align"})
    cluster = Cluster(NOW)
    cluster.add([run, make_task(1, 1)])
    return await find_last_good_run(ScriptedDB(*rows, run, make_task(1, 1)), cluster, run, NOW)


async def test_the_last_run_that_succeeded_is_found_with_its_tasks() -> None:
    last, older, failed = ended(2, 2), ended(3, 3), ended(4, 1)
    rows = [task_of(12, last), task_of(13, older), task_of(14, failed, err=OOM), task_of(15, last, ident="merge")]
    found = await search(last, older, failed, *rows)
    assert found.run == last
    assert found.cluster.tally(last.id).total == 2
    assert found.consumed > 0


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (ended(2, 2, user="bob@example.com"), "1 of another program or user"),
        (ended(2, 2, labels={"Name": "qc"}), "1 of another program or user"),
        (make_run(2, labels={"Name": "align"}), "1 still running"),
        (ended(2, -1), "1 later"),
    ],
)
async def test_other_runs_are_passed_over_with_the_reason(other: Run, why: str) -> None:
    found = await search(other, task_of(12, other))
    assert found.run is None
    assert (
        found.reason
        == f"no run named align of its user succeeded in the last 100 tasks of samtools.sort; passed over: {why}"
    )


async def test_a_run_that_failed_is_no_model() -> None:
    other = ended(2, 2)
    found = await search(other, task_of(12, other, err=OOM))
    assert found.reason.endswith("; passed over: 1 failed")


async def test_a_run_whose_tasks_were_read_in_part_is_no_model() -> None:
    run, other = make_run(1, labels={"Name": "align"}), ended(2, 2)
    cluster = Cluster(NOW)
    cluster.add([run, make_task(1, 1)])
    db = ScriptedDB(run, other, task_of(12, other))
    db.history_errors = [THROTTLED]
    found = await find_last_good_run(db, cluster, run, NOW)
    assert found.run is None
    assert found.reason.endswith("; passed over: 1 not read completely")
    db.history_errors = [UNREADABLE]
    assert (await find_last_good_run(db, cluster, run, NOW)).run == other


async def test_the_search_ends_after_some_runs() -> None:
    others = [ended(n, n, labels={"Name": "qc"}) for n in range(2, 16)]
    found = await search(*others, *(task_of(100 + n, other) for n, other in enumerate(others)))
    assert found.reason.startswith("the search ended after 10 runs and ")


async def test_the_search_ends_when_it_has_cost_much() -> None:
    """The tasks of an ident cost 50 RCU, a run 0.5, its tasks 300, and the alloc that they name 0.5."""
    run, failed = make_run(1, labels={"Name": "align"}), [ended(n, n) for n in range(2, 9)]
    cluster = Cluster(NOW)
    cluster.add([run, make_task(1, 1)])
    db = ScriptedDB(run, *failed, *(task_of(100 + n, other, err=OOM) for n, other in enumerate(failed)))
    db.history_cost = 300
    found = await find_last_good_run(db, cluster, run, NOW)
    assert found.reason == "the search ended after 2 runs and 652 RCU; passed over: 2 failed"
    assert found.consumed == 652


async def test_the_search_reads_three_idents_those_with_the_fewest_tasks_first() -> None:
    counts = {"sort": 2, "align": 5, "bwa": 4, "call": 2, "merge": 1}
    names = [ident for ident, count in counts.items() for _ in range(count)]
    run = make_run(1, labels={"Name": "align"})
    cluster = Cluster(NOW)
    cluster.add([run, *(make_task(n, 1, ident=name) for n, name in enumerate(names))])
    db = ScriptedDB(run)
    found = await find_last_good_run(db, cluster, run, NOW)
    assert db.called("ident") == ["merge", "call", "sort"]
    assert found.reason.endswith("in the last 100 tasks of merge, call and sort")


async def test_a_run_without_a_name_is_found_by_its_bundle() -> None:
    bundle = Digest.compute(b"bundle")
    other = ended(2, 2, labels={}, bundle=bundle)
    found = await search(other, task_of(12, other), run=make_run(1, bundle=bundle))
    assert found.run == other
    nothing = await search(run=make_run(1))
    assert nothing.reason == "the run has neither a label Name nor a bundle"


async def test_a_run_without_idents_cannot_be_searched() -> None:
    run = make_run(1, labels={"Name": "align"})
    cluster = Cluster(NOW)
    cluster.add([run])
    found = await find_last_good_run(ScriptedDB(run), cluster, run, NOW)
    assert found.reason == "none of its tasks has an ident"


async def test_a_read_that_fails_is_raised() -> None:
    run = make_run(1, labels={"Name": "align"})
    cluster = Cluster(NOW)
    cluster.add([run, make_task(1, 1)])
    db = ScriptedDB(run)
    db.failures["ident"] = THROTTLED
    with pytest.raises(Error):
        await find_last_good_run(db, cluster, run, NOW)


def test_programs_are_the_same_by_user_and_name() -> None:
    one = make_run(1, labels={"name": "align", "sample": "1"})
    assert is_same_program(one, make_run(2, labels={"Name": "align"}))
    assert not is_same_program(one, make_run(2, labels={"Name": "align"}, user="bob@example.com"))
    assert not is_same_program(one, make_run(2, labels={"Name": "qc"}))


def test_programs_without_a_name_are_the_same_by_user_and_bundle() -> None:
    one = make_run(1, bundle=digest("bundle"))
    assert is_same_program(one, make_run(2, bundle=digest("bundle")))
    assert not is_same_program(one, make_run(2, bundle=digest("other")))
    assert not is_same_program(one, make_run(2, bundle=digest("bundle"), user="bob@example.com"))
    assert not is_same_program(one, make_run(2, bundle=digest("bundle"), labels={"Name": "align"}))
    assert not is_same_program(make_run(1), make_run(2)), "neither has a bundle"
