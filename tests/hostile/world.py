"""A cluster with a hostile text in every place that a text can come from."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from msgspec.structs import replace

from store import ClusterID, Digest, Error, ErrorKind, FailureReason, Resources, StringDigest
from store.location import Location
from tests.hostile.texts import to_bytes
from tests.support.rows import NOW, ago, ahead, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.watch.model.rows import Row

Text = Callable[[str], str]
"""Returns the text for a place by its name, such as `run user`."""


class Objects:
    """A log repository in memory, with the bucket and the failures that a test sets."""

    def __init__(self) -> None:
        self.data: dict[Digest, bytes] = {}
        self.bucket = "reflow-logs"
        self.failure: Error | None = None

    def put(self, data: bytes | Mapping[str, Any], name: str = "") -> Digest:
        """Keep an object under its digest, or under that of `name`, so that its content does not match."""
        found = data if isinstance(data, bytes) else to_bytes(json.dumps(data, ensure_ascii=False))
        id = Digest.compute(name.encode() or found)
        self.data[id] = found
        return id

    def location(self, id: Digest) -> Location:
        return Location("s3", self.bucket, f"objects/{id}", "us-west-2")

    async def stat(self, id: Digest) -> int:
        return len(self._found(id))

    async def read(self, id: Digest, offset: int, size: int) -> bytes:
        return self._found(id)[offset : offset + size]

    async def get(self, id: Digest) -> AsyncIterator[bytes]:
        yield self._found(id)

    async def expand(self, prefix: object) -> list[Digest]:
        return list(self.data)[:1]

    def _found(self, id: Digest) -> bytes:
        if self.failure is not None:
            raise self.failure
        if id not in self.data:
            raise Error(ErrorKind.NOT_EXIST, "get", (str(id),), "no object", FailureReason.NO_OBJECT)
        return self.data[id]


class HostileDB(ScriptedDB):
    """A table with rows of hostile texts, and their objects."""

    def __init__(self, *rows: Row) -> None:
        super().__init__(*rows)
        self.objects = Objects()

    @property
    def repository(self) -> Objects:  # type: ignore[override]
        return self.objects


def failure(text: Text, kind: ErrorKind = ErrorKind.OTHER, reason: FailureReason | None = None) -> Error:
    """Return an error whose every part is hostile, as AWS or a library may send one."""
    inner = Error(kind, text("error cause op"), (text("error cause arg"),), text("error message"), reason)
    return Error(kind, text("error op"), (text("error arg"), text("error arg 2")), inner, reason)


def make_rows(number: int, text: Text, objects: Objects) -> list[Row]:
    """Return a run with three tasks, their alloc and their pool; all texts of them and of their logs are hostile."""
    put, name = objects.put, f"{number}"
    log_lines = "".join(f"2026/11/01 12:00:0{n} [error] {text('log body')}\n" for n in range(3))
    stream = {"Type": "cloudwatch", "LogGroupName": text("log group"), "LogStreamName": text("log stream")}
    inspect = {
        "Created": "2026-11-01T12:00:00Z",
        "Config": {
            **{key: text(f"inspect {key}") for key in ("Type", "Ident", "URL", "Image", "OriginalImage", "Cmd")},
            "Resources": {"cpu": 4, text("inspect resource"): 5},
        },
        "State": text("inspect state"),
        "Status": text("inspect status"),
        "Error": {"Op": text("inspect error"), "Kind": "OOM", "Error": text("inspect message")},
        "ExecError": {text("inspect error key"): text("inspect error value")},
        "Profile": {"cpu": {"Max": 3, "Mean": 1, "N": 9}, text("inspect profile"): {"Max": 3, "N": 1}},
        "Gauges": {text("inspect gauge"): 1.5},
        "Commands": [text("inspect process")],
        "Docker": {"State": {"Status": text("docker"), "StartedAt": "2026-11-01T12:00:00Z", "ExitCode": 137}},
    }
    spans = [
        {"ph": "X", "name": text("span name"), "cat": text("span category"), "ts": 1.7e15 + n, "dur": 5e6,
         "args": {text("span key"): text("span value")}}
        for n in range(2)
    ]  # fmt: skip
    logs = {
        "stderr": put(to_bytes(f"stderr\n{log_lines}")),
        "stdout": put(stream) if number % 2 else put(to_bytes(log_lines), f"corrupt {name}"),
        "inspect": put(inspect),
    }
    error, flow = failure(text, ErrorKind.OOM), digest(f"flow {name}")
    resources = Resources({"cpu": 4, "mem": 1 << 30, text("resource"): 5})
    cluster = ClusterID(text("cluster name"), text("cluster user"), text("cluster version"))
    pool = replace(
        make_pool(pool_type=text("pool type"), uri=text("pool uri"), resources=resources, cluster=cluster),
        id=digest(f"pool {name}"),
        pool_id=StringDigest(text("pool id") + name),
    )
    alloc = replace(
        make_alloc(f"alloc {name}", f"pool {name}", uri=text("alloc uri"), resources=resources),
        alloc_id=text("alloc id") + name,
    )
    common: dict[str, Any] = {
        "alloc_id": alloc.id,
        "uri": text("task uri"),
        "resources": resources,
        "flow_id": flow,
        "err": error,
        **logs,
    }
    first, second, third = (text(f"task ident {n}") for n in range(3))
    live = {**common, "err": None, "flow_id": digest(f"flow {name} 2"), "keepalive": ahead(seconds=50)}
    return [
        make_run(
            number,
            user=text("run user"),
            labels={"Name": text("run name"), text("label key"): text("label value"), "project": text("project")},
            args=(text("run arg"), text("run arg 2")),
            bundle=put(b"x"),
            run_log=put(to_bytes(log_lines)),
            trace=put({"traceEvents": spans}),
            eval_graph=put(to_bytes(text("graph"))),
        ),
        make_task(3 * number, number, ident=first, end=ago(seconds=20), attempt=1, **common),
        make_task(3 * number + 1, number, ident=second, end=ago(minutes=1), start=ago(minutes=3), **common),
        make_task(3 * number + 2, number, ident=third, start=ago(minutes=4), **live),
        alloc,
        pool,
    ]


def make_db(texts: list[Text]) -> HostileDB:
    """Return a table with the rows of each of `texts`, from the run number 1 on."""
    db = HostileDB()
    db.now = NOW
    for number, text in enumerate(texts, 1):
        db.put(*make_rows(number, text, db.objects))
    return db
