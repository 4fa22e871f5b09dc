"""The time zone of every time on screen."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import ago, make_run
from tests.support.scripted_db import ScriptedDB
from tui.text import time_zone


@pytest.fixture(autouse=True)
def utc_afterwards() -> Iterator[None]:
    yield
    time_zone.use(time_zone.UTC_ZONE)


@pytest.fixture
async def dashboard() -> AsyncIterator[Dashboard]:
    async with Dashboard(cluster()).shown(80, 24) as dashboard:
        yield dashboard


async def test_the_command_tz_changes_all_times(dashboard: Dashboard) -> None:
    assert "12:03:41 UTC" in dashboard.lines[0]
    await dashboard.type(":tz Europe/Berlin")
    await dashboard.press("enter")
    assert "13:03:41 CET" in dashboard.lines[0]
    await dashboard.press("enter")
    assert "started 12:03" in dashboard.text  # the run started at 11:03 UTC


async def test_an_unknown_time_zone_is_refused(dashboard: Dashboard) -> None:
    await dashboard.type(":tz Berlin")
    await dashboard.press("enter")
    assert "'Berlin' is not a time zone; did you mean Europe/Berlin?" in dashboard.text
    assert "12:03:41 UTC" in dashboard.lines[0]


async def test_times_are_typed_in_the_zone_on_screen() -> None:
    async with Dashboard(cluster()).shown(120, 24) as dashboard:  # narrower screens leave out the window
        await dashboard.type(":tz Europe/Berlin")
        await dashboard.answer("enter", ":window 2026-11-01T00:30..")
        assert "since 2026-11-01 00:30 CET" in dashboard.where


async def test_a_filter_takes_times_in_the_zone_on_screen() -> None:
    runs = make_run(1, start=ago(minutes=60)), make_run(2, start=ago(minutes=20))
    async with Dashboard(ScriptedDB(*runs)).shown(80, 24) as dashboard:
        await dashboard.answer("colon", "tz Europe/Berlin")
        await dashboard.answer("slash", "since:12:30")  # 11:30 UTC
        assert "02020202" in dashboard.text
        assert "01010101" not in dashboard.text


async def test_the_setting_holds_from_the_start() -> None:
    async with Dashboard(cluster(), tz=time_zone.parse("America/New_York")).shown() as dashboard:
        assert "07:03:41 EST" in dashboard.lines[0]
