"""The log file of `--log-file`: what reflowtop and its libraries log, one line for each record, without secrets.

Textual shows no log, and a log on stderr would break the screen. Without the option nothing is logged.
"""

import contextlib
import io
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from tui.terminal import new_files
from tui.text.redaction import redact_line
from tui.text.safe import safe

_MOST = 20_000  # cells of a record that are written
_LOUD = ("botocore", "aiobotocore", "aiohttp", "urllib3", "boto3", "markdown_it", "asyncio")
"""Libraries whose DEBUG records are bodies of requests: only what they say of errors and retries is kept."""


_log = logging.getLogger(__name__)
_descriptors: list[int] = []  # of the log file, if there is one


class LogFileError(OSError):
    """The log file cannot be written; the message is one line that names it."""


class OneLineFormatter(logging.Formatter):
    """Formats a record, with its traceback, as one line: secrets masked, control characters visible."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for `record`, at most some 20,000 characters."""
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        try:
            text = record.getMessage()
        except Exception as error:  # a library has passed the wrong arguments
            text = f"a record that cannot be shown: {type(error).__name__}"
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}\n{''.join(traceback.format_exception(record.exc_info[1]))}"
        line = redact_line(text, _MOST)  # the message only: a logger named `credentials` would mask it
        return f"{when}.{int(record.msecs):03}Z {record.levelname} {safe(f'{record.name}: {line}', _MOST)}"


class _FileHandler(logging.StreamHandler[TextIO]):
    """Writes records to the log file. The log ends at the first one that cannot be written, with a line on stderr."""

    def __init__(self, stream: TextIO, path: Path, report: Callable[[str], None]) -> None:
        super().__init__(stream)
        self._path = path
        self._report = report

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name of logging
        logging.getLogger().removeHandler(self)
        error = sys.exception()
        reason = new_files.explain(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        self._report(f"--log-file: {new_files.shorten(self._path)}: {reason}; nothing more is logged")


def log_to(path: Path, report: Callable[[str], None]) -> Callable[[], None]:
    """Log to a new file at `path`, which only its owner can read; return a function that ends that.

    Calls `report` with a line, not yet safe to show, if the file can no longer be written; the log ends then.
    Raises LogFileError if there is anything at `path`, also a symbolic link, or it cannot be created.
    """
    try:
        file = new_files.create(path)
    except FileExistsError as error:
        raise LogFileError(f"--log-file: {path} exists already; name a new file") from error
    except OSError as error:
        raise LogFileError(f"--log-file: {path}: {new_files.explain(error)}") from error
    stream = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", line_buffering=True)
    handler = _FileHandler(stream, path, report)
    handler.setFormatter(OneLineFormatter())
    logging.captureWarnings(True)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.INFO)
    _descriptors.append(stream.fileno())

    def end() -> None:
        _descriptors.remove(stream.fileno())
        root.removeHandler(handler)
        root.setLevel(level)
        logging.captureWarnings(False)
        with contextlib.suppress(OSError):  # reported when it was written
            stream.close()

    return end


def write_past_locks(text: str) -> None:
    """Write `text` to the log file, if there is one, without the lock of the log, which a blocked thread may hold.

    A record that the blocked thread was writing may be cut in two by it.
    """
    record = _log.makeRecord(_log.name, logging.WARNING, "", 0, text, (), None)
    line = f"{OneLineFormatter().format(record)}\n".encode("utf-8", "backslashreplace")
    for descriptor in _descriptors:
        with contextlib.suppress(OSError):
            os.write(descriptor, line)
