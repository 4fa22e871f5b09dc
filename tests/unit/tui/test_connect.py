"""Opening the TaskDB of the settings."""

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from store import Digest, Error, NopTaskDB, TaskDB
from tests.support.rows import NOW
from tests.support.servers import Server
from tui import connect
from tui.settings import Settings

SETTINGS = Settings(table="reflow-prod")


@pytest.fixture
def _restored_thresholds() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)


def test_command_runs_while_the_table_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[object] = []

    @asynccontextmanager
    async def open_db(settings: Settings) -> AsyncIterator[TaskDB]:
        events.append(settings)
        yield NopTaskDB()
        events.append("closed")

    async def command(db: TaskDB) -> int:
        events.append(type(db))
        return 7

    monkeypatch.setattr(connect, "open_db", open_db)
    assert connect.run_with_db(SETTINGS, command) == 7
    assert events == [SETTINGS, NopTaskDB, "closed"]


@pytest.mark.usefixtures("_restored_thresholds")
async def test_table_is_opened_for_reading_only(ministack: Server) -> None:
    settings = Settings(table="reflow-prod", region="us-west-2", endpoint_url=ministack.endpoint_url)
    async with connect.open_db(settings) as db:
        with pytest.raises(Error, match="read"):
            await db.keep_id_alive(Digest.compute(b"x"), NOW)


@pytest.mark.usefixtures("_restored_thresholds")
def test_loaded_objects_are_frozen() -> None:
    gc.disable()
    before = gc.get_freeze_count()
    loaded: list[list[object]] = [[] for _ in range(1000)]
    connect.tune_garbage_collector()
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(loaded)
    assert gc.get_threshold()[2] >= 1_000
