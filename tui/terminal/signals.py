"""Signals that end the program, and detection of a closed terminal."""

import asyncio
import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, MutableMapping

# Leaving writes to the terminal; if that is gone, the write may never return.
_PATIENCE = 10.0  # seconds
_LAST_WORD = 0.5  # seconds that leaving may take after a second signal
_CLOSING = 1.0  # seconds for connections and files
_RESTORING = 1.0  # seconds for the terminal to take the sequences that restore it

_LEAVING = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


class ExitGuard:
    """Ends the process if the event loop does not: 10 s after the first request to leave, at once after the second.

    Signals reach Python by a pipe that a thread reads, and asyncio gets them from that thread: an event loop that is
    blocked hears nothing of them.
    """

    def __init__(self, restore: Callable[[], None], has_terminal: Callable[[], bool]) -> None:
        """`restore` restores the terminal; `has_terminal` is false while it is lent. Both are called in a thread."""
        self._restore = restore
        self._has_terminal = has_terminal
        self._is_leaving = False
        self._reading, writing = os.pipe()
        os.set_blocking(writing, False)
        self._writing = writing
        loop_end = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        # A duplicate: asyncio closes its own when the loop ends, and the number may then name another file.
        self._loop_end = os.dup(loop_end) if loop_end >= 0 else None
        threading.Thread(target=self._watch, name="signals", daemon=True).start()

    def leave(self, code: int) -> None:
        """Note a request to leave with an exit code. May be called in any thread."""
        self._end_in(_LAST_WORD if self._is_leaving else _PATIENCE, code)
        self._is_leaving = True

    def closing(self, code: int) -> None:
        """Note that the event loop has begun to close: work in threads, which nobody awaits, may last for minutes."""
        self._end_in(_CLOSING, code)

    def _end_in(self, seconds: float, code: int) -> None:
        timer = threading.Timer(seconds, self._end_now, (code,))
        timer.daemon = True
        timer.start()

    def close(self) -> None:
        """Stop watching, and close the pipe of signals."""
        signal.set_wakeup_fd(-1)
        os.close(self._writing)

    def _watch(self) -> None:
        while numbers := os.read(self._reading, 64):
            # ctrl-C in a pager is not for the dashboard, though both get the signal.
            kept = [number for number in numbers if number != signal.SIGINT or self._has_terminal()]
            for number in kept:
                if number in _LEAVING:
                    self.leave(128 + number)
            if self._loop_end is not None:
                with contextlib.suppress(OSError):
                    os.write(self._loop_end, bytes(kept))
        os.close(self._reading)
        if self._loop_end is not None:
            os.close(self._loop_end)

    def _end_now(self, code: int) -> None:
        restoring = threading.Thread(target=self._restore, daemon=True)
        restoring.start()
        restoring.join(_RESTORING)
        os._exit(code)


def on_leave(
    leave: Callable[[int], None],
    restore: Callable[[], None] = lambda: None,
    has_terminal: Callable[[], bool] = lambda: True,
) -> ExitGuard:
    """Call `leave` with an exit code on SIGTERM, on SIGINT, or on SIGHUP even if that was ignored.

    The guard that is returned ends the process if that does not. Must be called in the event loop, in the main thread.
    """
    loop = asyncio.get_running_loop()
    for number in _LEAVING:
        loop.add_signal_handler(number, leave, 128 + number)
    return ExitGuard(restore, has_terminal)


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
