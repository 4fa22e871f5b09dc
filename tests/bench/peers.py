"""The peers: the least that a client can do, and aiobotocore with its defaults."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
from aiobotocore.session import AioSession
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.bench import contestants, rows

_CREDENTIALS = Credentials("demo", "demo")


# LastEvaluatedKey of a body without decoding its rows a second time: it comes last.
_NEXT = re.compile(rb'"LastEvaluatedKey":(\{.*?\}\})')


class Floor:
    """Signed HTTP, msgspec into structs, and nothing checked."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._decode = contestants.floor()
        self._decode_again = contestants.floor_again()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """A client of the server at `url`."""
        async with aiohttp.ClientSession() as http:
            yield cls(http, url)

    async def scan(self, value: str = rows.NOW.date().isoformat()) -> list[Any]:
        """Read all pages of a partition as rows."""
        return [row async for body in self._bodies(value) for row in self._decode([body])]

    async def rescan(self, value: str = rows.NOW.date().isoformat()) -> list[Any]:
        """Read all pages again: rows with unchanged bytes are kept."""
        return [row async for body in self._bodies(value) for row in self._decode_again([body])]

    async def _bodies(self, value: str) -> AsyncIterator[bytes]:
        query: dict[str, Any] = {
            "TableName": "bench",
            "KeyConditionExpression": "#k = :k",
            "ExpressionAttributeValues": {":k": {"S": value}},
        }
        while True:
            request = AWSRequest("POST", self._url + "/", data=json.dumps(query))
            request.headers["X-Amz-Target"] = "DynamoDB_20120810.Query"
            request.headers["Content-Type"] = "application/x-amz-json-1.0"
            SigV4Auth(_CREDENTIALS, "dynamodb", "us-west-2").add_auth(request)
            async with self._http.post(self._url + "/", data=request.data, headers=dict(request.headers)) as reply:
                body = await reply.read()
            yield body
            following = _NEXT.search(body, max(0, len(body) - 300))
            if following is None:
                return
            query["ExclusiveStartKey"] = json.loads(following[1])


@asynccontextmanager
async def usual(url: str) -> AsyncIterator[Any]:
    """An aiobotocore client as it comes."""
    async with AioSession().create_client("dynamodb", endpoint_url=url, region_name="us-west-2") as client:
        yield client


async def scan_usual(client: Any, value: str = rows.NOW.date().isoformat()) -> list[dict[str, Any]]:
    """Read all pages of a partition as the dicts of aiobotocore."""
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
