"""The legend of states against the rules that decide them."""

from datetime import timedelta

import pytest

from store import Liveness
from store.lease import GRACE, SKEW
from tests.support.rows import NOW, make_run
from tui.lists import legend
from tui.text import durations
from tui.watch.model.states import BY_URGENCY, State, run_state

_MEANINGS = {sign.label.split()[-1]: sign.meaning for sign in legend.signs()}


def test_legend_has_every_state_once_and_late_after_stale() -> None:
    labels = [sign.label.split()[-1] for sign in legend.signs()]
    assert [label for label in labels if label in {str(state) for state in State}] == [str(s) for s in BY_URGENCY]
    assert labels.index("late") == labels.index("stale") + 1
    assert labels.count("retried") == 1
    assert set(labels) >= {str(alive) for alive in Liveness}, "of pools and allocs"


@pytest.mark.parametrize(
    ("after", "state"), [(SKEW + timedelta(seconds=1), State.STALE), (GRACE, State.LOST)], ids=["stale", "lost"]
)
def test_legend_names_the_minutes_after_which_a_state_begins(after: timedelta, state: State) -> None:
    run = make_run(1, start=NOW - timedelta(hours=1), keepalive=NOW - after)
    assert run_state(run, 0, NOW) is state
    assert f"lease expired {durations.age(after)}" in _MEANINGS[state]
