"""Signals that end the program, and detection of a closed terminal."""

import asyncio
import os
import select
import signal
import threading
from collections.abc import Callable, MutableMapping

# Leaving writes to the terminal; if that is gone, the write may never return.
_PATIENCE = 10.0  # seconds


def on_leave(leave: Callable[[int], None]) -> None:
    """Call `leave` with an exit code on SIGTERM, or on SIGHUP even if that was ignored.

    Ten seconds later the process ends in any case. Must be called in the event loop.
    """

    def handle(number: signal.Signals) -> None:
        code = 128 + number
        last_resort = threading.Timer(_PATIENCE, os._exit, (code,))
        last_resort.daemon = True
        last_resort.start()
        leave(code)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, handle, number)


def limit_redraws_over_ssh(environ: MutableMapping[str, str]) -> None:
    """Over SSH, draw less often and animate nothing, unless Textual's own variables say otherwise.

    Textual reads them when it is imported.
    """
    if "SSH_CONNECTION" in environ:
        environ.setdefault("TEXTUAL_FPS", "15")
        environ.setdefault("TEXTUAL_ANIMATIONS", "none")


def is_hung_up(fd: int) -> bool:
    """Return whether the terminal behind `fd` is gone; a process in a session of its own gets no signal for that."""
    poll = select.poll()
    poll.register(fd, 0)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
