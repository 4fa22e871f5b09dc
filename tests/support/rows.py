"""Rows for tests of the dashboard, at a time that stands still."""

from datetime import UTC, datetime, timedelta
from typing import Any

from store import Alloc, Digest, Error, ErrorKind, PoolRow, Resources, Run, RunID, StringDigest, Task, TaskID

NOW = datetime(2026, 11, 1, 12, 3, 41, tzinfo=UTC)
OOM = Error(ErrorKind.OOM, "exec", ("samtools",), "killed")


def ago(**span: float) -> datetime:
    """`NOW` less a time span."""
    return NOW - timedelta(**span)


def ahead(**span: float) -> datetime:
    """`NOW` and a time span."""
    return NOW + timedelta(**span)


def run_id(n: int) -> RunID:
    return RunID.parse(f"{n:02x}" * 32)


def task_id(n: int) -> TaskID:
    return TaskID.parse(f"{n:064x}")


def digest(name: str) -> Digest:
    return Digest.compute(name.encode())


def make_run(n: int, *, end: datetime | None = None, **fields: Any) -> Run:
    """Make a live run that started an hour ago."""
    values: dict[str, Any] = {
        "start": ago(hours=1),
        "keepalive": ahead(seconds=100),
        "user": "amy@example.com",
        "end": end,
    }
    return Run(**{"id": run_id(n), **values, **fields})


def make_task(n: int, run: int, *, end: datetime | None = None, err: Error | None = None, **fields: Any) -> Task:
    """Make a live task that started a minute ago, in the alloc `a1`."""
    values: dict[str, Any] = {
        "start": ago(minutes=1),
        "keepalive": ahead(seconds=80),
        "ident": "samtools.sort",
        "flow_id": digest(f"flow {n}"),
        "alloc_id": digest("a1"),
        "resources": Resources({"mem": 16 << 30, "cpu": 4}),
    }
    return Task(id=task_id(n), run_id=run_id(run), end=end, err=err, **{**values, **fields})


def make_alloc(name: str = "a1", pool: str = "i-0abc", **fields: Any) -> Alloc:
    values: dict[str, Any] = {
        "start": ago(hours=1),
        "keepalive": ahead(seconds=90),
        "alloc_id": name,
        "pool_id": digest(pool),
    }
    return Alloc(id=digest(name), **{**values, **fields})


def make_pool(name: str = "i-0abc", **fields: Any) -> PoolRow:
    values: dict[str, Any] = {
        "start": ago(hours=1),
        "keepalive": ahead(seconds=90),
        "pool_id": StringDigest(name),
        "pool_type": "r5.2xlarge",
        "uri": f"https://{name}.example.com:9000/v1",
    }
    return PoolRow(id=digest(name), **{**values, **fields})


def before_midnight(seconds: int) -> datetime:
    """Return the time so many seconds before the end of the day of `NOW`."""
    return NOW.replace(hour=0, minute=0, second=0) + timedelta(days=1) - timedelta(seconds=seconds)
