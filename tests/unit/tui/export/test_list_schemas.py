"""The JSON schemas of lists, and the output of the commands against them."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from store import ClusterID, Error, ErrorKind, PoolRow, Resources, Run, Task, TaskID
from tests.support.list_commands import run_list
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import ScriptedDB
from tui.export import list_schemas
from tui.lists.cells import TASK_STATES
from tui.query.time_expressions import Moment
from tui.watch.model.states import RETRIED, State

COMMANDS = {"ps": "runs", "tasks": "tasks", "pools": "pools", "failures": "failures"}
ODD = float("inf")

DB_ROWS = (
    make_run(1, labels={"Name": "a"}, args=("x",), bundle=digest("b"), run_log=digest("l"), start=ago(hours=6)),
    make_task(1, 1, end=ago(minutes=2), err=OOM),
    make_task(2, 1, end=ago(minutes=2), err=Error(ErrorKind.NET, "x"), attempt=1, start=ago(hours=2)),
    make_task(3, 1, keepalive=ago(minutes=30)),
    make_task(4, 1, start=None, keepalive=None, ident="", resources=Resources({"gpu": ODD, "cpu": float("nan")})),
    Task(id=TaskID(digest("bare")), run_id=run_id(9), keepalive=NOW),
    make_run(2, keepalive=ago(minutes=8), user=""),
    make_run(3, end=ago(minutes=1), start=None),
    Run(id=run_id(4), keepalive=NOW),
    make_alloc(resources=Resources({"cpu": 8, "mem": 1e10})),
    make_alloc("a2", "i-1", end=ago(minutes=1)),
    make_pool(resources=Resources({"cpu": 16, "mem": 2e10}), cluster=ClusterID("c", "amy", "1")),
    make_pool("i-1", keepalive=ago(minutes=9)),
    PoolRow(id=digest("i-2"), keepalive=NOW, resources=Resources({"mem": ODD})),
)


@pytest.mark.parametrize("name", COMMANDS.values())
def test_schemas_are_valid_and_describe_each_field(name: str) -> None:
    schema = list_schemas.load_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for row in schema["$defs"].values():
        assert all(facts["description"].endswith(".") for facts in row["properties"].values())
    assert next(iter(list_schemas.describe_fields(name))) in ("id", "type")
    assert "tasks" not in list_schemas.describe_fields(name)


@pytest.mark.parametrize(("name", "states"), [("run", [*State]), ("task", [*TASK_STATES, RETRIED])])
def test_schemas_name_every_state(name: str, states: list[str]) -> None:
    fields = list_schemas.load_schema(f"{name}s")["$defs"][name]["properties"]
    assert sorted(fields["state"]["enum"]) == sorted(states)
    assert sorted(filter(None, fields["later_state"]["enum"])) == sorted(State)


@pytest.mark.parametrize("past", [False, True])
@pytest.mark.parametrize(("command", "name"), COMMANDS.items())
async def test_output_is_as_the_schema_says(
    command: str, name: str, past: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    db = ScriptedDB(*DB_ROWS)
    db.cost = 0.0
    given: dict[str, Any] = {"nested": True} if command in ("ps", "pools") else {}
    if past:
        given |= {"since": Moment("5h", time=ago(hours=5)), "until": Moment("1m", time=ago(minutes=1))}
    await run_list(command, db, ended=True, **given)
    printed: Any = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    schema = list_schemas.load_schema(name)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(printed)] == []
    assert printed[name]
    for row in printed[name]:
        assert list(row) == [*list_schemas.describe_fields(name), *(["tasks"] if command == "ps" else [])]
    await run_list(command, db, "ndjson", ended=True, **given)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == printed[name]


def test_rows_of_a_schema_are_not_valid_without_a_key_or_with_a_wrong_value() -> None:
    schema = list_schemas.load_schema("failures")
    one = {"as_of": "2026-11-01T12:00:00Z", "is_complete": True, "failures": [{"id": "x"}]}
    assert not Draft202012Validator(schema).is_valid(one)
    assert Draft202012Validator(schema).is_valid({**one, "failures": []})
    assert not Draft202012Validator(schema).is_valid({**one, "failures": [], "is_complete": "yes"})
