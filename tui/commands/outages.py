"""Reports of the start and the end of outages on standard error, for commands that keep reading."""

from store import Error
from tui.exit_status import print_stderr
from tui.watch.polling.error_texts import describe_retry, explain


class OutageReporter:
    """Prints each new reason why reads fail, and the first success after it."""

    def __init__(self) -> None:
        self._trouble = ""

    def report(self, error: Error | None) -> None:
        """Take the error of the last refresh; None if it succeeded."""
        trouble = "" if error is None else f"{explain(error, is_polling=True).rstrip('.')}. {describe_retry(error)}"
        if trouble != self._trouble:
            print_stderr(trouble or "reads succeed again")
            self._trouble = trouble
