import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind, Resources, Run, Task
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tui.export.incident.whole_rows import separated, whole_run, whole_task
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State


def record_of(task: Task, *rows: Any) -> dict[str, Any]:
    cluster = Cluster(NOW)
    cluster.add([task, *rows])
    return whole_task(cluster, task)


@pytest.mark.parametrize("row", [Run(), make_run(1)])
def test_every_field_of_a_run_is_under_its_name(row: Run) -> None:
    assert whole_run(row, State.RUNNING).keys() == {*row.__struct_fields__, "state"}


def test_fields_without_a_value_are_null_or_empty() -> None:
    fields = whole_run(Run(), State.LOST)
    assert {name for name, value in fields.items() if value is not None} == {"state", "labels", "args"}
    assert (fields["labels"], fields["args"]) == ({}, [])
    record = record_of(make_task(1, 1, resources=Resources(), ident="", attempt=0))
    assert (record["resources"], record["ident"], record["attempt"]) == ({}, None, 0)


def test_digests_are_whole_and_times_in_utc() -> None:
    fields = whole_run(make_run(1, run_log=digest("log")), State.RUNNING)
    assert fields["id"] == str(run_id(1))
    assert fields["run_log"] == str(digest("log"))
    assert fields["start"] == "2026-11-01T11:03:41Z"


def test_the_error_of_a_task_is_text_with_its_kind() -> None:
    failed = record_of(make_task(1, 1, end=ago(seconds=5), err=OOM))
    assert (failed["err"], failed["err_kind"]) == ("exec samtools: OOM error: killed", "OOM")
    assert failed["state"] == "failed"
    nested = Error(ErrorKind.NET, "pull", (), Error(ErrorKind.TIMEOUT, "dial"))
    assert record_of(make_task(1, 1, end=NOW, err=nested))["err_kind"] == str(ErrorKind.NET)
    running = record_of(make_task(1, 1))
    assert (running["err"], running["err_kind"]) == (None, None)


def test_the_alloc_and_the_pool_are_within_the_task() -> None:
    record = record_of(make_task(1, 1), make_alloc(), make_pool())
    assert record["alloc"]["alloc_id"] == "a1"
    assert record["alloc"]["pool"]["pool_id"] == "i-0abc"
    assert record["alloc"]["pool"]["cluster"] == {"cluster_name": None, "user": None, "reflow_version": None}
    assert record_of(make_task(1, 1), make_alloc())["alloc"]["pool"] is None
    assert record_of(make_task(1, 1))["alloc"] is None


def test_any_record_is_json() -> None:
    record = record_of(make_task(1, 1, end=NOW, err=OOM), make_alloc(), make_pool())
    assert json.loads(msgspec.json.encode(record)) == record


@given(st.lists(st.lists(st.text("ab", min_size=1), min_size=1, max_size=4)))
def test_values_of_several_lines_have_commas_between_them(items: list[list[str]]) -> None:
    lines = list(separated(map(iter, items)))
    assert "\n".join(lines) == ",\n".join("\n".join(item) for item in items)
