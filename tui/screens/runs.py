"""The home screen: the runs, what needs attention first."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from store.times import Clock
from tui import run_list
from tui.run_list import RunRow
from tui.screens import sentences, words
from tui.screens.run import RunScreen
from tui.screens.watching import Paragraph, WatchingScreen
from tui.settings import Settings
from tui.watch.poller import Poller
from tui.widgets.status import StatusLine
from tui.widgets.table import Table


class RunsScreen(WatchingScreen):
    """The runs of a user, or of all; the active ones, or also those that have ended."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "toggle_ended", "All / active runs", show=False)]
    KEYS = (("⏎", "tasks"), ("a", "all/active"), ("space", "pause"), ("r", "refresh"))

    def __init__(self, poller: Poller, settings: Settings, clock: Clock) -> None:
        super().__init__(poller, settings, clock)
        self.ended = False

    def compose_body(self) -> Iterable[Widget]:
        """The runs, and what is to say of the selected one."""
        yield StatusLine(id="summary")
        yield Paragraph(id="reason")
        yield Table(
            run_list.columns(self.clock, lambda: self.poller.status.seen_at(self.clock())), lambda row: row.run.id
        )
        yield StatusLine(id="explanation")

    @property
    def table(self) -> Table[RunRow]:
        """The runs shown."""
        return self.query_one(Table)

    def show(self) -> None:
        """Show the runs that are known now."""
        rows = self._rows()
        self.query_one("#summary", StatusLine).show(*sentences.summary(self.settings, rows, ended=self.ended))
        self.table.empty = words.nothing(self.poller, self._nothing())
        self.table.set_rows(rows)
        self._explain()
        super().show()

    def action_toggle_ended(self) -> None:
        """Show ended runs, too, or no longer."""
        self.ended = not self.ended
        self.show()

    def on_table_row_highlighted(self) -> None:
        """Explain the run under the cursor."""
        self._explain()

    def on_table_row_selected(self, event: Table.RowSelected[Any]) -> None:
        """Open a run."""
        self.app.push_screen(RunScreen(self.poller, self.settings, self.clock, event.row.run.id))

    def _rows(self) -> Sequence[RunRow]:
        user = self.settings.user
        return [
            row
            for row in run_list.rows(self.poller.cluster)
            if (self.ended or row.run.end is None) and (user is None or run_list.is_of(row.run, user))
        ]

    def _nothing(self) -> str:
        whose = f" of {self.settings.user}" if self.settings.user else ""
        window = sentences.window(self.settings)
        if self.ended:
            return f"No runs{whose} {window}. Start with an earlier --since to see more."
        return f"No active runs{whose} {window}. Key a shows those that have ended."

    def _explain(self) -> None:
        row = self.table.cursor_row
        self.query_one("#explanation", StatusLine).show(
            sentences.explanation(self.poller.cluster, row) if row is not None else []
        )
