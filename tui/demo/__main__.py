"""Runs the simulated cluster. `reflowtop demo` starts this process."""

from tui.demo.simulate import main

main()
