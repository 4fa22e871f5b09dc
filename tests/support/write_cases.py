"""Every write of a TaskDB with arguments of any value, and the row that it must leave.

`WRITES` has a strategy of arguments for each write. Of these a few are of a wrong type or value: what one TaskDB
refuses, all must refuse, and what they accept must be read back equal. Exceptions are documented in `TaskDB`: text that
is not valid Unicode, fractions of a second, and errors and URIs that are cut.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, NamedTuple

from hypothesis import strategies as st

from store import (
    ClusterID,
    Digest,
    Error,
    ErrorKind,
    ImgCmdID,
    Pool,
    Resources,
    RunID,
    Snapshot,
    StringDigest,
    Task,
    TaskDB,
    TaskID,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
RUN, TASK = RunID.compute(b"run"), TaskID.compute(b"task")
ALLOC, POOL = StringDigest("alloc"), StringDigest("pool")
DIGEST = Digest.compute(b"digest")


class NoOffset(tzinfo):
    """A time zone that does not tell its offset: times in it are as naive as those without one."""

    def utcoffset(self, _: datetime | None) -> None:
        return None

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> None:
        return None


class Write(NamedTuple):
    """A write with `arguments`, and the fields that the row of the id has afterwards."""

    arguments: tuple[st.SearchStrategy[Any], ...]
    row: Callable[..., tuple[Digest, dict[str, Any]]]


# Mostly what is right, and then what is at the edges of it.
junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.just(0.5),
    st.sampled_from(["", "text", b"", b"bytes", (), [], {}, ["a"], {"a": 1}, [1], [None], {1: "a"}, object()]),
    st.sampled_from([date(2026, 11, 1), datetime(2026, 11, 1), datetime.max, NOW, timedelta()]),
    st.sampled_from([datetime(2026, 11, 1, tzinfo=NoOffset()), datetime.max.replace(tzinfo=UTC)]),
    st.sampled_from(
        [
            Digest.ZERO,
            DIGEST,
            RunID.compute(b"other"),
            StringDigest("other"),
            StringDigest(),
            Resources(),
            ClusterID(),
            Error(),
            ValueError,
        ]
    ),
)


def mostly(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(strategy, strategy, strategy, strategy, strategy, strategy, strategy, junk)


surrogates = st.characters(categories=["Cs"])
texts = (
    st.text(max_size=30) | st.text(st.characters() | surrogates, max_size=10) | st.sampled_from(["", "a", "=", "b=c"])
)
digests = st.binary(min_size=32, max_size=32).map(Digest) | st.just(Digest.ZERO)
zones = st.integers(-23 * 3600, 23 * 3600).map(lambda seconds: timezone(timedelta(seconds=seconds)))
times = st.datetimes(datetime(2, 1, 3), datetime(9998, 12, 29), timezones=zones) | st.sampled_from(
    [datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)]
)
amounts = st.floats() | st.sampled_from([0.0, -0.0, 1e308, 5e-324, 2.0**53 + 2])
resources = st.dictionaries(texts, amounts, max_size=4).map(Resources)
labels = st.none() | st.dictionaries(texts, texts, max_size=4) | st.lists(texts | st.just("a=b"), max_size=4)
names = texts | st.integers(2040, 2060).map(lambda size: "x" * size) | st.just("\ud800" * 700) | st.just("é" * 1024)
attempts = st.integers(0, 9) | st.sampled_from([(1 << 63) - 1, 1 << 63, 10**37, 10**40])
chains = st.recursive(
    st.none() | texts | st.builds(Exception, texts),
    lambda inner: st.builds(Error, st.sampled_from(ErrorKind), texts, st.lists(texts, max_size=3), inner),
    max_leaves=4,
)
errors = st.none() | st.builds(Error, st.sampled_from(ErrorKind), texts, st.lists(texts, max_size=3), chains)
string_ids = texts.map(StringDigest) | st.just(StringDigest())
task_fields = {
    "run_id": st.just(RUN) | digests.map(RunID),
    "alloc_id": digests,
    "flow_id": digests,
    "img_cmd_id": digests.map(ImgCmdID),
    "ident": names,
    "attempt": attempts,
    "resources": resources,
    "uri": texts,
}
tasks = st.fixed_dictionaries({name: mostly(each) for name, each in task_fields.items()}).map(
    lambda fields: Task(id=TASK, **fields)
)
clusters = st.builds(ClusterID, mostly(texts), mostly(texts), mostly(texts))
pools = st.builds(
    Pool,
    pool_id=mostly(string_ids),
    pool_type=mostly(texts),
    resources=mostly(resources),
    uri=mostly(texts),
    cluster=mostly(clusters),
    start=mostly(st.none() | times),
)


def stored_text(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def stored_time(time: Any) -> Any:
    if time is None:
        return NOW
    if time == datetime(1, 1, 1, tzinfo=UTC):
        return None  # Go's zero time
    return time.astimezone(UTC).replace(microsecond=0) if isinstance(time, datetime) else time


def stored_resources(amounts: Any) -> Any:
    if not isinstance(amounts, Resources):
        return amounts
    return Resources({stored_text(name): amount for name, amount in amounts.items()})


def stored_labels(labels: Any) -> Any:
    pairs = labels.items() if isinstance(labels, Mapping) else [label.split("=", 1) for label in labels or () if label]
    return {stored_text(name): stored_text(value) for name, value in pairs}


def stored_error(error: Any) -> Any:
    empty = isinstance(error, Error) and error == Error()
    return None if empty else error


def created(id: Digest, fields: Any, *names: str) -> tuple[Digest, dict[str, Any]]:
    """The row of a Task or Pool whose fields are kept as they are but for texts."""
    values = {name: stored_text(getattr(fields, name)) for name in names}
    return id, {**values, "resources": stored_resources(fields.resources)}


def created_pool(pool: Pool) -> tuple[Digest, dict[str, Any]]:
    id, fields = created(pool.pool_id.digest, pool, "pool_type", "uri")
    names = (stored_text(getattr(pool.cluster, name)) for name in ("cluster_name", "user", "reflow_version"))
    fields |= {"pool_id": StringDigest(stored_text(pool.pool_id.text)), "cluster": ClusterID(*names)}
    return id, {**fields, "start": stored_time(pool.start), "keepalive": NOW}


def lease(id: Digest, time: datetime) -> tuple[Digest, dict[str, Any]]:
    return id, {"keepalive": stored_time(time)}


run_ids, task_ids = st.just(RUN), st.just(TASK)
WRITES: dict[str, Write] = {
    "create_run": Write(
        (run_ids | digests.map(RunID), texts, labels),
        lambda id, user, labels: (id, {"user": stored_text(user), "labels": stored_labels(labels), "start": NOW}),
    ),
    "set_run_attrs": Write(
        (
            run_ids,
            digests,
            st.lists(texts, min_size=1, max_size=5) | st.lists(texts, min_size=1, max_size=5).map(sorted),
        ),
        lambda id, bundle, args: (id, {"bundle": bundle, "args": tuple(map(stored_text, args))} if args else {}),
    ),
    "set_run_complete": Write(
        (run_ids, digests, digests, digests, st.none() | times),
        lambda id, log, graph, trace, end: (
            id,
            # A digest of zero leaves the log as it is.
            {name: each for name, each in (("run_log", log), ("eval_graph", graph), ("trace", trace)) if each}
            | {"end": stored_time(end)},
        ),
    ),
    "keep_run_alive": Write((run_ids, times), lease),
    "create_task": Write(
        (tasks,),
        lambda task: created(task.id, task, "run_id", "alloc_id", "flow_id", "img_cmd_id", "ident", "attempt", "uri"),
    ),
    "set_task_result": Write((task_ids, digests), lambda id, result: (id, {"result_id": result})),
    "set_task_uri": Write((task_ids, texts), lambda id, uri: (id, {"uri": stored_text(uri)})),
    "set_task_attrs": Write(
        (task_ids, digests, digests, digests),
        lambda id, stdout, stderr, inspect: (id, {"stdout": stdout, "stderr": stderr, "inspect": inspect}),
    ),
    "set_task_complete": Write(
        (task_ids, errors, st.none() | times),
        lambda id, error, end: (id, {"err": stored_error(error), "end": stored_time(end)}),
    ),
    "keep_task_alive": Write((task_ids, times), lease),
    "start_alloc": Write(
        (string_ids, digests, resources, st.none() | times),
        lambda alloc, pool, amounts, start: (
            alloc.digest,
            {
                "alloc_id": stored_text(alloc.text),
                "pool_id": pool,
                "resources": stored_resources(amounts),
                "start": stored_time(start),
                "keepalive": NOW,
            },
        ),
    ),
    "start_pool": Write((pools,), created_pool),
    "set_resources": Write(
        (st.sampled_from([TASK, POOL.digest, ALLOC.digest]), resources),
        lambda id, amounts: (id, {"resources": stored_resources(amounts)}),
    ),
    "keep_id_alive": Write((st.sampled_from([RUN, TASK, POOL.digest, ALLOC.digest]), times), lease),
    "set_end_time": Write(
        (st.sampled_from([RUN, TASK, POOL.digest, ALLOC.digest]), st.none() | times),
        lambda id, end: (id, {"end": stored_time(end)}),
    ),
}


def arguments(name: str) -> st.SearchStrategy[tuple[Any, ...]]:
    """Arguments for a write. Few of them are wrong."""
    return st.tuples(*map(mostly, WRITES[name].arguments))


async def prepare(db: TaskDB) -> None:
    """Create the rows that updates change."""
    await db.create_run(RUN, "amy")
    await db.create_task(Task(id=TASK, run_id=RUN))
    await db.start_alloc(ALLOC, POOL.digest, Resources())
    await db.start_pool(Pool(pool_id=POOL))


async def outcome(db: TaskDB, name: str, arguments: tuple[Any, ...]) -> str:
    """Try a write: return "written" or the kind of its error. Other exceptions than Error are raised."""
    try:
        await getattr(db, name)(*arguments)
    except Error as error:
        return f"{error.kind}"
    return "written"


async def assert_read_back(db: TaskDB, name: str, arguments: tuple[Any, ...]) -> None:
    """Read the row that a write has left, and compare what it set."""
    id, fields = WRITES[name].row(*arguments)
    found: Snapshot = await db.lookup([id], consistent=True)
    assert found.errors == []
    rows: list[Any] = [*found.runs, *found.tasks, *found.allocs, *found.pools]
    (row,) = rows
    assert {field: getattr(row, field) for field in fields} == fields
