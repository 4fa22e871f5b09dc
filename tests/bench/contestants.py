"""Ways from the body of a page to rows: ours, the usual ones, and the least that can be done."""

from binascii import unhexlify
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import botocore.session
import msgspec
from aiobotocore.parsers import create_parser
from boto3.dynamodb.types import TypeDeserializer

from store.dynamo.decode import Decoder
from store.dynamo.response import ItemsReply, decode
from store.dynamo.row_cache import RowCache
from store.errors import Error

HEADERS = {"content-type": "application/x-amz-json-1.0"}

# From the bodies of pages to whatever stands for their rows.
Contestant = Callable[[Sequence[bytes]], list[Any]]


def ours(decoder: Decoder) -> Contestant:
    """Decode as the TaskDB does on the first read."""
    return _ours(decoder.decode)


def ours_again(known: RowCache) -> Contestant:
    """Decode as the TaskDB does on a repeated read."""

    def run(bodies: Sequence[bytes]) -> list[Any]:
        known.begin()
        return again(bodies)

    again = _ours(known.decode)
    return run


def _ours(decode_items: Callable[[list[msgspec.Raw], list[Error]], list[Any]]) -> Contestant:
    def run(bodies: Sequence[bytes]) -> list[Any]:
        rows: list[Any] = []
        errors: list[Error] = []
        for body in bodies:
            reply = decode("Query", HEADERS, body)
            assert isinstance(reply, ItemsReply)
            rows += decode_items(reply.items, errors)
        assert not errors
        return rows

    return run


def aiobotocore_parser() -> Contestant:
    """aiobotocore's own parser: dicts of attributes, each with its type."""
    parser = create_parser("json")
    shape: Any = botocore.session.get_session().get_service_model("dynamodb").operation_model("Query").output_shape

    def run(bodies: Sequence[bytes]) -> list[Any]:
        rows: list[Any] = []
        for body in bodies:
            response = {"status_code": 200, "headers": HEADERS, "body": body, "context": {"operation_name": "Query"}}
            rows += _result(parser.parse(response, shape))["Items"]
        return rows

    return run


def type_deserializer() -> Contestant:
    """boto3's TypeDeserializer on top of it: dicts of plain values."""
    parse = aiobotocore_parser()
    deserialize = TypeDeserializer().deserialize

    def run(bodies: Sequence[bytes]) -> list[Any]:
        return [{name: deserialize(value) for name, value in row.items()} for row in parse(bodies)]

    return run


def _result(coroutine: Any) -> Any:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


# The floor: typed structs, and objects with slots made of them. Nothing is checked, nothing may be missing but what is
# missing in good rows, and times and resources are looked up before they are parsed.


class _S(msgspec.Struct, gc=False, frozen=True):
    S: str = ""


class _N(msgspec.Struct, gc=False, frozen=True):
    N: str = "0"


_NONE = _S()


class _FloorItem(msgspec.Struct, gc=False):
    ID: _S
    Type: _S
    RunID: _S = _NONE
    AllocID: _S = _NONE
    PoolID: _S = _NONE
    FlowID: _S = _NONE
    ImgCmdID: _S = _NONE
    Ident: _S = _NONE
    Attempt: _N = _N()
    Resources: _S = _NONE
    StartTime: _S = _NONE
    Keepalive: _S = _NONE
    EndTime: _S = _NONE
    URI: _S = _NONE
    ResultID: _S = _NONE
    Stdout: _S = _NONE
    Stderr: _S = _NONE
    Inspect: _S = _NONE
    Error: _S = _NONE
    User: _S = _NONE
    PoolType: _S = _NONE
    ClusterName: _S = _NONE
    ReflowVersion: _S = _NONE


class _FloorReply(msgspec.Struct, gc=False):
    Items: list[_FloorItem]


class FloorRow(msgspec.Struct, gc=False):
    """A row of any type."""

    id: bytes
    type: str
    run_id: bytes
    alloc_id: bytes | str
    pool_id: bytes | str
    flow_id: bytes
    img_cmd_id: bytes
    ident: str
    attempt: int
    resources: dict[str, float]
    start: datetime | None
    keepalive: datetime | None
    end: datetime | None
    uri: str
    result_id: bytes
    stdout: bytes
    stderr: bytes
    inspect: bytes
    error: str


def floor() -> Contestant:
    """The floor for rows that are new; it knows times, resources and repeated texts from the last time."""
    decoder = msgspec.json.Decoder(_FloorReply)
    times: dict[str, datetime | None] = {"": None}
    amounts: dict[str, dict[str, float]] = {"": {}}
    shared: dict[str, Any] = {}

    def time(text: str) -> datetime | None:
        if text in times:
            return times[text]
        return times.setdefault(text, datetime.fromisoformat(text))

    def resources(text: str) -> dict[str, float]:
        if text in amounts:
            return amounts[text]
        return amounts.setdefault(text, msgspec.json.decode(text))

    def shared_digest(text: str) -> bytes:
        found: bytes = shared.get(text) or shared.setdefault(text, unhexlify(text[7:]))
        return found

    def row(item: _FloorItem) -> FloorRow:
        kind = item.Type.S
        task = kind == "task"
        return FloorRow(
            unhexlify(item.ID.S[7:]),
            kind,
            shared_digest(item.RunID.S) if task else b"",
            shared_digest(item.AllocID.S) if task else item.AllocID.S,
            shared_digest(item.PoolID.S) if kind == "alloc" else item.PoolID.S,
            unhexlify(item.FlowID.S[7:]),
            shared_digest(item.ImgCmdID.S) if task else b"",
            shared.setdefault(item.Ident.S, item.Ident.S),
            int(item.Attempt.N),
            resources(item.Resources.S),
            time(item.StartTime.S),
            time(item.Keepalive.S),
            time(item.EndTime.S),
            item.URI.S,
            unhexlify(item.ResultID.S[7:]),
            unhexlify(item.Stdout.S[7:]),
            unhexlify(item.Stderr.S[7:]),
            unhexlify(item.Inspect.S[7:]),
            item.Error.S,
        )

    return lambda bodies: [row(item) for body in bodies for item in decoder.decode(body).Items]


class _RawReply(msgspec.Struct, gc=False):
    Items: list[msgspec.Raw]


def floor_again() -> Contestant:
    """The floor for rows that were read before: split the page, and look each row up by its bytes."""
    decoder = msgspec.json.Decoder(_RawReply)
    known: dict[int, bytes] = {}

    def run(bodies: Sequence[bytes]) -> list[Any]:
        rows = []
        for body in bodies:
            for item in decoder.decode(body).Items:
                key = hash(bytes(item))
                rows.append(known.get(key) or known.setdefault(key, b"a row"))
        return rows

    return run
