"""The order in which hosts and runs stopped."""

from datetime import datetime, timedelta

import pytest

from store.lease import LEASE, RENEWAL
from tests.support.rows import ago, make_alloc, make_pool, make_run, make_task
from tui.watch.model.stop_order import TOGETHER, StopOrder, stop_order, stopped_earlier

RENEWED = ago(minutes=20)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("end", "order"),
    [
        (RENEWED - SECOND, StopOrder.BEFORE),
        (RENEWED, StopOrder.BEFORE),
        (RENEWED + SECOND, StopOrder.TOGETHER),
        (RENEWED + RENEWAL, StopOrder.TOGETHER),
        (RENEWED + TOGETHER - SECOND, StopOrder.TOGETHER),
        (RENEWED + TOGETHER, StopOrder.LATER),
    ],
)
def test_an_end_is_compared_with_the_last_renewal_and_the_next(end: datetime, order: StopOrder) -> None:
    lease = RENEWED + LEASE
    assert stop_order(make_pool(end=end), make_run(1, keepalive=lease)) is order
    assert stop_order(make_alloc(end=end), make_task(1, 1, keepalive=lease)) is order


@pytest.mark.parametrize(
    ("later", "order"),
    [
        (-TOGETHER - SECOND, StopOrder.BEFORE),
        (-TOGETHER, StopOrder.TOGETHER),
        (TOGETHER, StopOrder.TOGETHER),
        (TOGETHER + SECOND, StopOrder.LATER),
    ],
)
def test_leases_are_compared_with_each_other(later: timedelta, order: StopOrder) -> None:
    run, pool = make_run(1, keepalive=RENEWED), make_pool(keepalive=RENEWED + later)
    assert stop_order(pool, run) is order
    assert stopped_earlier(run, pool) == -later


def test_a_row_without_times_has_no_order() -> None:
    run = make_run(1, keepalive=None, start=None)
    assert stop_order(make_pool(end=RENEWED), run) is StopOrder.TOGETHER
    assert stop_order(make_pool(), run) is StopOrder.TOGETHER
    assert stopped_earlier(run, make_pool()) is None
