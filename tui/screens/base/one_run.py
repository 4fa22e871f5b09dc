"""What the screens of one run share."""

from typing import ClassVar

from textual.content import Content

from store import RunID
from tui.lists import runs as run_list
from tui.screens.base import status_texts as words
from tui.screens.base.session import Session
from tui.screens.base.watching import WatchingScreen
from tui.widgets.content import content


class OneRunScreen(WatchingScreen):
    """Shows the tasks of a run; it comes before the screen of a list. While it is open the run is not forgotten."""

    CRUMB: ClassVar[str]  # what it shows of the run, in a word

    def __init__(self, session: Session, run_id: RunID) -> None:
        super().__init__(session)
        self._run_id = run_id

    @property
    def run_id(self) -> RunID:
        """The run."""
        return self._run_id

    def on_mount(self) -> None:
        """Ask for all tasks of the run."""
        self._let_go = self.session.keep_run(self._run_id)
        self.session.news.see(self._run_id)

    def on_unmount(self) -> None:
        """Let the run go."""
        self._let_go()
        self.session.news.see_tasks(self._run_id)

    def nothing(self) -> Content:
        """Whether there are none, or whether they are not known yet."""
        poller = self.session.poller
        if self.session.past is not None:
            return words.nothing_then(self.session.past, "No task of this run ran then.")
        is_read = poller.cluster.is_whole(self._run_id) or self._run_id in poller.history_errors
        return words.nothing(poller, "This run has no tasks.") if is_read else words.LOADING

    def reason(self) -> Content:
        """Also why the tasks of the run could not be read."""
        poller = self.session.poller
        error = poller.history_errors.get(self._run_id)
        if error is not None and poller.status.error is None:
            return words.history_reason(error)
        return super().reason()

    def crumb(self) -> Content:
        """The run."""
        run = self.session.cluster.run(self._run_id)
        name = "" if run is None else f" {run_list.short_name(run)}"
        return content(f"{self.CRUMB} {self._run_id.short}{name}", "bold", 40)
