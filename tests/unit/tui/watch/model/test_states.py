"""The facts about states: drawn, ordered and classified in one place."""

from datetime import timedelta

import pytest
from rich.cells import cell_len

from store import Liveness, Run
from tests.support.rows import NOW, OOM, ago, make_run, make_task
from tui.watch.model.states import (
    BY_URGENCY,
    State,
    is_expired,
    is_late,
    liveness_facts,
    open_state,
    run_state,
    task_state,
)

EXPIRED = {State.STALE, State.LOST}


def test_labels_of_liveness() -> None:
    assert {alive: liveness_facts(alive).label for alive in Liveness} == {
        Liveness.STARTING: "○ starting",
        Liveness.LIVE: "● live",
        Liveness.STALE: "◌ stale",
        Liveness.LOST: "✗ lost",
        Liveness.ENDED: "■ ended",
    }


def test_states_differ_without_colour() -> None:
    assert all(cell_len(state.glyph) == 1 and state.tone for state in State)
    assert len({state.label for state in State}) == len(State)


def test_each_order_ranks_every_state_once() -> None:
    ranks = list(range(len(State)))
    assert sorted(state.urgency for state in State) == ranks, "each state has an urgency of its own, without gaps"
    assert sorted(state.task_urgency for state in State) == ranks, "the same for the urgency of tasks"
    assert BY_URGENCY[0] is State.FAILING
    assert BY_URGENCY[-1] is State.SUCCEEDED


def test_classes_of_states() -> None:
    assert {state for state in State if state.is_expired} == EXPIRED
    assert {state for state in State if state.is_failed} == {State.FAILING, State.FAILED}
    assert {state for state in State if state.has_ended} == {State.FAILED, State.SUCCEEDED}
    assert {state for state in State if state.needs_attention} == EXPIRED | {State.FAILING, State.FAILED, State.STALLED}
    assert {alive for alive in Liveness if is_expired(alive)} == {Liveness.STALE, Liveness.LOST}


def test_open_state_refuses_an_ended_row() -> None:
    assert [open_state(alive) for alive in Liveness if alive is not Liveness.ENDED] == [
        State.STARTING,
        State.RUNNING,
        State.STALE,
        State.LOST,
    ]
    with pytest.raises(ValueError, match="ended"):
        open_state(Liveness.ENDED)


def test_an_expired_lease_takes_precedence_over_failed_flows() -> None:
    expired = make_run(1, keepalive=ago(minutes=3), start=ago(minutes=9))
    assert run_state(expired, 2, NOW) is State.STALE
    assert run_state(expired, 2, NOW + timedelta(minutes=9)) is State.LOST
    assert run_state(make_run(1), 2, NOW) is State.FAILING
    assert run_state(make_run(1, end=ago(minutes=1)), 2, NOW) is State.FAILED
    assert run_state(make_run(1, end=ago(minutes=1)), 0, NOW) is State.SUCCEEDED


def test_a_live_run_without_a_live_task_is_stalled() -> None:
    assert run_state(make_run(1), 0, NOW, is_stalled=True) is State.STALLED
    assert run_state(make_run(1), 2, NOW, is_stalled=True) is State.FAILING
    assert run_state(make_run(1, keepalive=ago(minutes=3)), 0, NOW, is_stalled=True) is State.STALE
    assert run_state(make_run(1, keepalive=None, start=ago(seconds=9)), 0, NOW, is_stalled=True) is State.STARTING
    assert run_state(make_run(1, end=ago(minutes=1)), 0, NOW, is_stalled=True) is State.SUCCEEDED


@pytest.mark.parametrize(
    ("row", "late"),
    [
        (make_run(1), False),
        (make_run(1, keepalive=NOW), False),
        (make_run(1, keepalive=ago(seconds=1)), True),
        (make_run(1, keepalive=ago(seconds=60)), True),
        (make_run(1, keepalive=ago(seconds=61)), False),  # stale
        (make_run(1, keepalive=ago(seconds=1), end=NOW), False),
        (make_run(1, keepalive=None, start=ago(seconds=1)), False),  # starting
    ],
)
def test_a_live_row_with_an_expired_lease_is_late(row: Run, late: bool) -> None:
    assert is_late(row, NOW) is late


def test_a_lease_that_was_seen_to_move_is_not_late() -> None:
    behind = make_run(1, keepalive=ago(minutes=30))
    assert not is_late(behind, NOW, moved=ago(seconds=119))
    assert is_late(behind, NOW, moved=ago(seconds=121))


def test_task_states() -> None:
    assert task_state(make_task(1, 1), NOW) is State.RUNNING
    assert task_state(make_task(1, 1, end=ago(minutes=1)), NOW) is State.SUCCEEDED
    assert task_state(make_task(1, 1, end=ago(minutes=1), err=OOM), NOW) is State.FAILED
