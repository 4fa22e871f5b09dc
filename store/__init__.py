"""The TaskDB of reflow: runs, tasks, allocs, pools and their leases.

Importing this loads neither botocore nor aiohttp; `DynamoTaskDB.open` and `setup` do.
"""

from store.digest import Digest, ImgCmdID, RunID, StringDigest, TaskID
from store.errors import Error, ErrorKind
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
    "MappingHandler",
    "MappingHandlerFunc",
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
    "lapse",
    "liveness",
]
