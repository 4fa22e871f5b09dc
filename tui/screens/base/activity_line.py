"""The line that shows how many tasks ran, and how many failed, in the last hour."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from textual.content import Content

from store import RunID
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.row_texts import style
from tui.text import durations
from tui.text.bars import sparkline
from tui.text.safe import NONE
from tui.widgets.content import content
from tui.widgets.status_line import Part, StatusLine

if TYPE_CHECKING:
    from tui.watch.model.activity import Series

# A screen with fewer lines needs the room for its list.
_MIN_HEIGHT = 20
# Cells of the texts and numbers, without and with the nouns, and the numbers of minutes that one bar may stand for.
_TEXT_WIDTH, _WIDTH_WITH_NOUNS = 42, 56
_WIDE = 76  # a narrower line needs the room of the nouns for its bars
_MINUTES_PER_BAR = (1, 2, 3, 4, 5, 6, 10)
_NOUNS = {"running": "tasks", "failed": "flows"}


class ActivityLine(StatusLine):
    """A line with two sparklines, of the tasks that ran and those that failed, and their numbers."""

    def __init__(self) -> None:
        super().__init__(id="activity")

    def show_runs(self, screen: BaseScreen, run_ids: Sequence[RunID]) -> None:
        """Show the counts of the tasks of some runs, if `screen` is high enough for the line."""
        session, past = screen.session, screen.session.past
        self.display = screen.size.height >= _MIN_HEIGHT
        if not self.display:
            return
        if not session.has_data:
            self.show(_unknown(screen.size.width), [Part(content("last hour", "$muted"), 2)])
            return
        if past is None:
            series = session.activity.series(run_ids, session.cluster.as_of)
        else:
            known_since = past.known_since if past.progress.share >= 1 else past.until + timedelta(minutes=1)
            series = session.activity.series(run_ids, past.until, known_since)
        self.show(activity_parts(series, screen.size.width), [Part(content(_period(series), "$muted"), 2)])


def activity_parts(series: "Series", width: int) -> list[Part]:
    """Return the counts of running and failed tasks as sparklines and numbers, for a line of `width` cells."""
    running, failed = series.running, sum(series.failed)
    if not running:
        return _unknown(width)
    room = (width - (_WIDTH_WITH_NOUNS if width >= _WIDE else _TEXT_WIDTH)) // 2
    minutes = next((each for each in _MINUTES_PER_BAR if series.bars(each) <= room), None)
    running_bars: Sequence[int] = () if minutes is None else series.running_by(minutes)
    failed_bars: Sequence[int] = () if minutes is None else series.failed_by(minutes)
    failed_style = style("critical") if failed else "$muted"
    runs = [
        content(_title("running", width), "$muted"),
        content(sparkline(running_bars), "$muted"),
        content(f"{running[-1]} (peak {max(running)})", "$muted"),
    ]
    failures = [
        content(_title("failed", width), "$muted"),
        content(sparkline(failed_bars), failed_style),
        content(str(failed), failed_style),
    ]
    return [Part(_join(runs), 1), Part(_join(failures))]


def _title(state: str, width: int) -> str:
    """Return a state with its noun, if the line has room for it: the line above it counts runs."""
    return f"{state} {_NOUNS[state]}" if width >= _WIDE else state


def _unknown(width: int) -> list[Part]:
    """Return the line while the tasks of the last hour were not read yet."""
    titles = ((1, _title("running", width)), (0, _title("failed", width)))
    return [Part(content(f"{title} {NONE}", "$muted"), priority) for priority, title in titles]


def _join(texts: Sequence[Content]) -> Content:
    return Content(" ").join(text for text in texts if text)


def _period(series: "Series") -> str:
    if not series.running:
        return "last hour"
    return "last hour" if series.is_whole else f"since {durations.clock(series.since)}"
