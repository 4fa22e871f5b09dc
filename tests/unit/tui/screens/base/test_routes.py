import pytest

from store import Digest
from tests.support.findings import find
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tui.screens.base.routes import (
    FindingRoute,
    FindingsRoute,
    HostRoute,
    IdentsRoute,
    LogsRoute,
    PoolsRoute,
    Route,
    RunRoute,
    RunsRoute,
    TaskRoute,
    TimelineRoute,
)

(FINDING,) = find(make_run(1), make_task(1, 1, end=ago(seconds=5), err=OOM))
FAILING = FindingRoute(FINDING.cause, FINDING)
ALL = [
    RunsRoute(),
    RunRoute(run_id(1)),
    RunRoute(run_id(2)),
    TimelineRoute(run_id(1)),
    TaskRoute.for_task(make_task(1, 1)),
    FindingsRoute(),
    FindingsRoute(run_id(1)),
    FAILING,
    PoolsRoute(),
    HostRoute.for_row(make_pool()),
    HostRoute.for_row(make_alloc()),
    IdentsRoute(RunRoute(run_id(1))),
    IdentsRoute(HostRoute.for_row(make_pool())),
    IdentsRoute(FAILING),
    LogsRoute.for_row(make_run(1)),
    LogsRoute.for_row(make_task(1, 1)),
]


def test_different_routes_differ() -> None:
    assert len(set(ALL)) == len(ALL)
    assert all((one == other) is (one is other) for one in ALL for other in ALL)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (HostRoute.for_row(make_pool()), HostRoute.for_row(make_pool(end=NOW))),
        (LogsRoute.for_row(make_task(1, 1)), LogsRoute.for_row(make_task(1, 1, end=NOW, err=OOM))),
        (TaskRoute.for_task(make_task(1, 1)), TaskRoute.for_task(make_task(1, 1, uri="exec"))),
        (
            TaskRoute.for_task(make_task(1, 1, flow_id=digest("f"))),
            TaskRoute.for_task(make_task(2, 1, flow_id=digest("f"))),
        ),
        (IdentsRoute(RunRoute(run_id(1))), IdentsRoute(RunRoute(run_id(1)))),
        (RunRoute(run_id(1)), RunRoute(run_id(1))),
    ],
)
def test_a_later_state_of_the_row_is_the_same_place(one: Route, other: Route) -> None:
    assert one == other
    assert hash(one) == hash(other)


def test_tasks_without_a_flow_are_places_of_their_own() -> None:
    one, other = (TaskRoute.for_task(make_task(n, 1, flow_id=Digest.ZERO)) for n in (1, 2))
    assert one != other
    assert one.flow == task_id(1)


def test_one_flow_in_two_runs_is_two_places() -> None:
    one, other = (TaskRoute.for_task(make_task(1, run, flow_id=digest("f"))) for run in (1, 2))
    assert one != other


def test_a_route_is_no_row() -> None:
    assert LogsRoute.for_row(make_run(1)) != run_id(1)
    assert LogsRoute.for_row(make_run(1)) != HostRoute(run_id(1), make_pool())
