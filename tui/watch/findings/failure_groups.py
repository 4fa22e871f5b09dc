"""Groups of failures with the same cause, wherever and whenever they happened."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from store import Error, ErrorKind, RunID, Task
from store.times import EARLIEST
from tui.text.redaction import redact
from tui.watch.findings.finding import count
from tui.watch.model.cluster import Cluster

_LONGEST = 80
_NO_IDENT = "no ident"
_MOST = 2_000  # messages cached: 8 MB of the longest
_MOST_MASKED = 4_000  # characters of a message that are searched for secrets
_ERROR_NAMES = {
    ErrorKind.TEMPORARY.description: "temporary error",
    ErrorKind.FATAL.description: "fatal error",
    ErrorKind.MODULE.description: "module error",
    ErrorKind.DOCKER_EXEC.description: "docker exec error",
    ErrorKind.UNAVAILABLE.description: "resource unavailable",
    ErrorKind.INVALID.description: "invalid parameters",
}

# The parts of a message that tell failures of one cause apart, and their stand-ins; applied in this order.
_PARTICULARS = tuple(
    (re.compile(pattern, re.ASCII), stand_in)
    for pattern, stand_in in (
        (r"\w+://[^\s'\",;)]+", "<url>"),
        (r"(?<![\w.>])~?(?:/[\w.@%+=:-]+){2,}/?", "<path>"),
        (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "<id>"),
        (r"\b(?:sha256:)?[0-9a-f]{8,}\b|\b[a-z]{1,4}-[0-9a-f]{8,}\b", "<id>"),
        (r"\b(?:\d{1,3}\.){3}\d{1,3}\b(?::\d+)?|\bip(?:-\d{1,3}){4}(?:\.[\w.-]+)?(?::\d+)?", "<host>"),
        (r"\b(?:[\w-]+\.)+(?:com|net|org|io|aws|local|internal|amazonaws\.com)\b(?::\d+)?", "<host>"),
        (r"\d+(?:\.\d+)*", "#"),
    )
)


class FailureGroup(msgspec.Struct, frozen=True):
    """Flows that failed with the same error in the same ident: one cause, on whatever hosts.

    `error` is the kind of the error, or its message if it has no kind. `message` is its text without ids, numbers,
    hosts and paths. Texts are not yet safe to show; all but `error` may be empty. `tasks` are the latest attempts of
    the flows, the newest first; `pool_types` are the types of their pools with the number of flows, most flows first.
    """

    error: str
    message: str
    ident: str
    pool_types: tuple[tuple[str, int], ...] = ()
    tasks: tuple[Task, ...] = ()

    @property
    def error_name(self) -> str:
        """The error as a noun: `temporary error`, where Go code prints `temporary`."""
        return _ERROR_NAMES.get(self.error, self.error)

    @property
    def count(self) -> int:
        """The number of flows."""
        return len(self.tasks)

    @property
    def oldest(self) -> datetime | None:
        """The time of the first failure."""
        return self.tasks[-1].end

    @property
    def newest(self) -> datetime:
        """The time of the last failure."""
        return self.tasks[0].end or EARLIEST

    @property
    def cause(self) -> str:
        """A text that identifies the group while flows fail and recover."""
        return f"failing:{self.ident}:{self.error}:{self.message}"


class FailureGrouper:
    """Groups failures, and caches what it found out about their errors."""

    def __init__(self) -> None:
        self._messages: dict[str, str] = {}
        # The name and message of errors, by the id of the error, which is kept: tasks share errors of one text.
        self._keys_by_error: dict[int, tuple[Error | None, tuple[str, str]]] = {}

    def learn(self, tasks: Iterable[Task]) -> None:
        """Cache the keys of the errors of failed tasks, which takes most of the time of `group`."""
        for task in tasks:
            if id(task.err) not in self._keys_by_error:
                self._keys_by_error[id(task.err)] = task.err, self._key_of(task.err)

    def group(self, cluster: Cluster, tasks: Iterable[Task]) -> list[FailureGroup]:
        """Return the failed tasks of `cluster` in groups, the newest group first."""
        return sorted(self.steps(cluster, tasks), key=lambda group: group.newest, reverse=True)

    def steps(self, cluster: Cluster, tasks: Iterable[Task]) -> Iterator[FailureGroup]:
        """Yield the same groups in no order, one for each step of the work."""
        found: defaultdict[tuple[str, str, str], list[Task]] = defaultdict(list)
        failed = list(tasks)
        self.learn(failed)
        before, self._keys_by_error = self._keys_by_error, {}
        for task in failed:
            known = self._keys_by_error[id(task.err)] = before[id(task.err)]
            found[*known[1], task.ident].append(task)
        for key, tasks in found.items():
            yield FailureGroup(*key, _pool_types(cluster, tasks), tuple(sorted(tasks, key=_end, reverse=True)))

    def _key_of(self, error: Error | None) -> tuple[str, str]:
        if error is None:
            return "", ""
        kind, text = _kind_and_text(error)
        text = text[:_MOST_MASKED]  # the rest plays no part, and a text may have 400 KB
        if len(self._messages) > _MOST:
            self._messages.clear()
        message = self._messages.get(text)
        if message is None:
            message = self._messages[text] = normalize_message(text)
        return (kind, message) if kind else (message or ErrorKind.OTHER.description, message)


def failure_groups(cluster: Cluster, run_id: RunID) -> list[FailureGroup]:
    """Return the failed flows of a run by error and ident, the largest group first."""
    groups = FailureGrouper().group(cluster, cluster.tally(run_id).failures())
    return sorted(groups, key=lambda group: (-group.count, group.error, group.ident))


def describe_group(group: FailureGroup) -> str:
    """Return what the flows of a group share: `OOM error in samtools.sort on r5.2xlarge, killed`. Not yet safe."""
    return f"{group.error_name} in {group.ident or _NO_IDENT}{_circumstances(group)}"


def describe_failures(group: FailureGroup) -> str:
    """Return what happened: `samtools.sort: OOM error in 3 flows on r5.2xlarge, killed`. Not yet safe.

    Its beginning, which is all that a list has room for at 80 columns, tells the errors of an ident apart.
    """
    return f"{group.ident or _NO_IDENT}: {group.error_name} in {count(group.count, 'flow')}{_circumstances(group)}"


def _circumstances(group: FailureGroup) -> str:
    says = f", {group.message}" if group.message not in ("", group.error) else ""
    return f"{describe_pools(group)}{says}"


def describe_pools(group: FailureGroup) -> str:
    """Return the type of pool that a group failed on, ` on r5.2xlarge`, or the number of types; else empty."""
    match group.pool_types:
        case ():
            return ""
        case ((name, _),):
            return f" on {name}"
        case types:
            return f" on {len(types)} host types"


def _pool_types(cluster: Cluster, tasks: Iterable[Task]) -> tuple[tuple[str, int], ...]:
    pools = map(cluster.pool_of, tasks)
    return tuple(Counter(pool.pool_type for pool in pools if pool is not None and pool.pool_type).most_common())


def normalize_message(text: str) -> str:
    """Return what similar messages have in common: the text with stand-ins for secrets, ids, numbers, hosts and paths,
    shortened.
    """
    # Before ids and numbers become stand-ins, for no pattern knows half a secret; and before the text is cut.
    text = " ".join(redact(text[:_MOST_MASKED])[: 4 * _LONGEST].split())
    for particular, stand_in in _PARTICULARS:
        text = particular.sub(stand_in, text)
    return text[:_LONGEST]


def _kind_and_text(error: Error) -> tuple[str, str]:
    """The first kind in the chain, and the text of the innermost error."""
    chain = list(error.chain())
    kinds = (node.kind for node in chain if isinstance(node, Error) and node.kind is not ErrorKind.OTHER)
    kind = next(kinds, None)
    last = chain[-1]
    text = " ".join((last.op, *last.args)) if isinstance(last, Error) else str(last)
    return kind.description if kind else "", text


def _end(task: Task) -> datetime:
    return task.end or EARLIEST
