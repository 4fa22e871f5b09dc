"""The TaskDB of reflow: runs, tasks, allocs, pools and their leases.

Importing this loads neither botocore nor aiohttp; `DynamoTaskDB.open` and `setup` do.
"""

from store.blocking import keepalive_thread
from store.digest import Digest, ImgCmdID, RunID, StringDigest, TaskID
from store.dynamo.setup import setup
from store.dynamo.taskdb import DynamoTaskDB
from store.errors import Error, ErrorKind
from store.keepalive import keep_id_alive_and_end, keep_run_alive, keep_task_alive
from store.lease import Liveness, lapse, liveness
from store.memory import MemoryTaskDB
from store.model import (
    Alloc,
    AllocQuery,
    ClusterID,
    Kind,
    Pool,
    PoolQuery,
    PoolRow,
    Rows,
    Run,
    RunQuery,
    Snapshot,
    Task,
    TaskQuery,
    TimeFields,
)
from store.nop import NopTaskDB
from store.repository import LocalRepository, S3Repository
from store.resources import Resources
from store.taskdb import MappingHandler, MappingHandlerFunc, Repository, TaskDB

__all__ = [
    "Alloc",
    "AllocQuery",
    "ClusterID",
    "Digest",
    "DynamoTaskDB",
    "Error",
    "ErrorKind",
    "ImgCmdID",
    "Kind",
    "Liveness",
    "LocalRepository",
    "MappingHandler",
    "MappingHandlerFunc",
    "MemoryTaskDB",
    "NopTaskDB",
    "Pool",
    "PoolQuery",
    "PoolRow",
    "Repository",
    "Resources",
    "Rows",
    "Run",
    "RunID",
    "RunQuery",
    "S3Repository",
    "Snapshot",
    "StringDigest",
    "Task",
    "TaskDB",
    "TaskID",
    "TaskQuery",
    "TimeFields",
    "keep_id_alive_and_end",
    "keep_run_alive",
    "keep_task_alive",
    "keepalive_thread",
    "lapse",
    "liveness",
    "setup",
]
