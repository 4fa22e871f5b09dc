"""The preview of a finding; tests/screens/test_preview.py has it in its pane."""

from typing import Any

from tests.support.rows import NOW, OOM, ago, make_alloc, make_pool, make_run, make_task, task_id
from tests.support.scripted_db import ScriptedDB
from tests.support.watched import Watched
from tui.screens.base.session import Session
from tui.screens.preview.finding_preview import finding_preview
from tui.screens.preview.preview_text import PreviewText
from tui.settings import Settings
from tui.watch.findings.finding import FindingKind
from tui.watch.model.rows import Row

GONE: dict[str, Any] = {"keepalive": ago(minutes=9), "start": ago(hours=1)}


def no_screen(*_: Any) -> Any:
    raise AssertionError


async def preview_of(kind: FindingKind, *rows: Row) -> PreviewText:
    watched = Watched(ScriptedDB(*rows), narrow=False)
    await watched.refresh(NOW)
    session = Session(watched.poller, Settings(table="t"), no_screen)
    (finding,) = (each for each in session.findings if each.kind is kind)
    return finding_preview(session, finding)


async def test_a_finding_shows_the_stderr_of_its_newest_failed_task() -> None:
    times = {1: 3, 2: 1, 3: 2}  # the newest is neither the first nor the last task
    failed = [make_task(n, 1, end=ago(minutes=at), err=OOM, start=ago(minutes=9)) for n, at in times.items()]
    text = await preview_of(FindingKind.FAILING, make_run(1), *failed, make_alloc(), make_pool())
    assert text.title.plain == "samtools.sort: OOM error in 3 flows on r5.2xlarge, killed"
    assert text.log is not None
    assert text.log.id == task_id(2)


async def test_a_finding_without_failed_tasks_shows_the_stderr_of_the_task_that_explains_it() -> None:
    lost = make_task(1, 1, **GONE)
    text = await preview_of(FindingKind.LOST_HOST, make_run(1), lost, make_alloc(**GONE), make_pool(**GONE))
    assert text.log == lost
