"""Waiting until an app has nothing left to do.

Textual's pilot compares CPU time with wall time in steps of 20 ms, twice for each key, and on a busy machine takes
an app that waits for its turn for one that has finished. These functions ask the event loop.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, thread
from typing import Any

import pytest
import textual.app
import textual.pilot
from textual.app import App

from tests.support import frames

_QUIET_TURNS = 3  # a callback from a thread or a socket is seen a turn later
_LONGEST = 60.0  # seconds


_unfinished: set[Future[Any]] = set()  # what threads of executors have to do, or are doing


def install() -> None:
    """Let Textual's pilot wait for the event loop too, and count the work of threads."""

    async def wait_for_idle(min_sleep: float = 0, max_sleep: float = 0) -> None:
        await until_idle()

    for module in (textual.app, textual.pilot):
        module.wait_for_idle = wait_for_idle  # type: ignore[attr-defined]
    _count_work()


def _count_work() -> None:
    """Note each item from its submission until it has run and called back.

    An executor's own count of idle threads is too low for good once a busy thread has taken an item that was meant for
    an idle one.
    """
    items: Any = thread._WorkItem
    initialize, run = items.__init__, items.run

    def noted(self: Any, future: Future[Any], *args: Any) -> None:
        _unfinished.add(future)
        initialize(self, future, *args)

    def counted(self: Any, *args: Any) -> None:
        future = self.future
        try:
            run(self, *args)
        finally:
            _unfinished.discard(future)

    items.__init__, items.run = noted, counted


async def until_idle() -> None:
    """Wait until no task of this event loop can go on, and none of its threads works; then draw."""
    loop: Any = asyncio.get_running_loop()
    quiet = 0
    async with asyncio.timeout(_LONGEST):
        while quiet < _QUIET_TURNS:
            working = any(not future.cancelled() for future in list(_unfinished))
            await asyncio.sleep(0.001 if working else 0)
            quiet = 0 if working or loop._ready else quiet + 1
            if quiet == _QUIET_TURNS:
                frames.draw()
                quiet -= bool(loop._ready)


async def settle(app: App[Any]) -> None:
    """Wait until every message is handled, and all that follows from it is on the screen."""
    loop: Any = asyncio.get_running_loop()
    async with asyncio.timeout(_LONGEST):
        while True:
            with frames.held():
                await until_idle()
            if app._resize_timer is not None:
                app._check_resize()
            app.screen._on_timer_update()
            if loop._ready:
                continue
            frames.draw()
            if not loop._ready:
                return


async def until(condition: Callable[[], object], screen: Callable[[], str]) -> None:
    """Wait until `condition` holds; fails with the text of the screen if it does not within a minute."""
    try:
        async with asyncio.timeout(_LONGEST):
            while True:
                frames.draw()
                if condition():
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"this did not come true within {_LONGEST:.0f} s; the screen:\n{screen()}")
