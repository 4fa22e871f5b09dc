"""Values and strategies for random rows: few of everything, so that writes meet."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from store import ClusterID, Digest, Error, ErrorKind, ImgCmdID, Resources, RunID, StringDigest, Task, TaskID

# Of the runs and of the tasks two share their first 8 digits.
RUNS = [RunID(bytes([1, 2, 3, 4, n]) + bytes(26) + b"\1") for n in (1, 2)] + [RunID.compute(b"run")]
TASKS = [TaskID(bytes([5, 6, 7, 8, n]) + bytes(26) + b"\1") for n in (1, 2)] + [TaskID.compute(b"task")]
POOLS = [StringDigest("i-1"), StringDigest("i-2")]
ALLOCS = [StringDigest("alloc 1"), StringDigest("alloc 2")]
IDS = [*RUNS, *TASKS, *(name.digest for name in (*POOLS, *ALLOCS))]
EXECS = [ImgCmdID.compute("image", "align"), ImgCmdID.compute("image", "sort")]
IDENTS = ["", "align"]
USERS = ["amy", "bob"]
LOGS = [Digest.ZERO, Digest.compute(b"log 1"), Digest.compute(b"log 2")]
ERRORS = [None, Error(ErrorKind.OOM, "exec", ("align",), "killed"), Error(ErrorKind.NET)]
CLUSTERS = [ClusterID(name, user) for name in ("batch", "other") for user in ("amy", "bob")]
AMOUNTS = [Resources(), Resources({"cpu": 4, "mem": 2.0**34})]
ARGS = [(), ("-a",), ("-b", "-a"), ("-a", "-b", "-a")]

# Near the end of a month, of a year and of a February of 28 days that has 29.
STARTS = [
    datetime(2026, 11, 30, 23, 50, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 58, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC),
]

one_of = st.sampled_from
spans = (one_of([0.0, 1.0, 59.0, 120.0, 600.0, 86_399.0]) | st.floats(0, 86_400)).map(lambda s: timedelta(seconds=s))
earlier = spans.map(lambda span: -span)
offsets = spans | earlier
bounds = st.none() | offsets
prefixes = one_of([8, 10, 64])  # digits


tasks = st.builds(
    Task,
    id=one_of(TASKS),
    run_id=one_of(RUNS),
    alloc_id=one_of([name.digest for name in ALLOCS] + [Digest.ZERO]),
    img_cmd_id=one_of(EXECS),
    ident=one_of(IDENTS),
    attempt=st.integers(0, 9),
    uri=one_of(["", "host:9000"]),
    resources=one_of(AMOUNTS),
)
