"""UpdateItem requests; test_writes.py holds them against those of the Go code."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from store import Digest, Error, ErrorKind, Resources, RunID, TaskID
from store.dynamo import update
from store.dynamo.update import Request

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
RUN, TASK = RunID.compute(b"run"), TaskID.compute(b"task")
LOG = Digest.compute(b"log")

UPDATES = {
    "run_attrs": update.run_attrs(RUN, LOG, ["-b", "-a"]),
    "run_complete": update.run_complete(RUN, LOG, LOG, LOG, NOON),
    "lease": update.lease("keep_run_alive", RUN, NOON),
    "task_result": update.task_result(TASK, LOG),
    "task_uri": update.task_uri(TASK, "https://host/exec"),
    "task_attrs": update.task_attrs(TASK, LOG, LOG, LOG),
    "task_complete": update.task_complete(TASK, None, NOON),
    "task_failed": update.task_complete(TASK, Error(ErrorKind.OOM, "exec"), NOON),
    "resources": update.resources(TASK, Resources({"cpu": 1})),
    "end_time": update.end_time(RUN, NOON),
}


def columns(request: Request) -> dict[str, Any]:
    """Return the columns that a request sets."""
    assignments = request["UpdateExpression"].partition(" REMOVE ")[0].removeprefix("SET ").split(", ")
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    return {names[name]: values[value] for name, value in (assignment.split(" = ") for assignment in assignments)}


def removed(request: Request) -> list[str]:
    _, _, listed = request["UpdateExpression"].partition(" REMOVE ")
    return [request["ExpressionAttributeNames"][name] for name in listed.split(", ") if name]


@pytest.mark.parametrize("name", UPDATES)
def test_every_update_requires_the_row(name: str) -> None:
    request = UPDATES[name]
    assert request["ConditionExpression"] == "attribute_exists(#ID)"
    assert request["Key"] == {"ID": {"S": str(TASK if name.startswith(("task", "resources")) else RUN)}}


@pytest.mark.parametrize("name", UPDATES)
def test_every_placeholder_is_declared_and_used(name: str) -> None:
    request = UPDATES[name]
    expressions = f"{request['UpdateExpression']} {request['ConditionExpression']}"
    assert set(re.findall(r"#\w+", expressions)) == set(request["ExpressionAttributeNames"])
    assert set(re.findall(r":\w+", expressions)) == set(request["ExpressionAttributeValues"])
    assert not re.search(r"(?<![#:\w])(Date|Error|Labels|User|Type)\b", expressions)  # reserved words


def test_completing_a_run_keeps_logs_that_are_not_given() -> None:
    request = update.run_complete(RUN, LOG, Digest.ZERO, Digest.ZERO, NOON)
    assert columns(request) == {"EndTime": {"S": "2026-11-01T12:00:00Z"}, "RunLog": {"S": str(LOG)}}


def test_completing_a_task_without_an_error_removes_an_older_one() -> None:
    assert columns(UPDATES["task_complete"]) == {"EndTime": {"S": "2026-11-01T12:00:00Z"}}
    assert removed(UPDATES["task_complete"]) == ["Error"]
    assert removed(UPDATES["task_failed"]) == []
    assert Error.from_json(columns(UPDATES["task_failed"])["Error"]["S"]).kind is ErrorKind.OOM


@pytest.mark.parametrize(("short", "most"), [(False, 256 * 1024), (True, 4096)])
def test_the_error_of_a_task_is_cut(short: bool, most: int) -> None:
    text = columns(update.task_complete(TASK, Exception("x" * 400_000), NOON, short=short))["Error"]["S"]
    assert len(text) <= most
    assert "cut from 4000" in text
    assert Error.from_json(text).kind is ErrorKind.OTHER


def test_new_arguments_leave_no_order_of_older_ones() -> None:
    in_order = columns(update.run_attrs(RUN, LOG, ["b", "a"]))
    assert in_order["ArgList"] == {"L": [{"S": "b"}, {"S": "a"}]}
    sorted_ones = update.run_attrs(RUN, LOG, ["a", "b"])
    assert columns(sorted_ones)["Args"] == {"SS": ["a", "b"]}
    assert removed(sorted_ones) == ["ArgList"]
    without = update.run_attrs(RUN, LOG, [])
    assert columns(without) == {"Bundle": {"S": str(LOG)}}
    assert removed(without) == []


def test_a_lease_moves_its_row_to_the_partition_of_its_day() -> None:
    assert columns(update.lease("keep_id_alive", RUN, NOON)) == {
        "Keepalive": {"S": "2026-11-01T12:00:00Z"},
        "Date": {"S": "2026-11-01"},
    }


def test_an_update_of_no_row_names_the_operation() -> None:
    with pytest.raises(Error, match="the id is zero") as caught:
        update.lease("keep_run_alive", RunID(), NOON)
    assert (caught.value.kind, caught.value.op) == (ErrorKind.INVALID, "keep_run_alive")
