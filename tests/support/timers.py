"""Long timers of apps stand still, as the clocks of tests do.

Messages in the footer and notifications disappear after some seconds by the time of this machine. On a busy one, that
is between two lines of a test.
"""

import asyncio

from textual.notifications import Notification
from textual.timer import Timer

_LONG = 0.5  # seconds; shorter ones are the pauses of a widget before it works, which a test waits for

# What long timers wait for. Nothing else refers to a timer that waits for ever, and it would be lost as garbage. A wait
# of a year would not do: the event loop keeps its context, with the screen, after it is cancelled.
_standing: set[asyncio.Future[None]] = set()

_run = Timer._run


def install() -> None:
    """Let timers of half a second or more, and notifications, wait until they are stopped or removed."""
    Timer._run = _run_if_short  # type: ignore[assignment, method-assign]
    Notification.has_expired = property(lambda _: False)  # type: ignore[assignment, method-assign]


async def _run_if_short(timer: Timer) -> None:
    if timer._interval < _LONG:
        await _run(timer)
        return
    standing = asyncio.get_running_loop().create_future()
    _standing.add(standing)
    try:
        await standing
    finally:
        _standing.discard(standing)
