"""The measured apps: `python -m tests.bench.log_app NAME URL` shows a log of the server at URL.

Keys trigger what is measured.
"""

import re
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Log as TextualLog

from store import S3Repository
from store.aws import session as aws
from store.logs.log import END
from store.logs.open import Logs
from tests.bench.log_server import LOGS
from tui.logs.document import Document
from tui.logs.search import LogFilter, LogSearch
from tui.widgets.compact_output import CompactApp
from tui.widgets.log_view import LogView

# The last line of the log of a million, and the end of the one line.
SEARCHED = "line 0000999999|needle"
# Every thousandth line, with three around it.
CHOSEN, CONTEXT = "line [0-9]{7}500", 3
_CHUNK = 1024 * 1024


class Measured(App[None]):
    """The common part of both apps: where logs come from, and the keys."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "open('ten')"),
        Binding("2", "open('million')"),
        Binding("3", "open('huge')"),
        Binding("4", "open('one line')"),
        Binding("g", "start"),
        Binding("e", "end"),
        Binding("n", "search"),
        Binding("c", "choose"),
        Binding("w", "wrap"),
    ]

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._stack = AsyncExitStack()
        self.repository: S3Repository

    async def on_mount(self) -> None:
        self.animation_level = "none"
        session = await aws.open_session(endpoint_url=self._url)
        client = await self._stack.enter_async_context(aws.open_client(session, "s3", endpoint_url=self._url))
        self.repository = S3Repository(client, "logs")

    def action_open(self, name: str) -> None:
        self._do(self.open(name))

    def action_search(self) -> None:
        self._do(self.search(re.compile(SEARCHED)))

    def action_choose(self) -> None:
        self._do(self.choose(re.compile(CHOSEN)))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(work)

    async def open(self, name: str) -> None:
        """Show the end of a log."""
        raise NotImplementedError

    async def search(self, pattern: re.Pattern[str]) -> None:
        """Show the first line with a match."""
        raise NotImplementedError

    async def choose(self, pattern: re.Pattern[str]) -> None:
        """Show only lines with a match, and some around each."""
        raise NotImplementedError


class Ours(CompactApp[None], Measured):
    """Our view, which reads what it shows."""

    def compose(self) -> ComposeResult:
        self.view = LogView()
        yield self.view

    async def open(self, name: str) -> None:
        self.document = Document(await Logs(lambda: self.repository).open(LOGS[name].digest))
        await self.document.open(END)
        self.reading = LogSearch(self.document)
        self.view.restyle(replace(self.view.look, pattern=None))
        self.view.show(self.document.blocks, self.reading.rows, self.document.blocks.first)
        self.view.go_to_end()

    def on_log_view_reached(self, event: LogView.Reached) -> None:
        self._do(self._read_on(end=event.end))

    async def _read_on(self, *, end: bool) -> None:
        await (self.document.read_later() if end else self.document.read_earlier())
        self.view.update()

    async def _read_all(self) -> None:
        while await self.document.read_earlier():
            pass

    async def action_start(self) -> None:
        await self._read_all()
        self.view.go_to_start()

    def action_end(self) -> None:
        self.view.go_to_end()

    async def search(self, pattern: re.Pattern[str]) -> None:
        self.view.restyle(replace(self.view.look, pattern=pattern))
        await self._read_all()
        first = self.document.blocks.first
        self.reading.search(pattern, first)
        found = await self.reading.next_hit(first - 1, forward=True)
        self.view.go_to(first if found is None else found, cursor=True)

    async def choose(self, pattern: re.Pattern[str]) -> None:
        await self._read_all()
        self.reading.choose(LogFilter(pattern=pattern, context=CONTEXT), self.document.blocks.first)
        await self.reading.work()
        self.view.show(self.document.blocks, self.reading.rows)
        self.view.go_to_end()

    def action_wrap(self) -> None:
        self.view.restyle(replace(self.view.look, wrap=not self.view.look.wrap))


class Whole(Measured):
    """The whole log in memory, its lines in Textual's own view."""

    def compose(self) -> ComposeResult:
        self.view = TextualLog()
        yield self.view

    async def open(self, name: str) -> None:
        data = b""
        body = (await self.repository._client.get_object(Bucket="logs", Key=f"objects/{LOGS[name].digest}"))["Body"]
        async with body:
            data = await body.read()
        self.lines = data.decode().splitlines()
        self.show(self.lines)

    def show(self, lines: list[str]) -> None:
        self.view.clear()
        self.view.write_lines(lines)
        self.view.scroll_end(animate=False)

    def action_start(self) -> None:
        self.view.scroll_home(animate=False)

    def action_end(self) -> None:
        self.view.scroll_end(animate=False)

    async def search(self, pattern: re.Pattern[str]) -> None:
        found = next(number for number, line in enumerate(self.lines) if pattern.search(line))
        self.view.scroll_to(y=found, animate=False)

    async def choose(self, pattern: re.Pattern[str]) -> None:
        near = sorted(
            {
                each
                for number, line in enumerate(self.lines)
                if pattern.search(line)
                for each in range(max(0, number - CONTEXT), min(len(self.lines), number + CONTEXT + 1))
            }
        )
        self.show([self.lines[number] for number in near])


APPS: dict[str, Any] = {"ours": Ours, "whole": Whole}


if __name__ == "__main__":
    APPS[sys.argv[1]](sys.argv[2]).run()
