"""`reflowtop export`."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from store import MemoryTaskDB
from tests.support.clock import settle
from tests.support.metrics import parse_metrics, scrape
from tests.support.readme_blocks import ROOT
from tests.support.rows import OOM, ago, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.simulated import playing
from tui import cli, exit_status
from tui.commands.export import Exporter, export
from tui.exit_status import ExitCode
from tui.metrics.metrics_server import Address, serving
from tui.settings import Settings

Captured = pytest.CaptureFixture[str]
SETTINGS = Settings(table="reflow-prod", region="us-west-2", interval=timedelta(seconds=5))
FREE = Address("127.0.0.1", 0)
METRIC = re.compile(r"`(reflow(?:top)?_\w+)`")


@asynccontextmanager
async def running(db: ScriptedDB) -> AsyncIterator[Exporter]:
    exporter = Exporter(SETTINGS, db.clock.now, db.clock.sleep)
    polling = asyncio.create_task(exporter.poller.run(db))
    await settle()
    yield exporter
    polling.cancel()
    await asyncio.wait([polling])


def value(exporter: Exporter, name: str, **labels: str) -> float | None:
    """The value of a sample; None if it is absent."""
    samples = (sample for metric in exporter.collect() for sample in metric.samples)
    return next((sample.value for sample in samples if sample.name == name and sample.labels == labels), None)


AMY = {"state": "running", "user": "amy@example.com"}


async def test_while_reads_fail_metrics_keep_their_values_and_age() -> None:
    db = ScriptedDB(make_run(1), make_task(1, 1), make_alloc(), make_pool())
    async with running(db) as exporter:
        await db.clock.advance(1)
        assert value(exporter, "reflow_runs", **AMY) == 1
        db.put(make_run(2, start=db.now, keepalive=db.now))
        db.failure = THROTTLED
        await db.clock.advance(59)
        assert value(exporter, "reflow_runs", **AMY) == 1
        age = value(exporter, "reflowtop_data_age_seconds")
        assert age is not None
        assert age >= 55
        errors = value(exporter, "reflowtop_read_errors_total", reason="throttled")
        assert errors is not None
        assert errors >= 2
        db.failure = None
        await db.clock.advance(120)
        age = value(exporter, "reflowtop_data_age_seconds")
        assert age is not None
        assert age <= 5
        assert value(exporter, "reflowtop_read_errors_total", reason="throttled") == errors


async def test_unread_values_have_no_metrics() -> None:
    db = ScriptedDB(make_run(1))
    db.failure = THROTTLED
    async with running(db) as exporter:
        await db.clock.advance(20)
        names = {metric.name for metric in exporter.collect()}
    assert names == {
        "reflowtop_build",
        "reflowtop_refresh_interval_seconds",
        "reflowtop_read_rcu_per_second",
        "reflowtop_refreshes",
        "reflowtop_read_errors",
    }


async def test_scrapes_read_nothing_and_make_the_metrics_of_the_cluster_once_for_each_change() -> None:
    db = ScriptedDB(make_run(1), make_task(1, 1, end=ago(minutes=1), err=OOM))
    async with running(db) as exporter:
        await db.clock.advance(1)
        before = len(db.calls)
        first, second = exporter.collect(), exporter.collect()
        assert len(db.calls) == before
        assert first[0] is second[0]
        await db.clock.advance(10)
        assert exporter.collect()[0] is not first[0]


async def test_a_scrape_of_a_cluster_is_openmetrics() -> None:
    async with playing() as world:
        await world.clock.advance(1800)
        db = MemoryTaskDB(clock=world.clock.now)
        db._items = world.items
        settings = Settings(table="reflow-demo", endpoint_url="http://127.0.0.1:1")  # which has made-up prices
        exporter = Exporter(settings, world.clock.now, world.clock.sleep)
        await exporter.poller.refresh(db)
        async with serving(FREE, exporter.collect) as address:
            text = await asyncio.to_thread(scrape, f"http://{address}")
    found = {family.name: family for family in parse_metrics(text)}
    assert sum(sample.value for sample in found["reflow_runs"].samples) == len(exporter.poller.cluster.runs) > 0
    assert {sample.labels["kind"] for sample in found["reflow_cost_usd_per_hour"].samples} == {"upper_bound"}
    assert found["reflowtop_build"].type == "info"
    guide = (ROOT / "README.md").read_text("utf-8").partition("| metric | labels | |\n")[2].partition("\n\n")[0]
    assert {sample.name for family in found.values() for sample in family.samples} == set(METRIC.findall(guide))


async def test_metrics_are_served_until_stopped_and_outages_are_reported(capsys: Captured) -> None:
    db, stop = ScriptedDB(make_run(1)), asyncio.Event()
    command = export(db, SETTINGS, FREE, stop, clock=db.clock.now, sleep=db.clock.sleep)
    exporting = asyncio.create_task(command)
    err = ""
    async with asyncio.timeout(60):
        while (named := re.search(r"at http://(\S+)/metrics; press ctrl-C to stop\n", err)) is None:
            await asyncio.sleep(0)
            err += capsys.readouterr().err
    await settle()
    text = await asyncio.to_thread(scrape, f"http://{named[1]}/metrics")
    assert 'reflow_runs{state="running",user="amy@example.com"} 1.0\n' in text
    db.failure = THROTTLED
    await db.clock.advance(30)
    db.failure = None
    await db.clock.advance(120)
    stop.set()
    assert await exporting is ExitCode.OK
    throttled, mended = capsys.readouterr().err.splitlines()
    assert "AWS throttles the reads" in throttled
    assert mended == "reflowtop: reads succeed again"


async def test_a_port_in_use_is_one_line(capsys: Captured) -> None:
    async with serving(FREE, lambda: ()) as used:
        assert await export(ScriptedDB(), SETTINGS, used, asyncio.Event()) is ExitCode.FAILED
    expected = f"cannot listen on {used}: address already in use; choose another address with --listen"
    assert capsys.readouterr().err == f"reflowtop: {expected}\n"


async def test_a_public_address_prints_a_warning(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda host: host)  # which asks a name server
    stop = asyncio.Event()
    stop.set()
    assert await export(ScriptedDB(), SETTINGS, Address("0.0.0.0", 0), stop) is ExitCode.OK
    assert (
        "0.0.0.0 is not loopback: others can read the metrics, which name users and idents" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("listen", "words"), [("9464", "write it like 127.0.0.1:9464"), ("a:99999", "port 99999 is too large")]
)
def test_listen_is_checked(listen: str, words: str, capsys: Captured) -> None:
    assert exit_status.run_command(cli.reflowtop, ["export", "--listen", listen, "--table", "t"]) == ExitCode.USAGE
    assert words in capsys.readouterr().err
