"""`python -m tui` is `reflowtop`."""

from tui.cli import main

main()
