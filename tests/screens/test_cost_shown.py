"""Costs on screen."""

from decimal import Decimal

from tests.support.costs import host, task
from tests.support.dashboard import Dashboard
from tests.support.rows import OOM, ago, make_run
from tests.support.scripted_db import ScriptedDB

PRICES = {"r5.2xlarge": Decimal("0.50")}


def db() -> ScriptedDB:
    """A run that began five minutes ago, with a failed and a running task on a host that is as old."""
    pool, alloc = host(end=None, start=ago(minutes=5))
    failed = task(1, 1 / 12, 1 / 24, err=OOM)
    return ScriptedDB(make_run(1, start=ago(minutes=5)), pool, alloc, failed, task(2, 1 / 24, None))


def row(top: Dashboard, name: str) -> str:
    """The first line with a name: that of the list, above the preview."""
    return next(line for line in top.text.splitlines() if name in line)


async def test_costs_are_in_the_header_the_list_the_preview_and_the_description() -> None:
    async with Dashboard(db(), prices=PRICES, preview="half").shown(width=150, height=40) as top:
        assert "$0.50/h" in top.line("reflow-prod")
        assert row(top, "01010101").split()[-2:] == ["$0.02", "$0.25"]
        assert "cost $0.02, $0.25/h, failed $0.01" in top.text
        await top.press("d")
        assert "$0.02 prices of the settings; disks, S3 and transfer not counted" in top.text
        await top.press("escape", "p")
        assert row(top, "i-0abc").split()[-1] == "$0.04"
        await top.press("escape", "enter", "enter")
        assert "prices of the settings" in top.text


async def test_cost_names_the_hosts_and_reads_our_reads() -> None:
    async with Dashboard(db(), prices=PRICES).shown(width=150) as top:
        await top.type(":cost")
        await top.press("enter")
        assert "hosts $0.50/h, since they started $0.04, idle $0.02: prices of the settings; disks" in top.text
        await top.type(":reads")
        await top.press("enter")
        assert "our reads: refresh every " in top.text


async def test_without_prices_no_costs_are_shown() -> None:
    async with Dashboard(db(), preview="half").shown(width=130, height=40) as top:
        assert "$" not in top.text
        assert "COST" not in top.text
        await top.type(":cost")
        await top.press("enter")
        assert "no prices of hosts; see `reflowtop prices --help`" in top.text
