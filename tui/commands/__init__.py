"""The commands of `reflowtop`, one module each, and their declarations in the modules `*_commands`.

A declaration checks the flags, imports the module of its command, and calls a function of it, which returns the exit
status. `flags` declares the flags that commands share. Commands import neither screens nor widgets.
"""
