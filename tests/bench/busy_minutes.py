"""Minutes of a busy table: leases are renewed, tasks start, end and fail, and some writers have a wrong clock."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from store import Digest, Error, ErrorKind
from store.dynamo import encode
from store.lease import LEASE, RENEWAL
from tests.bench import rows
from tests.bench.live_table import Write

# Of the open tasks, so many end each second; of those, so many failed. Of the idle allocs and pools fewer end; the
# others would take their tasks with them.
ENDS, FAILED, HOST_ENDS = 0.002, 0.1, 0.0005
# One writer in a hundred has a clock that is off by up to so many seconds.
OFF, MOST_OFF = 0.01, 60
# A writer renews a new row for the first time as soon as the row is written.
_FIRST_RENEWAL = 0.5


def writes(items: Sequence[rows.Item], seconds: int, seed: int = 4) -> tuple[list[rows.Item], list[Write]]:
    """Return the rows as they are at the beginning, and the writes of the next `seconds`, in their order."""
    chance = random.Random(seed)
    first: list[rows.Item] = []
    found: list[Write] = []
    busy = _busy_places(items)
    for given in items:
        if "EndTime" in given:
            first.append(given)
            continue
        # Open rows hold a lease of 30 to 120 s: they are renewed when 30 s are left.
        skew, renewal = _skew(chance), chance.uniform(0, RENEWAL.seconds)
        item = given | _lease(renewal - RENEWAL.seconds + LEASE.seconds + skew)
        first.append(item)
        kind = item["Type"]["S"]
        ends = ENDS if kind == "task" else 0.0 if kind == "run" or item["ID"]["S"] in busy else HOST_ENDS
        found += _life(item, ends, renewal, skew, chance, seconds)
        if kind == "task":
            found += _others(item, chance, seconds)
    found.sort(key=lambda write: write.at)
    return first, found


def _busy_places(items: Sequence[rows.Item]) -> set[str]:
    """Return the ids of the allocs and pools on which tasks are open: other tasks take the places of those that end."""
    of_type = defaultdict[str, list[rows.Item]](list)
    for item in items:
        of_type[item["Type"]["S"]].append(item)
    allocs = {item["AllocID"]["S"] for item in of_type["task"] if "EndTime" not in item}
    return allocs | {item["PoolID"]["S"] for item in of_type["alloc"] if item["ID"]["S"] in allocs}


def _others(item: rows.Item, chance: random.Random, seconds: int) -> Iterator[Write]:
    """The tasks that start in place of those that end: as many as there are open ones times the rate of ends."""
    at = chance.expovariate(ENDS)
    while at < seconds:
        skew = _skew(chance)
        started = item | {
            "ID": {"S": (id := str(Digest(chance.randbytes(32))))},
            "ID4": {"S": id[7:15]},
            "FlowID": {"S": str(Digest(chance.randbytes(32)))},
            "StartTime": _time(at + skew),
        }
        started |= _lease(at + skew)
        yield Write(at, "started", started)
        yield from _life(started, ENDS, at + _FIRST_RENEWAL, skew, chance, seconds, born=at)
        at += chance.expovariate(ENDS)


def _life(
    item: rows.Item, ends: float, renewal: float, skew: float, chance: random.Random, seconds: int, born: float = 0.0
) -> Iterator[Write]:
    """The renewals of a row from `renewal` on, and its end. Of such rows the share `ends` ends each second."""
    end = born + chance.expovariate(ends) if ends else seconds + 1.0
    while renewal < min(end, seconds):
        item = item | _lease(renewal + LEASE.seconds + skew)
        yield Write(renewal, "renewed", item)
        renewal += RENEWAL.seconds
    if end < seconds:
        item = item | {"EndTime": _time(end + skew)}
        kind = item["Type"]["S"]
        if kind == "task":
            for column in ("Stdout", "Stderr", "Inspect", "ResultID"):
                item[column] = {"S": str(Digest(chance.randbytes(32)))}
        if kind == "task" and chance.random() < FAILED:
            error = Error(ErrorKind.OOM, "exec", (item["Ident"]["S"],), "killed: out of memory")
            yield Write(end, "failed", item | {"Error": {"S": error.to_json()}})
        else:
            yield Write(end, "ended" if kind == "task" else "host ended", item)


def _skew(chance: random.Random) -> float:
    return chance.uniform(-MOST_OFF, MOST_OFF) if chance.random() < OFF else 0.0


def _lease(seconds: float) -> rows.Item:
    return encode.lease_columns(_at(seconds))


def _time(seconds: float) -> rows.Item:
    column: rows.Item = encode.lease_columns(_at(seconds))["Keepalive"]
    return column


def _at(seconds: float) -> datetime:
    return rows.NOW + timedelta(seconds=seconds)
