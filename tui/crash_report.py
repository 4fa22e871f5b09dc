"""A report of what should not have happened, for whoever mends it."""

import os
import platform
import sys
import time
import traceback
from pathlib import Path


def write_crash_report(error: BaseException, program: str) -> Path | None:
    """Write where `error` came from to a new file among the user's logs; returns its path, or None if that fails.

    Only the user may read it: messages of errors can quote rows. The values of variables are not in it.
    """
    import platformdirs

    body = "".join(traceback.format_exception(error))
    about = f"{program}, Python {platform.python_version()}, {platform.platform()}, TERM={os.environ.get('TERM', '')}"
    name = f"crash-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.txt"
    try:
        path = platformdirs.user_log_path(program, appauthor=False, ensure_exists=True) / name
        path.touch(0o600)
        path.write_text(f"{about}\n{' '.join(sys.argv)}\n\n{body}", encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None
    return path
