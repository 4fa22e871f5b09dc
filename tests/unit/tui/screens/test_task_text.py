"""The sections about a task; tests/screens/test_task.py has the screen."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Digest, Error, ErrorKind, Resources, Task
from store.logs.inspect import ExecInspect, Usage
from store.model import ClusterID
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tui.screens import task_text
from tui.screens.task_text import Inspected
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row

GIB = 1 << 30


def no_address(_: Digest) -> str | None:
    return None


def sections(
    task: Task,
    *others: Row,
    inspected: Inspected = Inspected(),  # noqa: B008 - immutable
    address: Callable[[Digest], str | None] = no_address,
    width: int = 120,
) -> dict[str, list[str]]:
    """Return the lines of each section by its title, without their indent."""
    cluster = Cluster(NOW)
    cluster.add([task, *others])
    found = task_text.text(cluster, task, inspected, NOW, NOW, address, width)
    assert all(line.isprintable() for line in found.plain.split("\n"))
    blocks = (block.split("\n") for block in found.plain.split("\n\n"))
    return {title: [line.rstrip() for line in lines] for title, *lines in blocks}


def used(asked: dict[str, float], **profile: Usage) -> list[str]:
    task = make_task(1, 1, resources=Resources(asked))
    return sections(task, inspected=Inspected(ExecInspect(profile=profile)))["RESOURCES"]


def test_sections_without_content_are_left_out() -> None:
    assert list(sections(make_task(1, 1))) == ["WHERE", "RESOURCES", "TASK"]
    assert "RESOURCES" not in sections(make_task(1, 1, resources=Resources()))


def test_each_cause_is_below_what_it_caused() -> None:
    error = Error(ErrorKind.OOM, "exec", ("sort",), Error(ErrorKind.NET, "pull", (), "connection reset\nby peer"))
    assert sections(make_task(1, 1, end=NOW, err=error))["ERROR"] == [
        f"  exec sort  {ErrorKind.OOM.description}",
        f"    pull  {ErrorKind.NET.description}",
        "      connection reset",
        "      by peer",
    ]


def test_the_kind_other_says_nothing() -> None:
    assert sections(make_task(1, 1, end=NOW, err=Error(op="exec")))["ERROR"] == ["  exec"]


def test_a_long_error_ends_after_200_lines() -> None:
    error = Error(ErrorKind.OTHER, "exec", (), "line\n" * 1000)
    assert len(sections(make_task(1, 1, end=NOW, err=error))["ERROR"]) == 1 + 200


def test_attempts_stand_side_by_side_with_this_one_marked() -> None:
    flow = digest("flow")
    first = make_task(1, 1, attempt=0, flow_id=flow, end=ago(minutes=2), start=ago(minutes=5), err=OOM)
    second = make_task(2, 1, attempt=1, flow_id=flow)
    lines = sections(second, first)["ATTEMPTS"]
    assert lines[0].split() == ["1:", "00000000", "▸", "2:", "00000000"]
    assert lines[1].split() == ["state", "✗", "retried", "●", "running"]
    assert lines[3].split()[0] == "took"
    assert "killed" in next(line for line in lines if line.lstrip().startswith("error"))
    assert "ATTEMPTS" not in sections(second)


def test_the_alloc_pool_and_host_of_a_task() -> None:
    pool = make_pool(cluster=ClusterID("batch", "amy", "reflow1.26"), resources=Resources({"mem": 64 * GIB}))
    lines = [line.split() for line in sections(make_task(1, 1), make_alloc(), pool)["WHERE"]]
    assert [line[:2] for line in lines] == [
        ["alloc", "a1"],
        ["pool", "i-0abc"],
        ["mem:64G"],
        ["host", "i-0abc.example.com"],
        ["cluster", "batch"],
    ]


def test_rows_that_were_not_read_are_named_by_their_digest() -> None:
    assert sections(make_task(1, 1))["WHERE"] == [f"  alloc     {digest('a1').short}  not read yet"]
    lines = sections(make_task(1, 1), make_alloc())["WHERE"]
    assert lines[-1] == f"  pool      {digest('i-0abc').short}  not read yet"
    assert sections(make_task(1, 1, alloc_id=Digest.ZERO))["WHERE"][0].split() == ["alloc", "-"]


# Resources.


def test_resources_without_a_measurement() -> None:
    assert used({"mem": 16 * GIB, "cpu": 4, "disk": 0}) == ["  cpu       4", "  mem       16G"]


def test_the_peak_and_the_mean_are_compared_with_what_was_requested() -> None:
    (line,) = used({"mem": 16 * GIB}, mem=Usage(max=8 * GIB, mean=4 * GIB))
    assert line == "  mem       ██████████··········  50%  peak 8G of 16G, mean 4G"


def test_more_than_requested_fills_the_bar() -> None:
    (line,) = used({"disk": GIB}, disk=Usage(max=2 * GIB, mean=GIB))
    assert "█" * 20 in line
    assert "200%" in line


def test_resources_used_without_a_request_have_no_share() -> None:
    (line,) = used({}, gpu=Usage(max=2, mean=1))
    assert line.split() == ["gpu", "peak", "2", "of", "-,", "mean", "1"]
    assert "%" not in line


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_any_amounts_are_shown(asked: float, most: float) -> None:
    assert used({"mem": asked}, mem=Usage(max=most, mean=most)) or not asked


def test_the_reason_why_there_is_no_measurement() -> None:
    lines = sections(make_task(1, 1), inspected=Inspected(reason="access denied"))["RESOURCES"]
    assert lines[-1].strip() == "access denied"


# What ran, and what it left.


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"exit_code": 137, "oom_killed": True}, "137, killed: out of memory"),
        ({"exit_code": 0}, "0"),
        ({}, "-"),
    ],
)
def test_the_exec_with_its_exit_code(fields: dict[str, Any], code: str) -> None:
    inspect = ExecInspect(image="reg/samtools:1", command="samtools \\\n  sort\x1b[31m", **fields)
    assert sections(make_task(1, 1), inspected=Inspected(inspect))["EXEC"] == [
        "  image     reg/samtools:1",
        "  command   samtools \\",
        "              sort␛[31m",
        f"  exit code {code}",
    ]


def test_objects_are_linked_by_their_whole_address() -> None:
    task = make_task(1, 1, stderr=digest("err"))
    run = make_run(1, run_log=digest("log"))
    lines = sections(task, run, address=lambda each: f"https://console/{each.short}")["OBJECTS"]
    assert lines == [
        f"  stderr    {digest('err')}",
        f"    https://console/{digest('err').short}",
        f"  run log   {digest('log')}",
        f"    https://console/{digest('log').short}",
    ]
    assert len(sections(task, run)["OBJECTS"]) == 2


@pytest.mark.parametrize("width", [30, 60, 82, 83, 84, 120])
def test_no_line_is_wider_than_the_screen_and_nothing_is_lost(width: int) -> None:
    uri = "host/" + "0123456789" * 30
    lines = sections(make_task(1, 1, uri=uri), make_run(1), width=width)["TASK"]
    assert all(len(line) <= width for line in lines)
    together = "".join("".join(lines).split())
    assert uri in together
    assert str(run_id(1)) in together
