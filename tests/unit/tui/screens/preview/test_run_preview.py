"""The preview of a run; tests/screens/test_preview.py has it in its pane."""

from typing import Any

from store import Error, ErrorKind
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, task_id
from tests.support.scripted_db import ScriptedDB
from tests.support.watched import Watched
from tui.lists import runs as run_list
from tui.screens.base.session import Session
from tui.screens.preview.preview_text import PreviewText
from tui.screens.preview.run_preview import RunPreviews
from tui.settings import Settings
from tui.watch.model.rows import Row


def no_screen(*_: Any) -> Any:
    raise AssertionError


async def watching(*rows: Row) -> tuple[Watched, Session]:
    watched = Watched(ScriptedDB(*rows), narrow=False)
    await watched.refresh(NOW)
    return watched, Session(watched.poller, Settings(table="t"), no_screen)


def make(previews: RunPreviews, session: Session) -> PreviewText:
    run = next(run for run in session.cluster.runs if run.id[0] == 1)
    return previews.make(session, run_list.row(session.cluster, run))


def lines(text: PreviewText) -> list[str]:
    return [line.plain.strip() for line in text.lines]


async def test_the_most_frequent_errors_come_first_each_with_hosts_and_an_example() -> None:
    hosts = [row for n in range(5) for row in (make_pool(f"i-{n}"), make_alloc(f"a{n}", f"i-{n}"))]
    ooms = [
        make_task(n, 1, end=ago(minutes=n + 1), err=OOM, start=ago(minutes=20), alloc_id=digest(f"a{n}"))
        for n in range(5)
    ]
    others = [
        make_task(10 + n, 1, end=ago(seconds=9), err=Error(ErrorKind.OTHER, f"op {chr(65 + n)}"), ident=f"step{n}")
        for n in range(5)
    ]
    _, session = await watching(make_run(1), *hosts, *ooms, *others)
    text = make(RunPreviews(), session)
    assert lines(text)[0] == "▲ failing  10/10+ tasks  10 failed  started 11:03"
    assert lines(text)[1:4] == [
        "▲ 5 × OOM error in samtools.sort on r5.2xlarge  first 5m ago, last 1m ago",
        "on i-0, i-1, i-2 and 2 more",
        "exec samtools: OOM error: killed",
    ]
    assert lines(text)[-1] == "and 2 flows with 2 other errors"
    _, session = await watching(make_run(1), *ooms, *others[:4])
    assert lines(make(RunPreviews(), session))[-1] == "and 1 flow with 1 other error"
    assert text.log is not None
    assert text.log.end == ago(seconds=9)


async def test_retried_attempts_are_no_failures() -> None:
    flow = digest("f")
    _, session = await watching(
        make_run(1),
        make_task(1, 1, end=ago(minutes=4), err=OOM, flow_id=flow, start=ago(minutes=5)),
        make_task(2, 1, flow_id=flow, attempt=1),
    )
    text = make(RunPreviews(), session)
    assert lines(text) == [
        "● running  1/2+ tasks  1 retried attempt  started 11:03",
        "no failed flows, no stale or slow tasks",
    ]
    assert text.log is None


async def test_nothing_is_said_of_tasks_that_were_not_read() -> None:
    _, session = await watching(make_run(1))
    assert lines(make(RunPreviews(), session)) == ["● running  - tasks  started 11:03", "tasks not read yet"]


async def test_a_run_without_a_lease_says_since_when() -> None:
    _, session = await watching(make_run(1, keepalive=ago(minutes=3), args=("-n", "1")))
    text = make(RunPreviews(), session)
    assert lines(text)[1] == "stale: lease expired at 2026-11-01 12:00:41 UTC"
    assert not any("no failed flows" in line for line in lines(text))


async def test_a_preview_is_computed_again_only_after_a_refresh() -> None:
    watched, session = await watching(make_run(1), make_task(1, 1, end=ago(minutes=4), err=OOM, start=ago(minutes=5)))
    previews = RunPreviews()
    before = make(previews, session)
    grouped = previews._groups
    assert lines(make(previews, session)) == lines(before)
    (groups,) = grouped.values()
    assert previews._failures(session.cluster, next(iter(grouped))) is groups
    watched.db.put(make_task(2, 1, end=ago(seconds=5), err=OOM))
    await watched.refresh(NOW)
    after = make(previews, session)
    assert "2 × OOM" in lines(after)[1]
    assert after.log is not None
    assert after.log.id == task_id(2)
