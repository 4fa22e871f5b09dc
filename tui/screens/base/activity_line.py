"""The line that says how many tasks ran, and how many failed, in the last hour."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from textual.content import Content

from store import RunID
from tui.screens.base import row_texts as sentences
from tui.screens.base.list_screen import ListScreen
from tui.text.bars import sparkline
from tui.widgets.content import content
from tui.widgets.status_line import Part, StatusLine

if TYPE_CHECKING:
    from tui.watch.model.activity import Series

# With fewer lines on the screen, that of the counts is needed more for the list.
_ROOMY = 20
# Cells that the words and the numbers take, and how many minutes a bar may stand for.
_WORDS = 42
_STEPS = (1, 2, 3, 4, 5, 6, 10)


class ActivityLine(StatusLine):
    """Two sparklines and their numbers."""

    def __init__(self) -> None:
        super().__init__(id="activity")


def show(screen: ListScreen[Any], run_ids: Sequence[RunID]) -> None:
    """Show the counts of the tasks of some runs in the line of `screen`, if that is high enough to have one."""
    line, session = screen.query_one(ActivityLine), screen.session
    line.display = screen.size.height >= _ROOMY
    if line.display and (session.past is not None or session.poller.status.as_of is not None):
        past = session.past
        if past is None:
            series = session.activity.series(run_ids, session.cluster.as_of)
        else:
            known_since = past.since if past.progress.share >= 1 else past.until + timedelta(minutes=1)
            series = session.activity.series(run_ids, past.until, known_since)
        line.show(parts(series, screen.size.width), [Part(content(_when(series), "$muted"), 2)])


def parts(series: "Series", width: int) -> list[Part]:
    """What ran and what failed, as bars and in numbers, in a line of `width` cells."""
    running, failed = series.running, sum(series.failed)
    if not running:
        return [Part(content("how many tasks ran in the last hour is not known yet", "$muted"))]
    minutes = next((each for each in _STEPS if series.bars(each) <= (width - _WORDS) // 2), None)
    bars: tuple[Sequence[int], Sequence[int]] = (
        ((), ()) if minutes is None else (series.running_by(minutes), series.failed_by(minutes))
    )
    good, bad = sentences.style("good"), sentences.style("critical") if failed else "$muted"
    counts = [
        content("running", "$muted"),
        content(sparkline(bars[0]), good),
        content(f"{running[-1]} (most {max(running)})"),
    ]
    failures = [content("failed", "$muted"), content(sparkline(bars[1]), bad), content(str(failed), bad)]
    return [Part(_spaced(counts), 1), Part(_spaced(failures))]


def _spaced(texts: Sequence[Content]) -> Content:
    return Content(" ").join(text for text in texts if text)


def _when(series: "Series") -> str:
    if not series.running:
        return ""
    return "last hour" if series.is_whole else f"since {series.since:%H:%M}"
