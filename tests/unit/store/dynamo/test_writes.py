"""Every recorded write that Go got through is ours, attribute for attribute."""

import re
from datetime import datetime
from typing import Any

import pytest

from store import Digest, Error, Kind, Pool, RunID, StringDigest, Task, TaskID
from store.dynamo import encode, update
from store.memory import MemoryTaskDB
from store.model import ClusterID
from tests.support import golden

REQUESTS = {request["call"]: request for request in golden.load("requests.jsonl")}
CALLS = [
    call
    for call in golden.load("calls.json")
    if call["call"] in REQUESTS and REQUESTS[call["call"]]["status"] == 200 and call["args"].get("id") != "<zero>"
]


# Go writes these, and then cannot read the value back; we refuse the argument.
REFUSED = {
    ("CreateRun", "run H"): "labels",
    ("StartAlloc", "alloc A2"): "pool_id",
    ("CreateTask", "task T04, NaN resources"): "Resources",
    ("CreateTask", "task T06, unicode ident and negative attempt"): "attempt",
}


def time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def new_task(recorded: dict[str, Any]) -> Task:
    return Task(
        id=TaskID.parse(recorded["ID"]),
        run_id=RunID.parse(recorded["RunID"]),
        alloc_id=Digest.parse(recorded["AllocID"]),
        flow_id=Digest.parse(recorded["FlowID"]),
        img_cmd_id=Digest.parse(recorded["ImgCmdID"]),  # type: ignore[arg-type]
        ident=recorded["Ident"],
        attempt=recorded["Attempt"],
        resources=golden.resources(recorded["Resources"]),
        uri=recorded["URI"],
    )


def new_pool(recorded: dict[str, Any]) -> Pool:
    return Pool(
        pool_id=StringDigest(recorded["PoolID"]),
        pool_type=recorded["PoolType"],
        resources=golden.resources(recorded["Resources"]),
        uri=recorded["URI"],
        cluster=ClusterID(recorded["ClusterName"], recorded["User"], recorded["ReflowVersion"]),
        start=time(recorded["Start"]),
    )


async def call(db: Any, method: str, args: dict[str, Any]) -> None:
    """Make a recorded call on a TaskDB."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", method.replace("ID", "Id")).lower()
    values: dict[str, Any] = {}
    for key, value in args.items():
        match key:
            case "task":
                values[key] = new_task(value)
            case "pool":
                values[key] = new_pool(value)
            case "user" | "uri":
                values[key] = value
            case "args":
                values[key] = value or ()
            case "keepalive" | "end" | "start":
                values[key] = time(value)
            case "resources":
                values[key] = golden.resources(value)
            case "err":
                values[key] = golden.error(value["tree"]) if value else None
            case "allocID":
                values["alloc_id"] = StringDigest(value)
            case "poolID":
                values["pool_id"] = Digest.parse(value)
            case "runlog" | "evalgraph":
                values[{"runlog": "run_log", "evalgraph": "eval_graph"}[key]] = Digest.parse(value)
            case _:
                values[key] = Digest.parse(value)
    await getattr(db, name)(**values)


class Recorder(MemoryTaskDB):
    """Keeps the one request that a write makes."""

    request: tuple[str, dict[str, Any]]

    async def _put(self, op: str, item: encode.Item) -> None:
        self.request = op, {"Item": item}

    async def _update(self, op: str, request: update.Request) -> None:
        self.request = op, request


def columns(request: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that an UpdateItem request sets; sets without order."""
    names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
    expression = request["UpdateExpression"].partition(" REMOVE ")[0].removeprefix("SET ")
    pairs = (assignment.split(" = ") for assignment in expression.split(", "))
    return unordered({names.get(name, name): values[value] for name, value in pairs})


def unordered(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {"SS": sorted(value["SS"])} if "SS" in value else value for name, value in item.items()}


@pytest.mark.parametrize("recorded", CALLS, ids=lambda call: f"{call['call']}-{call['method']}-{call['name']}"[:60])
async def test_a_recorded_write(recorded: dict[str, Any]) -> None:
    theirs = REQUESTS[recorded["call"]]["body"]
    now = time(recorded["clock"])
    assert now is not None
    if (field := REFUSED.get((recorded["method"], recorded["name"]))) is not None:
        with pytest.raises(Error) as refused:
            await call(Recorder(recorded["taskdb_labels"], lambda: now), recorded["method"], recorded["args"])
        assert refused.value.args[0] == field
        return
    db = Recorder(recorded["taskdb_labels"], lambda: now)
    await call(db, recorded["method"], recorded["args"])
    _, ours = db.request
    if "Item" in theirs:
        assert unordered(ours["Item"]) == unordered(theirs["Item"])
        return
    assert ours["Key"] == theirs["Key"]
    assert ours["ConditionExpression"] == "attribute_exists(#ID)"
    set_by_us = columns(ours)
    in_order = set_by_us.pop("ArgList", None)  # a column of ours, which Go does not mind
    assert in_order is None or [value["S"] for value in in_order["L"]] == recorded["args"]["args"]
    assert set_by_us == columns(theirs)


def test_kinds_are_numbered_as_in_go() -> None:
    scans = [read["query"] for read in golden.load("reads.jsonl") if read["method"] == "Scan"]
    assert scans
    for scan in scans:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", scan["kind_name"]).upper()
        assert Kind[name].value == scan.get("kind", 0)
