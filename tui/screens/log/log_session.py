"""An open log with its view: position, following, search and filter."""

import asyncio
import enum
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from textual.content import Content

from store import Error, ErrorKind, Log, Run, Task
from store.aws.error_mapping import is_temporary
from store.logs.log import END, HEAD, Cursor
from tui.logs.document import Document
from tui.logs.levels import ERRORS
from tui.logs.search import LogFilter, LogSearch, compiled
from tui.logs.tabs import Tab
from tui.screens.base.routes import Route
from tui.text.masked_text import mask_line
from tui.watch.polling import error_texts
from tui.widgets.content import content
from tui.widgets.log_line import LineLayout
from tui.widgets.log_view import LogView

_PAUSE = 2.0  # seconds between reads of a growing log
_AGAIN = 10.0  # seconds until a read that failed, with its own retries, is tried again
_FEW = 1000  # lines
_NEAR = 4  # pages to the end that are read rather than skipped
_RUN_ERRORS = compiled(r"^\S+ \S+ \[error\]")

Sleep = Callable[[float], Awaitable[None]]


class FollowState(enum.StrEnum):
    """Whether new lines of a log are shown as they are written."""

    FOLLOWING = "following"
    PAUSED = "paused"
    ENDED = "ended"


class _ViewState(NamedTuple):
    """The view of a log, and its `line` on top, when another log replaced it."""

    look: LineLayout
    line: int
    cursor: int | None
    leveled: bool
    detects_tones: bool


class LogSession:
    """One log and its view. `row` returns its task or run as it is now; `tell` is called after changes.

    The coroutines raise what reading raises, and may be cancelled at any time.
    """

    def __init__(
        self, view: LogView, row: Callable[[], Task | Run], tell: Callable[[], None], sleep: Sleep = asyncio.sleep
    ) -> None:
        self.view = view
        self.reading: LogSearch | None = None
        self.error: Error | None = None
        """Why there is no log."""
        self.note = Content()
        """The message about the last action."""
        self.following = False
        self.is_filled = True
        """Whether the lines on screen were all read and filtered; false while that is under way."""
        self._row = row
        self._tell = tell
        self._sleep = sleep
        self._is_output = False
        self._saved: _ViewState | None = None
        self._is_retrying = False

    def leave(self) -> None:
        """Save how the log is shown, before another one takes its place."""
        view = self.view
        self._saved = _ViewState(view.look, view.top_number, view.cursor, view.leveled, view.detects_tones)
        row = self._row()
        self.view, self._row, self._tell = LogView(), lambda: row, _ignore  # keeps nothing of the screen

    def come_back(self, view: LogView, row: Callable[[], Task | Run], tell: Callable[[], None]) -> None:
        """Show the log as it was when the user left it."""
        self.view, self._row, self._tell, saved = view, row, tell, self._saved
        if self.reading is not None and saved is not None:
            view.leveled, view.detects_tones = saved.leveled, saved.detects_tones
            view.restyle(replace(saved.look, width=view.look.width))
            view.show(self.reading.document.blocks, self.reading.rows, saved.line)
            view.cursor = saved.cursor

    @property
    def is_shown(self) -> bool:
        """Whether the log is on its screen, rather than kept for the user's return."""
        return self._tell is not _ignore

    def close(self) -> None:
        if self.reading is not None:
            self.reading.document.close()

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """The pattern of the search; None without a search."""
        return None if self.reading is None else self.reading.pattern

    @property
    def is_searching_errors(self) -> bool:
        """Whether the search is for lines that look like errors."""
        return self.pattern in (ERRORS, _RUN_ERRORS)

    @property
    def filter(self) -> LogFilter:
        """The filter of lines, which may let all pass."""
        return self.reading.filter if self.reading is not None else LogFilter()

    @property
    def has_search(self) -> bool:
        """Whether the user searched for a text: run logs are searched for errors when they open."""
        return self.pattern is not None and not self.is_searching_errors

    @property
    def has_end(self) -> bool:
        """Whether the last line was read, and the writer has ended."""
        document = None if self.reading is None else self.reading.document
        return document is not None and (document.has_end or (document.is_at_end and self._row().end is not None))

    @property
    def follow_state(self) -> FollowState | None:
        """Whether the end of the log is followed; None for a log that is not an output, such as an inspect."""
        if self.reading is None or not self._is_output:
            return None
        if self.following:
            return FollowState.FOLLOWING
        grows = self.reading.document.log.grows and self._row().end is None
        return FollowState.PAUSED if grows else FollowState.ENDED

    def say(self, text: str, style: str = "$text-accent") -> None:
        """Set a message, of untrusted text."""
        self.note = content(mask_line(text), style)
        self._tell()

    def dismiss(self) -> None:
        """Remove the message about the last action, unless it is about a read that is repeated."""
        if self.note and not self._is_retrying:
            self.note = Content()
            self._tell()

    def fail(self, error: Exception) -> None:
        """Say why the log cannot be shown, or the last action not done, after an unexpected exception."""
        text = f"{type(error).__name__}: {error}"
        if self.reading is None:
            self.error = Error(ErrorKind.OTHER, "open log", (), text)
        self.say(text, "$text-error")

    async def open(self, find: Callable[[], Awaitable[Log]], *, at_end: bool, leveled: bool) -> None:
        """Open the log that `find` returns; if it does not exist yet, wait for it while its writer is live.

        It is shown from its end or its start; a run log (`leveled`) from its first error.
        """
        document = await self._found(find, END if at_end else HEAD)
        if document is None:
            return
        self.error, self.is_filled = None, False
        self.reading = reading = LogSearch(document, self._changed)
        start, view = self._row().start, self.view
        view.leveled, view.detects_tones, self._is_output = leveled, at_end, at_end or leveled
        view.restyle(
            replace(view.look, begin=round(start.timestamp() * 1000) if start else 0, left=0, pattern=None, raw=False)
        )
        view.show(document.blocks, reading.rows, document.blocks.first)
        if at_end:
            view.go_to_end()
        self.following = document.log.grows and self._row().end is None
        if leveled:
            await self.search_errors()
            if view.cursor is None and await document.read_to_end(_NEAR):
                view.go_to_end()
        await self.fill()

    async def _found(self, find: Callable[[], Awaitable[Log]], cursor: Cursor) -> Document | None:
        while True:
            is_over = self._row().end is not None
            document: Document | None = None
            try:
                document = Document(await find())
                await document.open(cursor)
            except Error as error:
                if document is not None:
                    document.close()
                self.error = error
                self._tell()
                if is_temporary(error):
                    await self._sleep(_AGAIN)
                    continue
                if error.kind is not ErrorKind.NOT_EXIST or is_over:
                    return None
            else:
                return document
            await self._sleep(_PAUSE)

    async def follow(self) -> None:
        """Read what is written until the writer has ended; keep the end in sight while `following`.

        Where the user has gone far from the end of a long log, only read some lines ahead. A read that fails is
        reported and retried.
        """
        is_over = self._is_retrying = False
        while not is_over and (reading := self.reading) is not None:
            await self._sleep(_AGAIN if self._is_retrying else _PAUSE)
            is_over = self._row().end is not None
            try:
                await self._read_written(reading.document)
            except Error as error:
                if not is_temporary(error):
                    self.following = False
                    raise
                self.say(f"retrying: {error_texts.describe(error)}", "$text-error")
                is_over, self._is_retrying = False, True
                continue
            if self._is_retrying:
                self.note, self._is_retrying = Content(), False
            await reading.work()
            self._changed()
            if self.following:
                self.view.go_to_end()
        self.following = False

    async def _read_written(self, document: Document) -> None:
        was_at_end = self.following or document.is_at_end
        while was_at_end or document.blocks.end - self.view.last_number < _FEW:
            if not await document.read_later():
                return

    async def fill(self) -> None:
        """Read on until the rows fill the screen, or to the end of the log."""
        self.is_filled = False
        await self._fill()
        self.is_filled = True

    async def _fill(self) -> None:
        while (reading := self.reading) is not None:
            await reading.work()
            self._changed()
            document = reading.document
            if reading.rows.end - reading.rows.first > self.view.size.height:
                if not document.has_head and document.blocks.end - document.blocks.first < _FEW:
                    await self.read_on(end=False)  # most likely that is all, and then the provenance line can say so
                return
            if not (await document.read_earlier() or await document.read_later()):
                return

    async def read_on(self, *, end: bool) -> None:
        """Read one more page on one side."""
        if (reading := self.reading) is not None:
            document = reading.document
            if await (document.read_later() if end else document.read_earlier()):
                await reading.work()
                self._changed()

    async def go_to_start(self) -> None:
        """Show the first line of the log."""
        self.following = False
        if (reading := self.reading) is not None:
            if not reading.document.has_head:
                await self._reopen(reading, HEAD)
            await self.fill()
            self.view.go_to_start()

    async def go_to_end(self) -> None:
        """Show the last line of the log."""
        if (reading := self.reading) is not None:
            if not await reading.document.read_to_end(_NEAR):
                await self._reopen(reading, END)
            await self.fill()
            self.view.go_to_end()

    async def go_to(self, time: datetime) -> None:
        """Show the first line of `time` or later."""
        if (reading := self.reading) is None:
            return
        was_following, self.following = self.following, False
        is_timed, had_head = reading.document.log.timed, reading.document.has_head
        if is_timed or not had_head:
            await self._reopen(reading, Cursor.at(time) if is_timed else HEAD)
        row = self._row()
        number = await reading.at(time, row.start if isinstance(row, Run) else None)
        if number is None:
            if is_timed or not had_head:
                await self.go_to_end()
            self.following = was_following and self.view.at_end
            self.say("no line has a time at or after that")
            return
        await reading.work()
        self.view.show(reading.document.blocks, reading.rows, number)
        self._tell()

    async def search(self, pattern: re.Pattern[str] | None) -> None:
        """Search from the top of the screen on; None ends the search."""
        await self._search(pattern, self.view.top_number - 1)

    async def search_errors(self) -> None:
        """Search for lines that look like errors, from the first line that was read on."""
        if (reading := self.reading) is not None:
            pattern = _RUN_ERRORS if self.view.leveled else ERRORS
            await self._search(pattern, reading.document.blocks.first - 1)

    async def next_hit(self, *, forward: bool) -> None:
        """Show the next match, or the one before."""
        view = self.view
        number = view.cursor
        if number is None:
            number = view.top_number - 1 if forward else view.last_number + 1
        await self._find(number, forward=forward)

    async def choose(self, chosen: LogFilter) -> None:
        """Filter lines; the line at the top stays, or the next one that passes."""
        if (reading := self.reading) is not None:
            number = self.view.top_number
            reading.choose(chosen, number)
            self.view.show(reading.document.blocks, reading.rows, number)
            await self.fill()

    async def toggle_raw(self) -> None:
        """Show and match lines with their control sequences, or without."""
        if (reading := self.reading) is not None:
            reading.is_raw = not reading.is_raw
            self.view.reflow(replace(self.view.look, raw=reading.is_raw))
            reading.begin(self.view.top_number)
            self.view.show(reading.document.blocks, reading.rows, self.view.top_number)
            await self.fill()

    async def _search(self, pattern: re.Pattern[str] | None, number: int) -> None:
        if (reading := self.reading) is not None:
            self.view.cursor = None
            self.view.restyle(replace(self.view.look, pattern=pattern))
            reading.search(pattern, number + 1)
            await self._find(number, forward=True)

    async def _find(self, number: int, *, forward: bool) -> None:
        if (reading := self.reading) is None or reading.pattern is None:
            return
        self.note = Content()
        found = await reading.next_hit(number, forward=forward)
        if found is None:
            self.say(f"not found {'below' if forward else 'above'}")
        else:
            self.following = False
            self.view.go_to(found, cursor=True)

    async def _reopen(self, reading: LogSearch, cursor: Cursor) -> None:
        """Start over at another place; the lines between are not read."""
        await reading.document.open(cursor)
        blocks = reading.document.blocks
        reading.begin(blocks.first)
        self.view.show(blocks, reading.rows, blocks.first)

    def _changed(self) -> None:
        self.view.update()
        self._tell()


class LeftLogs(NamedTuple):
    """The open logs of a route as the user left them, and the tab shown last."""

    route: Route
    tab: Tab
    opened: dict[Tab, LogSession]

    def close(self) -> None:
        for session in self.opened.values():
            session.close()


def _ignore() -> None:
    pass
