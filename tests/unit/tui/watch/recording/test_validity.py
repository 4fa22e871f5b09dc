"""Rows and numbers that no recording may hold."""

import math
from datetime import datetime, timedelta

import msgspec
import pytest

from store import Digest, Error, ErrorKind, Resources, RunID
from tests.support.rows import NOW, OOM, make_alloc, make_pool, make_run, make_task
from tui.watch.model.rows import Row
from tui.watch.polling.status import Status
from tui.watch.recording.frames import RecordingError
from tui.watch.recording.validity import check_numbers, find_fault

ALLOC = make_alloc()
NAIVE = datetime(2026, 11, 1)


def deep(causes: int) -> Error:
    error = OOM
    for _ in range(causes):
        error = Error(ErrorKind.OTHER, "exec", (), error)
    return error


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (make_run(1), ""),
        (make_task(1, 1, end=NOW, err=deep(500)), ""),
        (make_run(1, start=NOW.replace(year=9999)), "its start is not in the calendar"),
        (make_run(1, keepalive=NOW.replace(year=1)), "its keepalive is not in the calendar"),
        (make_run(1, end=NAIVE), "its end is not in the calendar"),
        (make_task(1, 1, attempt=10**30), "its attempt has 100 bits"),
        (make_task(1, 1, err=deep(2000)), "its error has too many causes"),
        (make_task(1, 1, resources=Resources({"cpu": math.nan})), "its resources are not finite numbers"),
        (make_pool(resources=Resources({"mem": math.inf})), "its resources are not finite numbers"),
        (make_alloc(resources=Resources({"disk": -1e300})), "its resources are not finite numbers"),
        (
            msgspec.structs.replace(make_alloc(), pool=make_pool(start=NAIVE)),
            "its pool: its start is not in the calendar",
        ),
        (make_task(1, 1, alloc=make_alloc(start=NAIVE)), "its alloc: its start is not in the calendar"),
    ],
)
def test_faults_of_rows(row: Row, fault: str) -> None:
    assert find_fault(row) == fault


def test_a_row_needs_an_id() -> None:
    assert find_fault(type(make_run(1))(id=RunID())) == "it has no id"
    assert find_fault(type(make_pool())(id=Digest.ZERO)) == "it has no id"


@pytest.mark.parametrize(
    "value",
    [
        *(math.nan, math.inf, 1e300, 10**30, -(10**30), timedelta(days=40_000), NAIVE, NOW.replace(year=9999)),
        *((1, (math.nan,)), Status(consumed=math.inf), Status(every=timedelta(days=40_000)), Status(as_of=NAIVE), {}),
    ],
)
def test_numbers_that_are_refused(value: object) -> None:
    with pytest.raises(RecordingError):
        check_numbers(value)


def test_numbers_that_are_taken() -> None:
    check_numbers(Status(as_of=NOW, error=OOM, unreadable=(OOM,), consumed=1e9, refreshes=10**9))
