"""Hooks that print messages of Python and libraries on stderr: one line each, masked, without control characters.

The messages are warnings, records of loggers without a handler, and exceptions in threads and finalizers.
"""

import logging
import sys
import threading
import warnings
from typing import TextIO

from tui.exit_status import describe_failure, print_stderr

_LONGEST = 4_000  # characters of a record


class _LastResort(logging.Handler):
    """Prints records of WARNING and above of loggers without a handler, in place of `logging.lastResort`."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text = f"{text}: {describe_failure(record.exc_info[1])}"
            print_stderr(text[:_LONGEST])
        except Exception as error:  # a malformed record of a library must not end the program
            print_stderr(f"a log record of {record.name} cannot be shown: {type(error).__name__}")


def install() -> None:
    """Install the hooks, for the rest of the process."""
    logging.lastResort = _LastResort(logging.WARNING)
    warnings.showwarning = _show_warning
    threading.excepthook = _show_thread_failure
    sys.unraisablehook = _show_unraisable


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    print_stderr(f"{category.__name__}: {message}"[:_LONGEST])


def _show_thread_failure(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is not None and not isinstance(failure.exc_value, SystemExit):
        print_stderr(describe_failure(failure.exc_value))


def _show_unraisable(failure: "sys.UnraisableHookArgs") -> None:
    if failure.exc_value is not None:
        print_stderr(describe_failure(failure.exc_value))
