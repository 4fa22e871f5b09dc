"""The errors of the simulated cluster."""

import random

import pytest

from store import Error, ErrorKind, Task
from tests.support.simulated import World
from tui.demo.faults import Fault, exit_status, host_gone, out_of_memory, pull_timeout, throttled
from tui.demo.workflow import SORT


async def test_errors_are_chained(world: World) -> None:
    errors = [task.err for task in world.rows(Task) if task.err is not None]
    nested = [error for error in errors if isinstance(error.cause, Error)]
    assert {error.kind for error in nested} >= {ErrorKind.OOM, ErrorKind.NET, ErrorKind.TEMPORARY}
    assert all(":\n\t" in str(error) for error in nested)


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (out_of_memory, ErrorKind.OOM, "of 16 GiB, exit status 137"),
        (pull_timeout, ErrorKind.NET, "i/o timeout"),
        (exit_status, ErrorKind.DOCKER_EXEC, "exited with code"),
        (throttled, ErrorKind.TEMPORARY, "SlowDown"),
        (host_gone, ErrorKind.UNAVAILABLE, "connection refused"),
    ],
)
def test_each_fault_has_its_kind_and_survives_encoding(fault: Fault, kind: ErrorKind, text: str) -> None:
    error = fault(SORT, random.Random(1))
    assert error.kind is kind
    assert text in str(error)
    assert Error.from_json(error.to_json()) == error
