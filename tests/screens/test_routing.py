"""Keys that lead from any row to its log, its timeline and its hosts."""

from tests.support.dashboard import Dashboard
from tests.support.rows import OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tests.support.tour import TourDB
from tui.screens.log.log_screen import LogScreen
from tui.screens.pools import PoolsScreen
from tui.screens.timeline import TimelineScreen


class IncidentDB(TourDB):
    """Two runs without run logs; flows of both failed in one way, on two hosts, one of which has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.rows.clear()
        self.put(
            make_run(1),
            make_run(2),
            make_task(1, 1, end=ago(minutes=9), err=OOM, start=ago(minutes=12), stderr=digest("e")),
            make_task(
                2, 2, end=ago(minutes=3), err=OOM, start=ago(minutes=11), alloc_id=digest("a2"), stderr=digest("e")
            ),
            make_task(3, 2, ident="bwa.mem", start=ago(minutes=20), alloc_id=digest("a3")),
            make_alloc(),
            make_pool(),
            make_alloc("a2", "i-0old"),
            make_pool("i-0old", end=ago(minutes=1)),
            make_pool("i-0idle"),
            make_alloc("a3", "i-0busy"),
            make_pool("i-0busy"),
        )


async def shown_log(top: Dashboard) -> str:
    screen = top.app.screen
    assert isinstance(screen, LogScreen)
    await top.until(lambda: screen.log_session.reading)
    return top.text


async def test_a_run_without_a_run_log_opens_the_stderr_of_its_newest_failed_task() -> None:
    async with Dashboard(IncidentDB()).shown(80, 24) as top:
        await top.press("l")
        text = await shown_log(top)
        says = "stderr of samtools.sort 00000000: newest failed task; the run has no run log"
        assert top.line("no run log") == says
        assert "[bwa] reading" in text
        await top.press("2")
        assert "stdout of samtools.sort 00000000" in top.text, "as long as another log of the task is shown"


async def test_a_finding_leads_to_the_stderr_of_its_newest_task() -> None:
    async with Dashboard(IncidentDB()).shown() as top:
        await top.press("e")
        assert "samtools.sort: OOM error" in top.line("▸")
        await top.press("l")
        assert "[bwa] reading" in await shown_log(top)
        assert top.line("newest task") == "stderr of samtools.sort 00000000: newest task of the finding"
        assert isinstance(top.app.screen, LogScreen)
        assert top.app.screen.row.id[-1] == 2


async def test_a_finding_leads_to_the_timeline_of_the_run_of_its_newest_task() -> None:
    async with Dashboard(IncidentDB()).shown() as top:
        await top.press("e", "t")
        assert isinstance(top.app.screen, TimelineScreen)
        assert "timeline 02020202" in top.where
        flow = top.app.screen.table.cursor_row
        assert flow is not None
        assert flow.last.id[-1] == 2


async def test_a_finding_leads_to_its_hosts_and_from_there_to_all() -> None:
    async with Dashboard(IncidentDB()).shown() as top:
        await top.press("e", "p")
        assert isinstance(top.app.screen, PoolsScreen)
        assert "failures › 2 hosts 2 pools 0 stale or lost" in top.where
        assert {str(line.pool.pool_id) for line in top.app.screen.all_rows} == {"i-0abc", "i-0old"}
        await top.press("p")
        assert isinstance(top.app.screen, PoolsScreen)
        assert {str(line.pool.pool_id) for line in top.app.screen.all_rows} == {"i-0abc", "i-0idle", "i-0busy"}


async def test_a_host_leads_to_the_stderr_of_its_newest_failed_task() -> None:
    async with Dashboard(IncidentDB()).shown() as top:
        await top.press("p")
        assert "i-0abc" in top.line("▸"), "the one with a failed flow"
        await top.press("l")
        await shown_log(top)
        assert top.line("newest failed task") == "stderr of samtools.sort 00000000: newest failed task of the host"


async def test_a_task_leads_to_its_bar_in_the_timeline_and_to_its_host_though_that_has_ended() -> None:
    async with Dashboard(IncidentDB()).shown() as top:
        await top.press("e", "enter", "slash")
        await top.type("host:i-0old")
        await top.press("enter", "enter", "t")
        assert isinstance(top.app.screen, TimelineScreen)
        flow = top.app.screen.table.cursor_row
        assert flow is not None
        assert flow.last.id[-1] == 2
        assert top.app.screen.table.cursor == 1, "the other flow began before"
        await top.press("p")
        assert "■ ended" in top.line("▸ i-0old")
