"""The texts of a row that can be copied: ids, addresses and messages, each with a name.

Texts are as they stand in the row, however hostile: whatever writes one to a terminal makes it visible first.
"""

from collections.abc import Iterator
from typing import NamedTuple

from store import Alloc, Digest, PoolRow, Run, Task
from tui.lists import cells
from tui.watch.model.cluster import Cluster


class CopyItem(NamedTuple):
    """A text to copy. `name` is a word or two: `id`, `uri`, `host`, `error`, `command`."""

    name: str
    text: str


def run_items(run: Run) -> list[CopyItem]:
    """Return the texts of a run, its id first."""
    named = {
        "id": str(run.id),
        "user": run.user,
        "args": " ".join(run.args),
        **_digests({"log": run.run_log, "trace": run.trace, "graph": run.eval_graph}),
    }
    return list(_present(named))


def task_items(cluster: Cluster, task: Task) -> list[CopyItem]:
    """Return the texts of a task, with its alloc, pool and host; its id first."""
    alloc, pool = cluster.alloc(task.alloc_id), cluster.pool_of(task)
    named = {
        "id": str(task.id),
        "uri": task.uri,
        "host": "" if pool is None else cells.host(pool),
        "error": "" if task.err is None else str(task.err),
        "ident": task.ident,
        "run": str(task.run_id),
        **_digests(
            {
                "flow": task.flow_id,
                "stdout": task.stdout,
                "stderr": task.stderr,
                "inspect": task.inspect,
                "result": task.result_id,
            }
        ),
        "alloc": "" if alloc is None else alloc.alloc_id or str(alloc.id),
        "pool": "" if pool is None else str(pool.pool_id),
    }
    return list(_present(named))


def pool_items(pool: PoolRow) -> list[CopyItem]:
    """Return the texts of a pool, its instance id first."""
    named = {"id": str(pool.pool_id), "host": cells.host(pool), "uri": pool.uri, "digest": str(pool.id)}
    return list(_present(named))


def alloc_items(alloc: Alloc) -> list[CopyItem]:
    """Return the texts of an alloc, its id first."""
    return list(_present({"id": alloc.alloc_id or str(alloc.id), "digest": str(alloc.id)}))


def _digests(named: dict[str, Digest]) -> dict[str, str]:
    return {name: str(digest) for name, digest in named.items() if digest}


def _present(named: dict[str, str]) -> Iterator[CopyItem]:
    return (CopyItem(name, text) for name, text in named.items() if text)
