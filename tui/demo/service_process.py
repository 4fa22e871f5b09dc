"""The process of `LocalService`: ministack, serving on a socket inherited from the parent.

Run by path, `python -P service_process.py FD`, so that neither the working directory nor the rest of this package is
imported. The process ends when its standard input is closed.
"""

import asyncio
import os
import sys
import threading


def main() -> None:
    """Serve on the listening socket whose file descriptor is the first argument."""
    # Before the imports, which take a while: the parent may end before they are done.
    threading.Thread(target=exit_with_parent, daemon=True).start()

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app  # type: ignore[import-untyped]

    config = Config()
    config.bind = [f"fd://{sys.argv[1]}"]
    config.keep_alive_timeout = 75  # seconds; longer than AWS clients keep an idle connection
    config.loglevel = "ERROR"
    asyncio.run(serve(app, config))


def exit_with_parent() -> None:
    """Wait for end of file on stdin, then exit. The kernel closes the parent's end of the pipe even after SIGKILL."""
    os.read(0, 1)
    os._exit(0)


if __name__ == "__main__":
    main()
