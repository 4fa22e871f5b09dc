"""An app that outlives its own mistakes: an exception in an action, a message handler or a worker becomes one line."""

import os
from collections import deque
from collections.abc import Mapping
from typing import Any

from textual.actions import ActionParseResult
from textual.dom import DOMNode
from textual.events import Print
from textual.worker import WorkerFailed

from tui.exit_status import ExitCode, describe_failure
from tui.screens.base.base_screen import BaseScreen
from tui.terminal import output
from tui.text.safe import safe_lines
from tui.widgets.content import show_toast
from tui.widgets.textual_private import HookedApp, is_of_callback, is_of_drawing

_MOST_FAILURES = 20
_MOST_PRINTED = 100_000  # characters of one write to stderr


class GuardedApp(HookedApp[Any]):
    """An app that shows unexpected exceptions in the footer and goes on. With REFLOWTOP_DEBUG set, they end it.

    It still ends if a screen cannot be built or drawn: then the line could not be shown either.
    """

    def __init__(self, first_theme: str | None = None) -> None:
        super().__init__(first_theme)
        self.failures: deque[BaseException] = deque(maxlen=_MOST_FAILURES)
        """The last exceptions that were shown as a line."""

    def on_mount(self) -> None:
        """Capture output of libraries on stderr, such as warnings, which Textual would drop."""
        if not self.is_headless:
            self.begin_capture_print(self, stdout=False, stderr=True)

    def on_print(self, event: Print) -> None:
        """Write captured output to the file that stderr is redirected to, masked and without control characters."""
        from tui.text.redaction import redact  # the first frame needs no patterns

        for line in safe_lines(redact(event.text[:_MOST_PRINTED])):
            if line:
                output.write_redirected(line)

    def handle_crash(self, error: Exception) -> None:
        """End the app, and let the caller of `run` report the error, unless a worker or a callback failed."""
        own = error.error if isinstance(error, WorkerFailed) else error if is_of_callback(error) else None
        if own is None or not self.take_failure(own):
            self.end_with(error, ExitCode.FAILED)

    def take_failure(self, error: BaseException) -> bool:
        if os.environ.get("REFLOWTOP_DEBUG") or is_of_drawing(error) or not (self.screen_stack and self.is_running):
            return False
        text, top = describe_failure(error), self.screen
        self.failures.append(error.with_traceback(None))  # its frames hold screens and rows
        if isinstance(top, BaseScreen):
            top.show_error(text)
        else:
            show_toast(self, "", text, "error")
        return True

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action of a key, a click, the palette or the `:` prompt, and report its exceptions."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:
            if not self.take_failure(error):
                raise
            return True
