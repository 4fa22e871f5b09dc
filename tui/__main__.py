"""Runs `reflowtop`, also as `python -m tui`."""

import gc
import sys


def main() -> None:
    """Run the command line, and exit with its status, unless the package `store` is not ours.

    PyPI has another distribution of that name, which overwrites it if both are installed.
    """
    gc.disable()  # what the imports create stays: to look for garbage in it took 5 ms
    import store

    if not hasattr(store, "TaskDB"):
        sys.exit(
            f"reflowtop: {store.__file__} is not reflowtop's: another distribution has overwritten the package "
            "`store`; run `pip uninstall store` and `pip install --force-reinstall reflowtop`"
        )
    from tui import cli  # imports names of `store`

    gc.freeze()
    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
