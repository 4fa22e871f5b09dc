"""The TaskDB of reflow on DynamoDB: runs, tasks, allocs, pools, their leases, and their logs.

* `taskdb`, `memory`, `nop`, `blocking`: the interface and its implementations besides DynamoDB;
* `model`, `digest`, `resources`, `errors`, `times`, `lease`: rows, values and rules;
* `dynamo`: the implementation on DynamoDB; `logs`, `repository`: what rows refer to; `aws`: sessions and errors;
* `keepalive`, `lease_keeper`, `validate`, `convert`: helpers for writers, checks of arguments, and rows as JSON.

Importing the package loads neither botocore nor aiohttp: names that need them are loaded when first used, so that a
dashboard shows its first screen sooner.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from store.convert import dec_hook, enc_hook
from store.digest import Digest, DigestPrefix, ImgCmdID, RunID, StringDigest, TaskID
from store.errors import Error, ErrorKind, FailureReason
from store.lease import BOOT, GRACE, LEASE, Liveness, lapse, liveness
from store.model import (
    Alloc,
    AllocQuery,
    ClusterID,
    Kind,
    PageHook,
    Pool,
    PoolQuery,
    PoolRow,
    Rows,
    Run,
    RunQuery,
    Snapshot,
    SnapshotPage,
    Task,
    TaskQuery,
    TimeFields,
)
from store.resources import Resources
from store.taskdb import MappingHandler, MappingHandlerFunc, TaskDB

if TYPE_CHECKING:
    from store.aws.retry import Retries
    from store.blocking import HeldLease, keepalive_thread
    from store.dynamo.client import Meter
    from store.dynamo.setup import setup
    from store.dynamo.taskdb import DynamoTaskDB
    from store.keepalive import keep_id_alive, keep_id_alive_and_end, keep_run_alive, keep_task_alive
    from store.lease_block import KeepAlive
    from store.lease_keeper import LeaseKeeper
    from store.location import Location
    from store.logs.inspect import ExecInspect, Usage, format_inspect, parse_inspect
    from store.logs.log import END, HEAD, Check, Cursor, Log, Page, follow, forward
    from store.logs.open import Logs, Output
    from store.logs.runlog import Level, RunLogFormatter, format_log_line
    from store.logs.trace import Span, Spans, format_trace, parse_trace
    from store.memory import MemoryTaskDB
    from store.nop import NopTaskDB
    from store.repository import LocalRepository, Repository, S3Repository

_LATE = {
    "KeepAlive": "store.lease_block",
    "Meter": "store.dynamo.client",
    "Location": "store.location",
    "Check": "store.logs.log",
    "Cursor": "store.logs.log",
    "Page": "store.logs.log",
    "HEAD": "store.logs.log",
    "END": "store.logs.log",
    "follow": "store.logs.log",
    "forward": "store.logs.log",
    "HeldLease": "store.blocking",
    "keepalive_thread": "store.blocking",
    "setup": "store.dynamo.setup",
    "DynamoTaskDB": "store.dynamo.taskdb",
    "ExecInspect": "store.logs.inspect",
    "Usage": "store.logs.inspect",
    "format_inspect": "store.logs.inspect",
    "parse_inspect": "store.logs.inspect",
    "Level": "store.logs.runlog",
    "RunLogFormatter": "store.logs.runlog",
    "format_log_line": "store.logs.runlog",
    "keep_id_alive": "store.keepalive",
    "keep_id_alive_and_end": "store.keepalive",
    "keep_run_alive": "store.keepalive",
    "keep_task_alive": "store.keepalive",
    "LeaseKeeper": "store.lease_keeper",
    "Logs": "store.logs.open",
    "Output": "store.logs.open",
    "MemoryTaskDB": "store.memory",
    "NopTaskDB": "store.nop",
    "Log": "store.logs.log",
    "LocalRepository": "store.repository",
    "Repository": "store.repository",
    "Retries": "store.aws.retry",
    "S3Repository": "store.repository",
    "Span": "store.logs.trace",
    "Spans": "store.logs.trace",
    "format_trace": "store.logs.trace",
    "parse_trace": "store.logs.trace",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_LATE[name]), name)
    return value


__all__ = [
    "BOOT",
    "END",
    "GRACE",
    "HEAD",
    "LEASE",
    "Alloc",
    "AllocQuery",
    "Check",
    "ClusterID",
    "Cursor",
    "Digest",
    "DigestPrefix",
    "DynamoTaskDB",
    "Error",
    "ErrorKind",
    "ExecInspect",
    "FailureReason",
    "HeldLease",
    "ImgCmdID",
    "KeepAlive",
    "Kind",
    "LeaseKeeper",
    "Level",
    "Liveness",
    "LocalRepository",
    "Location",
    "Log",
    "Logs",
    "MappingHandler",
    "MappingHandlerFunc",
    "MemoryTaskDB",
    "Meter",
    "NopTaskDB",
    "Output",
    "Page",
    "PageHook",
    "Pool",
    "PoolQuery",
    "PoolRow",
    "Repository",
    "Resources",
    "Retries",
    "Rows",
    "Run",
    "RunID",
    "RunLogFormatter",
    "RunQuery",
    "S3Repository",
    "Snapshot",
    "SnapshotPage",
    "Span",
    "Spans",
    "StringDigest",
    "Task",
    "TaskDB",
    "TaskID",
    "TaskQuery",
    "TimeFields",
    "Usage",
    "dec_hook",
    "enc_hook",
    "follow",
    "format_inspect",
    "format_log_line",
    "format_trace",
    "forward",
    "keep_id_alive",
    "keep_id_alive_and_end",
    "keep_run_alive",
    "keep_task_alive",
    "keepalive_thread",
    "lapse",
    "liveness",
    "parse_inspect",
    "parse_trace",
    "setup",
]
