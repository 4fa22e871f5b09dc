"""Long timers of apps stand still, as the clocks of tests do.

Messages in the footer and notifications disappear after some seconds by the time of this machine. On a busy one, that
is between two lines of a test.
"""

import asyncio

from textual.notifications import Notification
from textual.timer import Timer

_LONG = 0.5  # seconds; shorter ones are the pauses of a widget before it works, which a test waits for
_YEAR = 365 * 86400.0  # seconds

_run = Timer._run


def install() -> None:
    """Let timers of half a second or more, and notifications, wait until they are stopped or removed."""
    Timer._run = _run_if_short  # type: ignore[assignment, method-assign]
    Notification.has_expired = property(lambda _: False)  # type: ignore[assignment, method-assign]


async def _run_if_short(timer: Timer) -> None:
    if timer._interval >= _LONG:
        await asyncio.sleep(_YEAR)  # the event loop refers to it, so that the timer is not garbage
    await _run(timer)
