"""The TaskDB of reflow: runs, tasks, allocs, pools and their leases.

Importing this loads neither botocore nor aiohttp; `DynamoTaskDB.open` and `setup` do.
"""

from store.digest import Digest, ImgCmdID, RunID, StringDigest, TaskID
from store.errors import Error, ErrorKind
from store.keepalive import keep_id_alive_and_end, keep_run_alive, keep_task_alive
from store.lease import Liveness, lapse, liveness
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
from store.repository import LocalRepository
from store.resources import Resources
from store.taskdb import MappingHandler, MappingHandlerFunc, Repository, TaskDB

__all__ = [
    "Alloc",
    "AllocQuery",
    "ClusterID",
    "Digest",
    "Error",
    "ErrorKind",
    "ImgCmdID",
    "Kind",
    "Liveness",
    "LocalRepository",
    "MappingHandler",
    "MappingHandlerFunc",
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
    "lapse",
    "liveness",
]
