"""The timers of apps in tests: long ones stand, so that messages stay on a busy machine."""

import asyncio

import pytest
from textual.app import App
from textual.notifications import Notification
from textual.timer import Timer

from tests.support import timers


@pytest.mark.parametrize(("interval", "runs"), [(0.0, True), (0.499, True), (0.5, False), (60.0, False)])
async def test_timers_of_half_a_second_or_more_stand(
    monkeypatch: pytest.MonkeyPatch, interval: float, *, runs: bool
) -> None:
    ran = []

    async def run(timer: Timer) -> None:
        ran.append(timer)

    monkeypatch.setattr(timers, "_run", run)
    timer = Timer(App(), interval)
    task = asyncio.create_task(timer._run())
    await asyncio.sleep(0)
    assert (task.done(), ran) == ((True, [timer]) if runs else (False, []))
    task.cancel()


def test_notifications_stay() -> None:
    assert not Notification("saved", timeout=0.0).has_expired
