"""The process behind `LocalService`: ministack, serving on a socket that it inherits.

Run by path, `python -P service_process.py FD`, so that neither the working directory nor the rest of this package is
imported. It lives as long as its standard input stays open.
"""

import asyncio
import os
import sys
import threading


def main() -> None:
    """Serve on the listening socket whose descriptor is the first argument."""
    # First of all, since the imports take a while and the parent may be gone before they are done.
    threading.Thread(target=exit_with_parent, daemon=True).start()

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app  # type: ignore[import-untyped]

    config = Config()
    config.bind = [f"fd://{sys.argv[1]}"]
    config.keep_alive_timeout = 75  # longer than any AWS client keeps an idle connection for reuse
    config.loglevel = "ERROR"
    asyncio.run(serve(app, config))


def exit_with_parent() -> None:
    """Wait for the parent's end of the pipe to close, which the kernel does however the parent ends."""
    os.read(0, 1)
    os._exit(0)


if __name__ == "__main__":
    main()
