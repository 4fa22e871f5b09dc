"""The dashboard on a recording, on a clock that the test moves."""

from tests.support.clock import MockClock
from tests.support.dashboard import Dashboard


class ReplayDashboard(Dashboard):
    """A dashboard whose replay waits on `clock`; subclasses make the app."""

    clock: MockClock

    @property
    def heading(self) -> str:
        """The first line, without alignment."""
        return " ".join(self.lines[0].split())

    async def wait(self, seconds: float) -> None:
        """Advance the clock, and show what the dashboard does meanwhile."""
        await self.clock.advance(seconds)
        self.app.tick()
        await self.settle()
