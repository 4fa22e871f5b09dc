"""The requests of a refresh, the interval, and the cost."""

from datetime import timedelta

from tests.support.clock import settle
from tests.support.pollers import INTERVAL, SECOND
from tests.support.rows import ahead, make_run
from tests.support.scripted_db import ScriptedDB
from tests.support.watched import Watched


async def test_an_absent_user_slows_polling_and_a_return_refreshes() -> None:
    watched = Watched(ScriptedDB(make_run(1, keepalive=ahead(days=1))), interval=INTERVAL, narrow=False)
    async with watched.running():
        watched.poller.attention(focused=False, idle=timedelta())
        assert watched.poller.delay == 30 * SECOND
        watched.poller.attention(focused=True, idle=timedelta(minutes=5))
        assert watched.poller.delay == 30 * SECOND
        await watched.db.clock.advance(100)
        before = len(watched.db.called("active"))
        assert before == 5  # the first, the one that was due in 5 s, and three more
        watched.poller.attention(focused=True, idle=timedelta())
        await settle()
        assert len(watched.db.called("active")) == before + 1
        watched.poller.attention(focused=True, idle=SECOND)
        await settle()
        assert len(watched.db.called("active")) == before + 1


async def test_attention_does_not_end_a_pause() -> None:
    watched = Watched(ScriptedDB(make_run(1)), interval=INTERVAL)
    async with watched.running():
        watched.poller.pause()
        watched.poller.attention(focused=False, idle=timedelta())
        watched.poller.attention(focused=True, idle=timedelta())
        await watched.db.clock.advance(600)
        assert len(watched.db.called("active")) == 1
