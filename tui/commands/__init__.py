"""The commands of `reflowtop`, one module each.

Each module has a function `run`, which `tui.cli` calls with the settings and the arguments, and which returns the exit
status. `flags` declares the flags that commands share. Commands import neither screens nor widgets.
"""
