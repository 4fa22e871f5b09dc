"""Create the table and the bucket, or what they lack. Blocking: an administrator's job."""

import re
import time
from collections.abc import Callable
from typing import Any

from store.aws.blocking_session import open_blocking_session
from store.aws.error_mapping import BadReply, map_exception
from store.dynamo import schema
from store.errors import Error, ErrorKind

# Between two looks at what is being built, in seconds. An index of a large table takes minutes to hours.
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 10.0
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

Progress = Callable[[str], None]


def setup(
    table: str,
    bucket: str,
    *,
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    progress: Progress = lambda line: None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Create a table with its indexes and a bucket, or add what they lack; return when they can be used.

    This blocks: a new table takes seconds, an index of a large one minutes to hours. It can be repeated safely, even
    after it was interrupted. `progress` is called with a line of text for each step, `sleep` with seconds between looks
    at the table. Raises Error NOT_ALLOWED naming the action that is denied, INVALID for a table or an index with other
    keys, for a text that cannot be the name of a bucket and for a profile or region that does not exist, PRECONDITION
    for a table that is being deleted, and NET or TIMEOUT when the service cannot be reached.
    """
    from botocore.config import Config

    try:
        session = open_blocking_session(region, profile, endpoint_url)
        config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5})
        dynamodb = session.client("dynamodb", endpoint_url=endpoint_url, config=config)
        s3 = session.client("s3", endpoint_url=endpoint_url, config=config)
    except Exception as error:
        raise map_exception(error, "setup", (profile,) if profile else ()) from error
    has_bucket = _has_bucket(
        s3, bucket
    )  # before anything is changed: the name may be invalid, or another account's bucket
    _set_up_table(dynamodb, table, progress, sleep)
    if not has_bucket:
        _create_bucket(s3, bucket, progress)
    progress(f"bucket {bucket}: ready")


def _set_up_table(dynamodb: Any, table: str, progress: Progress, sleep: Callable[[float], None]) -> None:
    found = _unless(ErrorKind.NOT_EXIST, _describe, dynamodb, table)
    if found is None:
        progress(f"table {table}: creating it with {len(schema.INDEXES)} indexes")
        definition = schema.table_definition(table)
        # Unless another process was faster.
        _unless(ErrorKind.PRECONDITION, _call, "dynamodb.CreateTable", dynamodb.create_table, **definition)
    else:
        _check_keys(table, table, found, ("ID", None))
        if found.get("TableStatus") == "DELETING":
            why = "the table is being deleted; try again when it is gone"
            raise Error(ErrorKind.PRECONDITION, "setup", (table,), why)
    description = _wait(dynamodb, table, progress, sleep)
    indexes = {index["IndexName"]: index for index in description.get("GlobalSecondaryIndexes", [])}
    for name, (partition_key, range_key, _) in schema.INDEXES.items():
        if name in indexes:
            _check_keys(table, name, indexes[name], (partition_key, range_key))
            continue
        progress(f"table {table}: adding {name}")  # one at a time, as DynamoDB wants it
        _call("dynamodb.UpdateTable", dynamodb.update_table, **_new_index(table, name, description))
        _wait(dynamodb, table, progress, sleep)
    progress(f"table {table}: ready")


def _describe(dynamodb: Any, table: str) -> dict[str, Any]:
    op = "dynamodb.DescribeTable"
    reply = _call(op, dynamodb.describe_table, TableName=table)
    if "Table" not in reply:  # such as the page of a proxy
        raise map_exception(BadReply("a reply without a description of the table"), op, (table,))
    found: dict[str, Any] = reply["Table"]
    return found


def _new_index(table: str, name: str, description: dict[str, Any]) -> dict[str, Any]:
    index = schema.index_definition(name)
    provisioned = description.get("ProvisionedThroughput", {})
    if provisioned.get("ReadCapacityUnits"):  # 0 on a table that is billed on demand
        index["ProvisionedThroughput"] = {
            unit: provisioned[unit] for unit in ("ReadCapacityUnits", "WriteCapacityUnits")
        }
    return {
        "TableName": table,
        "AttributeDefinitions": schema.attribute_definitions(name),
        "GlobalSecondaryIndexUpdates": [{"Create": index}],
    }


def _wait(dynamodb: Any, table: str, progress: Progress, sleep: Callable[[float], None]) -> dict[str, Any]:
    wait, said = _FIRST_WAIT, ""
    while True:
        description = _describe(dynamodb, table)
        statuses = {"the table": description.get("TableStatus")}
        statuses |= {
            index["IndexName"]: index.get("IndexStatus") for index in description.get("GlobalSecondaryIndexes", [])
        }
        pending = [name for name, status in statuses.items() if status != "ACTIVE"]
        if not pending:
            return description
        line = f"table {table}: waiting for {', '.join(pending)}"
        if line != said:
            progress(line)
            said = line
        sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT)


def _check_keys(table: str, name: str, description: Any, expected: tuple[str, str | None]) -> None:
    keys = {key["KeyType"]: key["AttributeName"] for key in description.get("KeySchema", [])}
    if (keys.get("HASH"), keys.get("RANGE")) != expected:
        wanted = " and ".join(key for key in expected if key)
        why = f"its keys are {' and '.join(keys.values())}, not {wanted}: it is not of a TaskDB; use another table"
        raise Error(ErrorKind.INVALID, "setup", (table,) if name == table else (table, name), why)


def _has_bucket(s3: Any, bucket: str) -> bool:
    try:
        # Not a HEAD, whose errors come without a text that says what is wrong. Both need s3:ListBucket.
        _call("s3.ListBucket", s3.list_objects_v2, Bucket=bucket, MaxKeys=1)
    except Error as error:
        if error.kind not in (ErrorKind.NOT_EXIST, ErrorKind.INVALID):
            raise
        if not _BUCKET.fullmatch(bucket):
            why = (
                "a bucket is called 3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at each end"
            )
            raise Error(ErrorKind.INVALID, "setup", (bucket,), why) from error
        if error.kind is ErrorKind.INVALID:
            raise
        return False
    return True


def _create_bucket(s3: Any, bucket: str, progress: Progress) -> None:
    progress(f"bucket {bucket}: creating it")
    options: dict[str, Any] = {}
    if s3.meta.region_name != "us-east-1":  # which S3 does not take for a location
        options["CreateBucketConfiguration"] = {"LocationConstraint": s3.meta.region_name}
    _call("s3.CreateBucket", s3.create_bucket, Bucket=bucket, **options)


def _unless(kind: ErrorKind, operation: Callable[..., Any], *args: Any, **request: Any) -> Any:
    """Return the result of `operation`; None if it raises an Error of `kind`."""
    try:
        return operation(*args, **request)
    except Error as error:
        if error.kind is not kind:
            raise
    return None


def _call(op: str, operation: Callable[..., Any], **request: Any) -> Any:
    try:
        return operation(**request)
    except Exception as error:
        name = request.get("TableName") or request["Bucket"]
        raise map_exception(error, op, (name,)) from error
