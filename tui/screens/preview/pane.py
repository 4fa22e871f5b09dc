"""The pane below a list that previews the row under the cursor."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.timer import Timer
from textual.worker import Worker

from store import Digest, Task
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.list_screen import ListScreen
from tui.screens.preview.preview_text import PreviewText
from tui.text.safe import CUT
from tui.watch.findings.finding import Finding
from tui.watch.model.rows import Row
from tui.widgets.content import blanks, content
from tui.widgets.preview import LEFT, Preview, PreviewRow

if TYPE_CHECKING:
    from tui.logs.log_tails import LogTails

SIZES = ("half", "small", "off")
MIN_WIDTH, MIN_HEIGHT = 100, 30
"""A smaller screen has no room for a preview."""
REST = 0.3
"""How long the cursor rests on a row before a log is read for it, in seconds."""

_SMALL = 8  # lines
# Lines of the list's screen that are neither its rows nor the preview.
_FRAME = 4
_LEAST_LOG = 4
_MOST_ROWS = 3  # rows of a wrapped line


def height(size: str, width: int, screen_height: int) -> int:
    """Return the least height in lines of a preview of a `size` on a screen; 0 if it has no room for one."""
    if size == "off" or width < MIN_WIDTH or screen_height < MIN_HEIGHT:
        return 0
    return _SMALL if size == "small" else (screen_height - _FRAME) // 2


class PreviewPane(Preview):
    """Shows texts about a row, and the end of a log, which it reads once the cursor rests on the row."""

    def __init__(self) -> None:
        super().__init__(id="preview")
        self._text: PreviewText | None = None
        self._timer: Timer | None = None
        self._awaited: Digest | None = None

    def on_unmount(self) -> None:
        """Stop waiting for the cursor to rest."""
        self._await(None)

    def show_row(self, make: Callable[[], PreviewText] | None, row: Row | Finding | None = None) -> bool:
        """Show what `make` returns, nothing for None; return whether there is room for a preview.

        Half a screen is the least: the preview also takes the lines that the list does not need, whatever the filter
        hides. Without room, `make` is not called. If `row` is lost, the end of its task's log is read even then, for
        the explanation, and the screen is shown again once it has been read.
        """
        screen = self._base_screen
        lines = height(size := screen.session.preview, *screen.size)
        if lines and size == SIZES[0] and isinstance(screen, ListScreen):
            lines = max(lines, screen.spare_height)
        self.set_height(lines)
        if not self.display:
            self._text = None
            self._await(None if row is None else screen.session.evidence_task(row))
            return False
        self._text = None if make is None else make()
        self._show_text()
        return True

    @property
    def _base_screen(self) -> BaseScreen:
        screen = self.screen
        assert isinstance(screen, BaseScreen)  # noqa: S101 - others have no preview
        return screen

    @property
    def _tails(self) -> "LogTails":
        return self._base_screen.session.tails()

    def _show_text(self) -> None:
        text = self._text
        if text is None:
            self._await(None)
            self.show(content(""), ())
            return
        room = self.height_shown - 1
        texts = list(_wrapped(text.lines, max(1, self._base_screen.size.width - 2 * LEFT)))
        log = self._log_rows(text.log)
        # Its lines are kept free while it is read: nothing jumps when it arrives.
        least = max(_LEAST_LOG, room // 3)
        kept = room if text.log is None else max(room - (len(log) or least), min(len(texts), room - least))
        rows: list[PreviewRow] = [*_cut(texts, min(kept, room))]
        if log and len(rows) < room - 1:
            heading, *lines = log
            rows += [heading, *lines[-(room - len(rows) - 1) :]]
        self.show(text.title, rows)
        self._await(text.log)

    def _log_rows(self, task: Task | None) -> Sequence[PreviewRow]:
        if task is None:
            return ()
        name = f"stderr of {task.id.short} {task.ident}"
        tail = self._tails.get(task)
        if tail is not None and not tail.reason:
            return [content(name, "bold $accent"), *tail.lines]
        why = self._refusal() if tail is None else tail.reason
        return [content(f"{name}: {why}", "$muted")] if why else ()

    def _refusal(self) -> str:
        """Return the reason for not reading a log now; empty to read it."""
        session = self._base_screen.session
        if session.replay is session.live:  # a recording has the ends of logs itself, which cost nothing
            return ""
        if session.source.is_paused:
            return f"not read while paused; {self._base_screen.key_of('log')} opens it"
        live = session.live
        if not self._tails.is_affordable(live.budget, live.now()):
            return f"not read, to stay within the read budget; {self._base_screen.key_of('log')} opens it"
        return ""

    def _await(self, task: Task | None) -> None:
        """Read the log of a task when the cursor has rested; with None, no log."""
        now = self._base_screen.session.live.now() if task is not None else None
        if task is not None and now is not None and not (self._tails.is_due(task, now) and not self._refusal()):
            task = None
        awaited = None if task is None else task.id
        if awaited == self._awaited:
            return
        if self._timer is not None:
            self._timer.stop()
        self._awaited = awaited
        self._timer = None if task is None else self.set_timer(REST, lambda: self._start_reading(task))

    def _start_reading(self, task: Task) -> None:
        session = self._base_screen.session
        db = session.db
        if db is None:
            self._awaited = None
            return

        async def read() -> None:
            live = session.live
            await self._tails.read(db, task, live.budget, live.now())
            if self._awaited == task.id:
                self._await(None)  # also the cursor's rest, if it has left the row and come back
                if not self._base_screen.is_ready:  # it may have lost its table
                    return
                if self.display:
                    self._show_text()
                elif self._base_screen.is_current:
                    self._base_screen.show()

        _: Worker[None] = self.run_worker(read, group="preview", exclusive=True)


def _wrapped(lines: Iterable[Content], width: int) -> Iterator[Content]:
    """Yield the lines in rows of `width` cells, at most three each; further rows keep the indent of the first one."""
    for line in lines:
        indent = len(line.plain) - len(line.plain.lstrip(" "))
        if line.cell_length <= width or indent >= width:
            yield line
            continue
        rows = line[indent:].wrap(width - indent)
        for number, row in enumerate(rows[:_MOST_ROWS], start=1):
            is_cut = number == _MOST_ROWS < len(rows)
            kept = row.rstrip().truncate(width - indent - len(CUT)) + CUT if is_cut else row
            yield blanks(indent) + kept


def _cut(lines: Sequence[PreviewRow], most: int) -> Sequence[PreviewRow]:
    """The first lines; in place of the last one of them `…` if there are more."""
    if len(lines) <= most:
        return lines
    return [*lines[: max(0, most - 1)], content("…", "$muted")][:most]
