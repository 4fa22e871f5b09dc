"""What is pointed at on a screen: what other screens, copies and bundles are about."""

from collections.abc import Sequence

from store import Digest, Run, RunID, Task
from tui.export import copy_items as copyable
from tui.export.copy_items import CopyItem
from tui.screens.base.base_screen import FramedScreen
from tui.screens.base.routes import Route
from tui.screens.base.shared import Shared


class PointingScreen(FramedScreen):
    """A screen that shows one place, and knows what is pointed at there."""

    @property
    def place(self) -> Route:
        """What this screen shows."""
        raise NotImplementedError

    @property
    def run_id(self) -> RunID | None:
        """The run that is shown or pointed at."""
        return None

    @property
    def pool_id(self) -> Digest:
        """The pool that is pointed at; zero for none."""
        return Digest.ZERO

    def logged(self) -> Task | Run | None:
        """The row whose logs can be read here, as it is now."""
        return None if self.run_id is None else self.session.cluster.run(self.run_id)

    @property
    def copyable(self) -> Sequence[CopyItem]:
        """What there is to copy of what is pointed at, the likeliest first; none where nothing is pointed at."""
        match self.logged():
            case Task() as task:
                return copyable.task_items(self.session.cluster, task)
            case Run() as run:
                return copyable.run_items(run)
            case _:
                return ()

    def shared(self) -> Shared:
        """What an incident bundle from here is about."""
        return Shared([] if self.run_id is None else [self.run_id])
