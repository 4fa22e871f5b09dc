"""The table and the bucket are created, completed, and left alone when they are whole."""

import time
import uuid
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from store import Error, ErrorKind, FailureReason, setup
from store.dynamo import schema
from store.dynamo import setup as module
from tests.support import golden
from tests.support.servers import Server
from tui.watch.polling.error_texts import explain


@pytest.fixture
def table() -> str:
    return f"setup-{uuid.uuid4().hex}"


def dynamodb(server: Server) -> Any:
    return boto3.client("dynamodb", endpoint_url=server.endpoint_url)


def indexes(server: Server, table: str) -> dict[str, Any]:
    description = dynamodb(server).describe_table(TableName=table)["Table"]
    return {index["IndexName"]: index for index in description.get("GlobalSecondaryIndexes", [])}


def set_up_table(server: Server, table: str) -> list[str]:
    """Only the table, for DynamoDB Local has no S3; returns what progress was told."""
    said: list[str] = []
    # DynamoDB Local builds indexes in the background, and now and then fails meanwhile.
    config = Config(retries={"mode": "standard", "total_max_attempts": 5})
    client = boto3.client("dynamodb", endpoint_url=server.endpoint_url, config=config)
    module._set_up_table(client, table, said.append, time.sleep)
    return said


def test_a_table_and_a_bucket_are_created_at_once(ministack: Server, table: str) -> None:
    said: list[str] = []
    bucket = f"bucket-{uuid.uuid4().hex}"
    setup(table, bucket, endpoint_url=ministack.endpoint_url, progress=said.append)
    assert set(indexes(ministack, table)) == set(schema.INDEXES)
    assert boto3.client("s3", endpoint_url=ministack.endpoint_url).head_bucket(Bucket=bucket)
    assert said[-1] == f"bucket {bucket}: ready"
    before = indexes(ministack, table)
    again: list[str] = []
    setup(table, bucket, endpoint_url=ministack.endpoint_url, progress=again.append)
    assert indexes(ministack, table) == before
    assert again == [f"table {table}: ready", f"bucket {bucket}: ready"]


@pytest.mark.parametrize("bucket", ["Reflow_Logs", "no/bucket", "ab", "-logs"])
def test_an_invalid_bucket_changes_nothing(ministack: Server, table: str, bucket: str) -> None:
    said: list[str] = []
    with pytest.raises(Error, match=f"{bucket}.*invalid") as caught:
        setup(table, bucket, endpoint_url=ministack.endpoint_url, progress=said.append)
    assert caught.value.kind is ErrorKind.INVALID
    assert said == []
    assert table not in dynamodb(ministack).list_tables()["TableNames"]


def test_the_indexes_are_those_of_the_go_code(server: Server, table: str) -> None:
    set_up_table(server, table)
    recorded = [
        update["Create"]
        for request in golden.load("setup_requests.jsonl")
        for update in request["body"].get("GlobalSecondaryIndexUpdates", [])
    ]
    ours = indexes(server, table)
    assert {each["IndexName"] for each in recorded} == set(ours)
    for theirs in recorded:
        index = ours[theirs["IndexName"]]
        assert index["KeySchema"] == theirs["KeySchema"]
        assert index["Projection"]["ProjectionType"] == theirs["Projection"]["ProjectionType"]
        # Go names EndTime, too, which is a key and so projected anyhow.
        extra = set(theirs["Projection"].get("NonKeyAttributes", [])) - {"EndTime"}
        assert set(index["Projection"].get("NonKeyAttributes", [])) == extra


def test_missing_indexes_are_added(server: Server, table: str) -> None:
    definition = schema.table_definition(table)
    definition["GlobalSecondaryIndexes"] = [schema.index_definition(schema.ID4_INDEX)]
    definition["AttributeDefinitions"] = schema.attribute_definitions(schema.ID4_INDEX)
    dynamodb(server).create_table(**definition)
    said = set_up_table(server, table)
    assert set(indexes(server, table)) == set(schema.INDEXES)
    assert sum("adding" in line for line in said) == len(schema.INDEXES) - 1
    assert said[-1] == f"table {table}: ready"


def test_an_index_of_a_provisioned_table_has_the_throughput_of_the_table(server: Server, table: str) -> None:
    dynamodb(server).create_table(
        TableName=table,
        KeySchema=schema.key_schema("ID", None),
        AttributeDefinitions=schema.attribute_definitions(),
        ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 3},
    )
    set_up_table(server, table)
    throughput = indexes(server, table)[schema.RUN_INDEX].get("ProvisionedThroughput", {})
    assert (throughput.get("ReadCapacityUnits"), throughput.get("WriteCapacityUnits")) == (7, 3)


@pytest.mark.parametrize(("keys", "names"), [(("Other", None), "Other"), (("ID", "Sort"), "ID and Sort")])
def test_a_table_with_other_keys_is_refused(
    server: Server, table: str, keys: tuple[str, str | None], names: str
) -> None:
    dynamodb(server).create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=schema.key_schema(*keys),
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys if key],
    )
    with pytest.raises(Error, match=f"its keys are {names}, not ID") as caught:
        set_up_table(server, table)
    assert caught.value.kind is ErrorKind.INVALID
    assert caught.value.args == (table,)


def test_an_index_with_other_keys_is_refused(server: Server, table: str) -> None:
    definition = schema.table_definition(table)
    definition["GlobalSecondaryIndexes"] = [
        {**schema.index_definition(schema.RUN_INDEX), "KeySchema": schema.key_schema("ID4", None)}
    ]
    definition["AttributeDefinitions"] = schema.attribute_definitions(schema.ID4_INDEX)
    dynamodb(server).create_table(**definition)
    with pytest.raises(Error, match="its keys are ID4, not RunID") as caught:
        set_up_table(server, table)
    assert caught.value.args == (table, schema.RUN_INDEX)


def test_setup_waits_for_indexes(table: str) -> None:
    class Building:
        """A service that takes its time to build."""

        def __init__(self) -> None:
            self.looks = 0

        def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
            self.looks += 1
            status = "CREATING" if self.looks < 4 else "ACTIVE"
            listed = [schema.index_definition(name) | {"IndexStatus": status} for name in schema.INDEXES]
            return {
                "Table": {
                    "TableName": TableName,
                    "TableStatus": "ACTIVE",
                    "KeySchema": schema.key_schema("ID", None),
                    "GlobalSecondaryIndexes": listed,
                }
            }

    said: list[str] = []
    waited: list[float] = []
    module._set_up_table(Building(), table, said.append, waited.append)
    assert waited == [0.1, 0.2]
    assert said == [f"table {table}: waiting for {', '.join(schema.INDEXES)}", f"table {table}: ready"]


def test_a_table_being_deleted_is_an_error(table: str) -> None:
    class Deleting:
        """A service on which the table is about to go."""

        def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
            return {"Table": {"TableStatus": "DELETING", "KeySchema": schema.key_schema("ID", None)}}

    with pytest.raises(Error, match="being deleted") as caught:
        module._set_up_table(Deleting(), table, lambda line: None, lambda seconds: None)
    assert caught.value.kind is ErrorKind.PRECONDITION


def refuse(code: str, message: str) -> Any:
    """Return a method of a client that AWS refuses."""

    def call(**_: Any) -> Any:
        response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(response, "Operation")

    return call


class Buckets:
    """An S3 that refuses to list or to create a bucket, with a text as S3 sends it: a HEAD has none."""

    meta = SimpleNamespace(region_name="us-west-2")

    def __init__(self, *, listed: tuple[str, str] = ("NoSuchBucket", "gone"), created: tuple[str, str]) -> None:
        self.list_objects_v2 = refuse(*listed)
        self.create_bucket = refuse(*created)


@pytest.mark.parametrize(
    ("listed", "created", "sentence"),
    [
        (
            ("AccessDenied", "Access Denied"),
            ("", ""),
            "Access denied to s3:ListBucket on logs-west: Access Denied",
        ),
        (
            ("ExpiredToken", "The provided token has expired."),
            ("", ""),
            "The credentials have expired: log in again, or renew them.",
        ),
        (
            ("NoSuchBucket", "gone"),
            ("BucketAlreadyExists", "The requested bucket name is not available."),
            "S3 refuses a request for logs-west: The requested bucket name is not available",
        ),
        (
            ("NoSuchBucket", "gone"),
            ("TooManyBuckets", "You have attempted to create more buckets than allowed"),
            "logs-west: You have attempted to create more buckets than allowed",
        ),
        (
            ("NoSuchBucket", "gone"),
            ("AccessDenied", "Access Denied"),
            "Access denied to s3:CreateBucket on logs-west: Access Denied",
        ),
    ],
)
def test_a_bucket_that_s3_refuses_is_named(listed: tuple[str, str], created: tuple[str, str], sentence: str) -> None:
    s3 = Buckets(listed=listed, created=created)
    has_listing = listed[0] == "NoSuchBucket"
    assert not has_listing or not module._has_bucket(s3, "logs-west")
    with pytest.raises(Error) as caught:
        module._create_bucket(s3, "logs-west", print) if has_listing else module._has_bucket(s3, "logs-west")
    assert explain(caught.value) == sentence


def test_a_page_in_place_of_a_description_is_a_bad_reply(table: str) -> None:
    class Portal:
        """A proxy that answers everything with a page, in which botocore finds nothing."""

        def describe_table(self, **_: Any) -> dict[str, Any]:
            return {"ResponseMetadata": {}}

    with pytest.raises(Error, match="without a description") as caught:
        module._set_up_table(Portal(), table, lambda line: None, lambda seconds: None)
    assert caught.value.reason is FailureReason.BAD_REPLY
    assert explain(caught.value).startswith("The reply is not from DynamoDB")


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"profile": "no-such-profile"}, ErrorKind.INVALID),
        ({"endpoint_url": "no url"}, ErrorKind.INVALID),
    ],
)
def test_unreachable_services_are_reported(table: str, options: dict[str, Any], kind: ErrorKind) -> None:
    with pytest.raises(Error) as caught:
        setup(table, "bucket", **options)
    assert caught.value.kind is kind
