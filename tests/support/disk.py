"""A disk whose writes end when a test lets them."""

from collections.abc import Callable
from concurrent.futures import Future

from tui.watch.findings.state_file import Stamp


class Disk:
    """Writes in the order in which they were submitted, one at each call of `work`."""

    def __init__(self) -> None:
        self.queued: list[tuple[Callable[[], Stamp], Future[Stamp]]] = []

    def submit(self, write: Callable[[], Stamp]) -> Future[Stamp]:
        future: Future[Stamp] = Future()
        self.queued.append((write, future))
        return future

    def work(self) -> None:
        write, future = self.queued.pop(0)
        try:
            future.set_result(write())
        except OSError as error:
            future.set_exception(error)
