"""Crash reports: files with the traceback of an unexpected exception, without secrets."""

import itertools
import os
import platform
import sys
import time
import traceback
from pathlib import Path

_MOST = 1 << 20  # characters of a traceback, whose end says most
_numbers = itertools.count(1)  # one for each report of this process: the time in the name has whole seconds only


def origin_of(error: BaseException) -> str:
    """Return the type of `error` and the line that raised it: `KeyError tui/app.py:20`."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def write_crash_report(error: BaseException, program: str) -> Path | None:
    """Write the traceback of `error` to a new file in the log folder of `program`.

    Return the path, or None if the file cannot be written. Only the user may read the file, because messages of errors
    can quote rows. It does not contain the values of variables, and secrets in messages and arguments are masked.
    """
    import platformdirs

    from tui.text.redaction import redact, redact_args

    body = redact("".join(traceback.format_exception(error))[-_MOST:])
    about = f"{program}, Python {platform.python_version()}, {platform.platform()}, TERM={os.environ.get('TERM', '')}"
    name = f"crash-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}-{next(_numbers)}.txt"
    try:
        path = platformdirs.user_log_path(program, appauthor=False, ensure_exists=True) / name
        # Like `new_files.create`, which knows the settings: never over another file, nor through a link.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(path, flags, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{about}\n{' '.join(redact_args(sys.argv))}\n\n{body}")
    except OSError:
        return None
    return path
