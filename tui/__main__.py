"""Runs `reflowtop`, also as `python -m tui`."""

import gc


def main() -> None:
    """Run the command line of this process, and exit with its status."""
    gc.disable()  # what the imports create stays: to look for garbage in it took 5 ms
    from tui import cli

    gc.freeze()
    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
