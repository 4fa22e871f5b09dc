"""What ours is held against: the least that a client can do, and aiobotocore as it is usually used."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
import msgspec
from aiobotocore.session import AioSession
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from store.dynamo.item import Item
from tests.bench import rows

_CREDENTIALS = Credentials("demo", "demo")


class _Page(msgspec.Struct):
    Items: list[Item]
    LastEvaluatedKey: dict[str, Any] | None = None


class _RawPage(msgspec.Struct):
    Items: list[msgspec.Raw]
    LastEvaluatedKey: dict[str, Any] | None = None


class Row(msgspec.Struct, gc=False):
    """The least that is a row: its texts as they came."""

    id: str | None
    run_id: str | None
    alloc_id: str | None
    flow_id: str | None
    ident: str | None
    start: str | None
    keepalive: str | None
    end: str | None
    stdout: str | None
    stderr: str | None


_PAGES = msgspec.json.Decoder(_Page)
_RAW_PAGES = msgspec.json.Decoder(_RawPage)


class Floor:
    """Signed HTTP, msgspec into structs, and nothing checked."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._known: dict[int, object] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """A client of the server at `url`."""
        async with aiohttp.ClientSession() as http:
            yield cls(http, url)

    async def sweep(self, value: str = rows.NOW.date().isoformat()) -> list[Row]:
        """All pages of a partition as rows."""
        found: list[Row] = []
        async for body in self._bodies(value, _PAGES):
            found.extend(floor_rows(body.Items))
        return found

    async def resweep(self, value: str = rows.NOW.date().isoformat()) -> int:
        """All pages again, to find out what has changed: how many rows are new."""
        new = 0
        known = self._known
        async for body in self._bodies(value, _RAW_PAGES):
            for item in body.Items:
                key = hash(bytes(item))
                if key not in known:
                    known[key] = item
                    new += 1
        return new

    async def _bodies(self, value: str, decoder: msgspec.json.Decoder[Any]) -> AsyncIterator[Any]:
        query = {"TableName": "bench", "ExpressionAttributeValues": {":v": {"S": value}}}
        while True:
            request = AWSRequest("POST", self._url + "/", data=json.dumps(query))
            request.headers["X-Amz-Target"] = "DynamoDB_20120810.Query"
            request.headers["Content-Type"] = "application/x-amz-json-1.0"
            SigV4Auth(_CREDENTIALS, "dynamodb", "us-west-2").add_auth(request)
            async with self._http.post(self._url + "/", data=request.data, headers=dict(request.headers)) as reply:
                page = decoder.decode(await reply.read())
            yield page
            if page.LastEvaluatedKey is None:
                return
            query["ExclusiveStartKey"] = page.LastEvaluatedKey


def floor_rows(items: list[Item]) -> list[Row]:
    """Rows of items, for the floor."""

    def text(attribute: Any) -> str | None:
        return attribute.S if attribute is not None else None

    return [
        Row(
            text(item.ID),
            text(item.RunID),
            text(item.AllocID),
            text(item.FlowID),
            text(item.Ident),
            text(item.StartTime),
            text(item.Keepalive),
            text(item.EndTime),
            text(item.Stdout),
            text(item.Stderr),
        )
        for item in items
    ]


@asynccontextmanager
async def usual(url: str) -> AsyncIterator[Any]:
    """An aiobotocore client as it comes."""
    async with AioSession().create_client("dynamodb", endpoint_url=url, region_name="us-west-2") as client:
        yield client


async def sweep_usual(client: Any, value: str = rows.NOW.date().isoformat()) -> list[dict[str, Any]]:
    """All pages of a partition as the dicts that aiobotocore makes."""
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {
        "TableName": "bench",
        "IndexName": "Date-Keepalive-index",
        "KeyConditionExpression": "#d = :d",
        "ExpressionAttributeNames": {"#d": "Date"},
        "ExpressionAttributeValues": {":d": {"S": value}},
    }
    while True:
        page = await client.query(**query)
        found.extend(page["Items"])
        if "LastEvaluatedKey" not in page:
            return found
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
