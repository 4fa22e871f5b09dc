"""A table of half a million live rows, too many to hold as items: rows are numbers, made into JSON as they are read.

Its writers renew, start and end rows as in `busy_minutes`, at whole seconds.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from store.dynamo import encode
from store.lease import LEASE, RENEWAL
from store.times import format_time, parse_time
from tests.bench import page_server, rows
from tests.bench.busy_minutes import ENDS, FAILED, HOST_ENDS, MOST_OFF, OFF
from tests.bench.live_table import Write

_LEASE, _RENEWAL = int(LEASE.total_seconds()), int(RENEWAL.total_seconds())
# Of the renewals so many are waited for: to look for each takes longer than to play.
_SAMPLE = 200
# Rows that ended lately keep their last lease.
_PAST = 180
_COLUMNS = ("ID", "ID4", "RunID", "FlowID", "AllocID", "PoolID", "StartTime", "Keepalive", "EndTime")
_PAGE = 1 << 20


class BigTable:
    """The rows of `runs` runs with `tasks` open tasks each: 1 alloc to 0.8 tasks, 1 pool to 4 allocs."""

    def __init__(self, runs: int, tasks: int, seed: int = 5) -> None:
        self._chance = random.Random(seed)
        self._made = _Templates()
        self.kinds: list[str] = []
        self.parents: list[int] = []
        self.starts: list[int] = []
        self.leases: list[int] = []
        self.ends: list[int | None] = []
        self._skews: dict[int, int] = {}
        self._by_lease: dict[int, set[int]] = defaultdict(set)
        self._by_end: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._renewals: dict[int, list[int]] = defaultdict(list)
        self._ending: dict[int, list[int]] = defaultdict(list)
        self._pages: dict[str, list[int]] = {}
        self._second = 0
        self._first(runs, tasks)

    def __len__(self) -> int:
        return sum(end is None for end in self.ends)

    def advance(self, until: float) -> list[Write]:
        """Make the writes up to a time, and return them, of renewals a sample."""
        self._pages.clear()
        writes: list[Write] = []
        while self._second < int(until):
            self._second += 1
            writes += self._write(self._second)
        return writes

    def reply(self, request: dict[str, Any]) -> bytes:
        """The reply to a Query or a BatchGetItem, all of HTTP."""
        if "RequestItems" in request:
            return self._batch(request["RequestItems"])
        start = request.pop("ExclusiveStartKey", None)
        key = json.dumps(request)
        if key not in self._pages:
            self._pages[key] = self._find(request)
        found, at, size = self._pages[key], int(start["ID"]["S"]) if start else 0, 0
        first, is_end = at, "Ident" in request["IndexName"]
        while at < len(found) and size < _PAGE:
            size += self._made.end_size if is_end else self._made.size(self._form(found[at]))
            at += 1
        items = ",".join(self._end(row) if is_end else self._item(row) for row in found[first:at])
        more = f',"LastEvaluatedKey":{{"ID":{{"S":"{at}"}}}}' if at < len(found) else ""
        capacity = f'"ConsumedCapacity":{{"CapacityUnits":{_rcu(size)},"TableName":"bench"}}'
        count = f'"Count":{at - first},"ScannedCount":{at - first}'
        return page_server.http(f'{{{capacity},{count},"Items":[{items}]{more}}}'.encode())

    def _batch(self, asked: dict[str, Any]) -> bytes:
        ((table, keys),) = asked.items()
        found = [row for key in keys["Keys"] if (row := _row(key["ID"]["S"])) < len(self.kinds)]
        units = sum(_rcu(self._made.size(self._form(row))) for row in found) * (2 if keys.get("ConsistentRead") else 1)
        items = ",".join(map(self._item, found))
        capacity = f'"ConsumedCapacity":[{{"CapacityUnits":{units},"TableName":"{table}"}}]'
        return page_server.http(f'{{"Responses":{{"{table}":[{items}]}},"UnprocessedKeys":{{}},{capacity}}}'.encode())

    def _find(self, request: dict[str, Any]) -> list[int]:
        assert "FilterExpression" not in request, request
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        if "Ident" in request["IndexName"]:
            by_end, since = self._by_end[values[":Ident"]], _seconds(values[":since"])
            return [row for end in sorted(by_end, reverse=True) if end >= since for row in by_end[end]]
        if values[":Date"] != rows.NOW.date().isoformat():
            return []
        low = _seconds(values[":start"]) if ":start" in values else -(10**6)
        high = _seconds(values[":end"]) if ":end" in values else 10**6
        leases = sorted((lease for lease in self._by_lease if low <= lease <= high), reverse=True)
        return [row for lease in leases for row in self._by_lease[lease]]

    def _first(self, runs: int, tasks: int) -> None:
        hosts = tasks * 5 // 4  # allocs; four of five tasks of a run have ended, their hosts go on
        for _ in range(runs):
            run = self._add("run", -1, -7200)
            pool = alloc = 0
            for number in range(hosts):
                if number % 4 == 0:
                    pool = self._add("pool", -1, -3600)
                alloc = self._add("alloc", pool, -1800)
                if number < tasks:
                    self._add(self._task(), run, -self._chance.randint(60, 3600), alloc)
            for _ in range(int(tasks * ENDS * _PAST)):
                row = self._add(self._task(), run, -1800, alloc, ended=self._chance.randint(-_PAST, 0))
                self._move(row, self.ends[row] + self._chance.randint(30, _LEASE))  # type: ignore[operator]

    def _task(self) -> str:
        return self._chance.choice(rows.IDENTS)

    def _add(self, kind: str, parent: int, start: int, alloc: int = 0, *, ended: int | None = None) -> int:
        row = len(self.kinds)
        self.kinds.append(kind)
        # The alloc of a task matters for the size of its row only: any will do.
        self.parents.append(parent)
        self.starts.append(start)
        self.leases.append(start)
        self.ends.append(ended)
        self._by_lease[start].add(row)
        if self._chance.random() < OFF:
            self._skews[row] = self._chance.randint(-MOST_OFF, MOST_OFF)
        if ended is not None:
            self._by_end[kind][ended].append(row)
            return row
        is_new = start == self._second > 0
        renewal = self._second + 1 if is_new else self._chance.randint(1, _RENEWAL)
        if not is_new:
            self._move(row, renewal - _RENEWAL + _LEASE + self._skews.get(row, 0))
        self._renewals[renewal].append(row)
        rate = 0.0 if kind == "run" else HOST_ENDS if kind in ("alloc", "pool") else ENDS
        if rate:
            self._ending[self._second + 1 + int(self._chance.expovariate(rate))].append(row)
        return row

    def _write(self, second: int) -> Iterator[Write]:
        for row in self._ending.pop(second, ()):
            self.ends[row] = end = second + self._skews.get(row, 0)
            kind = self.kinds[row]
            if kind in ("alloc", "pool"):
                yield self._written(second, "host ended", row)
                continue
            self._by_end[kind][end].append(row)
            yield self._written(second, "failed" if self._has_failed(row) else "ended", row)
            yield self._written(second, "started", self._add(self._task(), self.parents[row], second))
        for row in self._renewals.pop(second, ()):
            if self.ends[row] is None:
                self._move(row, second + _LEASE + self._skews.get(row, 0))
                self._renewals[second + _RENEWAL].append(row)
                if row % _SAMPLE == 0:
                    yield self._written(second, "renewed", row)

    def _written(self, second: int, kind: str, row: int) -> Write:
        return Write(second, kind, {"ID": {"S": _id(row)}, "Keepalive": {"S": _time(self.leases[row])}})

    def _has_failed(self, row: int) -> bool:
        return row % 1000 < FAILED * 1000

    def _move(self, row: int, lease: int) -> None:
        self._by_lease[self.leases[row]].discard(row)
        self.leases[row] = lease
        self._by_lease[lease].add(row)

    def _form(self, row: int) -> str:
        kind = self.kinds[row]
        if self.ends[row] is None:
            return kind
        return f"{kind} failed" if kind in rows.IDENTS and self._has_failed(row) else f"{kind} ended"

    def _item(self, row: int) -> str:
        parent = _id(max(self.parents[row], 0))
        start, end = _time(self.starts[row]), self.ends[row]
        id, lease = _id(row), _time(self.leases[row])
        values = {"ID": id, "ID4": id[7:15], "RunID": parent, "FlowID": id, "AllocID": _id(2), "PoolID": parent}
        values |= {"StartTime": start, "Keepalive": lease, "EndTime": "" if end is None else _time(end)}
        return self._made.texts[self._form(row)] % values

    def _end(self, row: int) -> str:
        end = _time(self.ends[row] or 0)
        return f'{{"ID":{{"S":"{_id(row)}"}},"Ident":{{"S":"{self.kinds[row]}"}},"EndTime":{{"S":"{end}"}}}}'


class _Templates:
    """The rows of each form as JSON with gaps, and their sizes as the service counts them."""

    end_size = 250

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._sizes: dict[str, int] = {}
        for item in rows.table(1, 400):
            kind = item["Type"]["S"]
            is_task = kind == "task"
            form = item["Ident"]["S"] if is_task else kind
            if "EndTime" in item:
                form += " failed" if "Error" in item else " ended"
            self._put(form, item)
            if not is_task:
                self._put(f"{kind} ended", item | {"EndTime": item["Keepalive"]})
            elif form.endswith(" ended"):
                self._put(f"{item['Ident']['S']} failed", item | {"Error": {"S": '{"kind":"oom"}'}})

    def size(self, form: str) -> int:
        """Return the size of a row of a form, in bytes."""
        return self._sizes[form]

    def _put(self, form: str, item: rows.Item) -> None:
        if form in self.texts:
            return
        self._sizes[form] = encode.item_size(item)
        gaps = {column: {"S": f"@{column}@"} for column in _COLUMNS if column in item and not _is_own(form, column)}
        whole = item | gaps | {"Date": {"S": rows.NOW.date().isoformat()}}
        text = msgspec.json.encode(whole).decode().replace("%", "%%")
        for column in gaps:
            text = text.replace(f"@{column}@", f"%({column})s")
        self.texts[form] = text


def _is_own(form: str, column: str) -> bool:
    # A string whose digest is the id: any will do.
    return (form.split(maxsplit=1)[0], column) in (("alloc", "AllocID"), ("pool", "PoolID"))


@contextmanager
def serve(runs: int, tasks: int) -> Iterator[tuple[str, Connection]]:
    """A server of a table, in a process of its own; yields as `live_table.serve`."""
    with page_server.in_process(_run, runs, tasks) as served:
        yield served


def writes(runs: int, tasks: int, seconds: int) -> Sequence[Write]:
    """The writes that the server will make."""
    return BigTable(runs, tasks).advance(seconds)


def _run(runs: int, tasks: int, control: Connection) -> None:
    table = BigTable(runs, tasks)

    def advance(until: float) -> None:
        table.advance(until)

    page_server.run(table.reply, advance, control)


def _rcu(size: int) -> float:
    return max(-(-size // 4096), 1) / 2


def _id(row: int) -> str:
    # An id that ends in zeros would count as abbreviated.
    return f"sha256:{2 * row + 1:064x}"


def _row(id: str) -> int:
    return int(id[7:], 16) // 2


def _time(seconds: int) -> str:
    return format_time(rows.NOW + timedelta(seconds=seconds))


def _seconds(text: str) -> int:
    time = parse_time(text)
    assert time is not None
    return int((time - rows.NOW).total_seconds())
