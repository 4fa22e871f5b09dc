"""reflowtop: a terminal dashboard for running reflow workflows."""
