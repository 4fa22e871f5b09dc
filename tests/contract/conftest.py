"""Every TaskDB in turn, empty, with a clock that the test moves."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import pytest_asyncio

from store import DynamoTaskDB, MemoryTaskDB, TaskDB
from store.dynamo import schema
from store.dynamo.client import Client
from tests.support.clock import MockClock
from tests.support.servers import Server

MakeDB = Callable[..., TaskDB]
Indexes = Mapping[str, tuple[str, str | None, dict[str, Any]]]
Labels = Mapping[str, str] | Iterable[str] | None

_MOST = 25  # items that one request deletes

_numbers = itertools.count()
_used: list[tuple[Any, str, Indexes]] = []
_empty: list[tuple[Any, str]] = []  # with all indexes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # One event loop for all that share `client`: opening one takes longer than most of these tests.
    for item in items:
        if "client" in getattr(item, "fixturenames", ()) and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def new_table(admin: Any, indexes: Indexes = schema.INDEXES) -> str:
    """Create a table with these indexes, or take an empty one of an earlier test; returns its name."""
    if indexes is schema.INDEXES and (empty := [table for table in _empty if table[0] is admin]):
        _empty.remove(empty[0])
        _used.append((*empty[0], indexes))
        return empty[0][1]
    name = f"contract-{next(_numbers)}"
    _used.append((admin, name, indexes))
    keys = {"ID"} | {key for *index_keys, _ in indexes.values() for key in index_keys if key}
    admin.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=schema.key_schema("ID", None),
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": schema.key_schema(partition_key, range_key), "Projection": projection}
            for index, (partition_key, range_key, projection) in indexes.items()
        ],
    )
    return name


@pytest.fixture(autouse=True)
def clear_tables() -> Iterator[None]:
    """Empty the tables of a test for the next one, or delete them.

    Creating and deleting one takes 10 ms, and DynamoDB Local spends 5 % of a core on 300 tables even when it is idle.
    """
    yield
    while _used:
        admin, name, indexes = _used.pop()
        rows = admin.scan(TableName=name, ProjectionExpression="ID", Limit=_MOST + 1)["Items"]
        if indexes is not schema.INDEXES or len(rows) > _MOST:
            admin.delete_table(TableName=name)
            continue
        if rows:
            admin.batch_write_item(RequestItems={name: [{"DeleteRequest": {"Key": row}} for row in rows]})
        _empty.append((admin, name))


@pytest.fixture
def clock() -> MockClock:
    return MockClock()


@pytest.fixture(scope="session", params=["memory", "ministack", "dynamodb_local"])
def service(request: pytest.FixtureRequest) -> Server | None:
    """The server of the TaskDB; None for the one in memory."""
    if request.param == "memory":
        return None
    server: Server = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def admin(service: Server | None) -> Any:
    return service and boto3.client("dynamodb", endpoint_url=service.endpoint_url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(service: Server | None) -> AsyncIterator[Client | None]:
    if service is None:
        yield None
        return
    async with Client.open(endpoint_url=service.endpoint_url) as client:
        yield client


@pytest.fixture
def make_db(admin: Any, client: Client | None, clock: MockClock) -> MakeDB:
    """Makes an empty TaskDB, which gives `labels` to what it creates."""

    def make(labels: Labels = None) -> TaskDB:
        if client is None:
            return MemoryTaskDB(labels, clock.now)
        return DynamoTaskDB(client, new_table(admin), labels=labels, clock=clock.now)

    return make


@pytest.fixture
def db(make_db: MakeDB) -> TaskDB:
    return make_db()
