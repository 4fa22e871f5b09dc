"""The table: its columns, its indexes and its definition. Facts only, as the Go code has them."""

from collections.abc import Mapping
from typing import Any

from store.errors import Error, ErrorKind
from store.model import Alloc, Kind, PoolRow, Run, Task

# The value of the column Type for each class of rows.
ROW_TYPES: Mapping[type, str] = {Run: "run", Task: "task", Alloc: "alloc", PoolRow: "pool"}

# The column of each kind; AllocID and PoolID hold digests or strings, depending on the row's type.
COLUMNS = {
    Kind.ID: "ID",
    Kind.ID4: "ID4",
    Kind.RUN_ID: "RunID",
    Kind.RUN_ID4: "RunID4",
    Kind.FLOW_ID: "FlowID",
    Kind.ALLOC_ID: "AllocID",
    Kind.POOL_ID: "PoolID",
    Kind.RESULT_ID: "ResultID",
    Kind.IMG_CMD_ID: "ImgCmdID",
    Kind.IDENT: "Ident",
    Kind.ATTEMPT: "Attempt",
    Kind.KEEPALIVE: "Keepalive",
    Kind.START_TIME: "StartTime",
    Kind.STDOUT: "Stdout",
    Kind.STDERR: "Stderr",
    Kind.EXEC_INSPECT: "Inspect",
    Kind.ERROR: "Error",
    Kind.URI: "URI",
    Kind.LABELS: "Labels",
    Kind.USER: "User",
    Kind.TYPE: "Type",
    Kind.DATE: "Date",
    Kind.BUNDLE: "Bundle",
    Kind.ARGS: "Args",
    Kind.END_TIME: "EndTime",
    Kind.RUN_LOG: "RunLog",
    Kind.EXEC_LOG: "ExecLog",
    Kind.SYS_LOG: "Syslog",
    Kind.EVAL_GRAPH: "EvalGraph",
    Kind.TRACE: "Trace",
    Kind.RESOURCES: "Resources",
    Kind.POOL_TYPE: "PoolType",
    Kind.CLUSTER_NAME: "ClusterName",
    Kind.REFLOW_VERSION: "ReflowVersion",
}

# The kinds whose column holds a digest, and the types of row in which it does.
DIGEST_KINDS = {
    Kind.ID: ("run", "task", "alloc", "pool"),
    Kind.RUN_ID: ("task",),
    Kind.FLOW_ID: ("task",),
    Kind.ALLOC_ID: ("task",),
    Kind.POOL_ID: ("alloc",),
    Kind.RESULT_ID: ("task",),
    Kind.IMG_CMD_ID: ("task",),
    Kind.STDOUT: ("task",),
    Kind.STDERR: ("task",),
    Kind.EXEC_INSPECT: ("task",),
    Kind.BUNDLE: ("run",),
    Kind.RUN_LOG: ("run",),
    Kind.EXEC_LOG: ("run",),
    Kind.SYS_LOG: ("run",),
    Kind.EVAL_GRAPH: ("run",),
    Kind.TRACE: ("run",),
}

ID_INDEX = "ID-index"
ID4_INDEX = "ID4-ID-index"
DATE_INDEX = "Date-Keepalive-index"
RUN_INDEX = "RunID-index"
IMG_CMD_INDEX = "ImgCmdID-SortEnd-index"
IDENT_INDEX = "Ident-SortEnd-index"
# What older tables have instead: no range key, all columns, running tasks too.
OLD_IMG_CMD_INDEX = "ImgCmdID-index"
OLD_IDENT_INDEX = "Ident-index"

_ALL = {"ProjectionType": "ALL"}
_INSPECT = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Inspect"]}

# name -> (partition key, range key or None, projection)
INDEXES: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    ID_INDEX: ("ID", None, _ALL),
    ID4_INDEX: ("ID4", "ID", _ALL),
    DATE_INDEX: ("Date", "Keepalive", _ALL),
    RUN_INDEX: ("RunID", None, _ALL),
    IMG_CMD_INDEX: ("ImgCmdID", "EndTime", _INSPECT),
    IDENT_INDEX: ("Ident", "EndTime", _INSPECT),
}


def row_types(kind: Kind) -> tuple[str, ...]:
    """Return the types of rows that have a digest in the column of `kind`.

    Raises Error INVALID if the column does not hold digests, and for what is no Kind.
    """
    if not isinstance(kind, Kind):
        raise Error(ErrorKind.INVALID, "scan", ("kind",), f"{kind!r:.100} is no Kind")
    if kind not in DIGEST_KINDS:
        raise Error(ErrorKind.INVALID, "scan", (kind.name,), "the column does not hold digests")
    return DIGEST_KINDS[kind]


def key_schema(partition_key: str, range_key: str | None) -> list[dict[str, str]]:
    """Return the KeySchema of a table or an index."""
    keys = [{"AttributeName": partition_key, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else keys


def index_definition(name: str) -> dict[str, Any]:
    """Return one of INDEXES as CreateTable and UpdateTable want it."""
    partition_key, range_key, projection = INDEXES[name]
    return {"IndexName": name, "KeySchema": key_schema(partition_key, range_key), "Projection": projection}


def attribute_definitions(*names: str) -> list[dict[str, str]]:
    """Return the AttributeDefinitions of the keys of the table and of the indexes `names`: all are strings."""
    keys = {"ID"} | {key for name in names for key in INDEXES[name][:2] if key}
    return [{"AttributeName": key, "AttributeType": "S"} for key in sorted(keys)]


def table_definition(table: str) -> dict[str, Any]:
    """Return the CreateTable request for a table with all its indexes, billed on demand."""
    return {
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": key_schema("ID", None),
        "AttributeDefinitions": attribute_definitions(*INDEXES),
        "GlobalSecondaryIndexes": [index_definition(name) for name in INDEXES],
    }
