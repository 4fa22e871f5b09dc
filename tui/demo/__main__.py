"""`python -m tui.demo` is the process of the simulated cluster. `reflowtop demo` starts it."""

from tui.demo.simulate import main

main()
