"""What deserves attention, and why."""

import dataclasses
import re
from collections import Counter

from store import Error, ErrorKind, RunID, Task
from tui.watch.cluster import Cluster

_NUMBERS = re.compile(r"\d+")
_LONGEST = 80


@dataclasses.dataclass(frozen=True)
class FailureGroup:
    """Flows of a run that failed in the same way: how many, with what error, in which ident and type of pool.

    All three texts are as somebody wrote them; the last two may be empty.
    """

    count: int
    error: str
    ident: str
    pool_type: str


def failure_groups(cluster: Cluster, run_id: RunID) -> list[FailureGroup]:
    """The failed flows of a run by error, ident and type of pool, the largest group first."""

    def group(task: Task) -> tuple[str, str, str]:
        pool = cluster.pool_of(task)
        return _sort_of(task.err), task.ident, "" if pool is None else pool.pool_type

    groups = Counter(map(group, cluster.tally(run_id).failures()))
    in_order = sorted(groups.items(), key=lambda item: (-item[1], item[0]))
    return [FailureGroup(count, *key) for key, count in in_order]


def _sort_of(error: Error | None) -> str:
    """What similar errors have in common: their kind; the innermost text without its numbers if they have none."""
    if error is None:
        return ""
    chain = list(error.chain())
    for node in chain:
        if isinstance(node, Error) and node.kind is not ErrorKind.OTHER:
            return node.kind.description
    last = chain[-1]
    text = " ".join((last.op, *last.args)) if isinstance(last, Error) else str(last)
    return _NUMBERS.sub("#", text[: 2 * _LONGEST])[:_LONGEST] or ErrorKind.OTHER.description
