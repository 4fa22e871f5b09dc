"""A task in an incident; test_markdown.py has the whole document."""

from store import Digest, Error, ErrorKind, Task
from tests.support.incidents import incident
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tui.export.incident import task_section
from tui.text.redaction import REDACTED
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row


def section(task: Task, *others: Row) -> list[str]:
    cluster = Cluster(NOW)
    cluster.add([make_run(1), task, *others])
    whole = incident(cluster, run_id(1))
    return list(task_section.failed(whole, whole.runs[0], task))


def failed_task(n: int = 1, **fields: object) -> Task:
    values: dict[str, object] = {"end": ago(seconds=20), "err": OOM, **fields}
    return make_task(n, 1, **values)  # type: ignore[arg-type]


def fields_of(lines: list[str]) -> dict[str, str]:
    """Return the values in the first fence, by name."""
    first = lines.index("```text")
    block = lines[first + 1 : lines.index("```", first)]
    return {line[:9].strip(): line[10:] for line in block}


def test_the_fields_that_a_task_has() -> None:
    lines = section(failed_task(attempt=2, uri="exec/1", stdout=digest("out")), make_alloc(), make_pool())
    assert fields_of(lines) == {
        "id": str(task_id(1)),
        "ident": "samtools.sort",
        "from": "2026-11-01 12:02:41 UTC to 2026-11-01 12:03:21 UTC",
        "attempt": "3",
        "alloc": "a1",
        "pool": "i-0abc r5.2xlarge i-0abc.example.com, live",
        "requested": "mem:16G cpu:4",
        "uri": "exec/1",
        "stdout": str(digest("out")),
    }
    assert lines[:3] == ["", "#### Task 00000000", ""]


def test_an_alloc_is_named_by_what_is_known_of_it() -> None:
    assert fields_of(section(failed_task()))["alloc"] == str(digest("a1"))
    assert fields_of(section(failed_task(), make_alloc(alloc_id="")))["alloc"] == str(digest("a1"))
    assert "alloc" not in fields_of(section(failed_task(alloc_id=Digest.ZERO)))


def test_the_other_attempts_of_the_flow_are_in_order() -> None:
    flow = digest("flow")
    lines = section(
        failed_task(1, attempt=2, flow_id=flow),
        failed_task(3, attempt=1, flow_id=flow),
        failed_task(2, attempt=0, flow_id=flow),
        failed_task(4, attempt=0),
    )
    earlier = [line for line in lines if line.startswith("earlier")]
    assert [line.split(":")[0] for line in earlier] == ["earlier   attempt 1", "earlier   attempt 2"]
    assert earlier[0].endswith("OOM error: killed")


def test_attempts_with_the_same_number_are_in_order_of_their_start() -> None:
    flow = digest("flow")
    lines = section(
        failed_task(1, attempt=1, flow_id=flow),
        failed_task(2, flow_id=flow, start=ago(minutes=3)),
        failed_task(3, flow_id=flow, start=ago(minutes=9)),
    )
    first, second = (line for line in lines if line.startswith("earlier"))
    assert "11:54:41 UTC to" in first
    assert "12:00:41 UTC to" in second


def test_tasks_without_a_flow_are_no_attempts_of_each_other() -> None:
    lines = section(failed_task(1, flow_id=Digest.ZERO), failed_task(2, flow_id=Digest.ZERO))
    assert not [line for line in lines if line.startswith("earlier")]


def test_the_error_has_a_fence_of_its_own_without_secrets() -> None:
    error = Error(
        ErrorKind.OTHER, "exec", (), "line 1\n```\nAWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE"
    )
    lines = section(failed_task(err=error))
    fence = lines.index("````text")
    assert lines[fence + 2] == "```"
    assert REDACTED in lines[fence + 3]
    assert "wJalr" not in "\n".join(lines)
    assert "````text" not in section(failed_task(err=None))


def test_inspect_is_among_the_commands_if_there_is_an_object() -> None:
    def commands(task: Task) -> list[str]:
        return [line.split()[1] for line in section(task) if line.startswith(("reflowtop ", "aws "))]

    assert commands(failed_task()) == ["logs", "dynamodb"]
    assert commands(failed_task(inspect=digest("i"))) == ["logs", "inspect", "dynamodb"]


def test_a_line_about_a_stale_or_lost_task() -> None:
    cluster = Cluster(NOW)
    tasks = [make_task(n, 1, start=ago(minutes=30), keepalive=ago(minutes=n)) for n in (3, 9)]
    cluster.add([make_run(1), *tasks, make_alloc(), make_pool()])
    where = "i-0abc r5.2xlarge i-0abc.example.com, live"
    assert [task_section.describe_expired(incident(cluster), task) for task in tasks] == [
        f"00000000  stale  samtools.sort  lease until 2026-11-01 12:00:41 UTC  {where}",
        f"00000000  lost  samtools.sort  lease until 2026-11-01 11:54:41 UTC  {where}",
    ]


def test_a_task_on_an_unknown_pool_ends_with_its_lease() -> None:
    cluster = Cluster(NOW)
    task = make_task(1, 1, start=ago(minutes=30), keepalive=None, ident="a\nb")
    cluster.add([make_run(1), task])
    line = task_section.describe_expired(incident(cluster), task)
    assert line.endswith(f"lease until {NONE}")
    assert "\n" not in line
