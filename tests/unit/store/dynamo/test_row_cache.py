import json
from typing import Any

import msgspec

from store import Error, Task
from store.dynamo.decode import Decoder, Row
from store.dynamo.row_cache import RowCache
from tests.support.rows import run_id, task_id


def task_item(n: int, **columns: Any) -> msgspec.Raw:
    item = {"ID": {"S": str(task_id(n))}, "Type": {"S": "task"}, "RunID": {"S": str(run_id(1))}, **columns}
    return msgspec.Raw(json.dumps(item).encode())


class Reads:
    """Refreshes that read through one cache."""

    def __init__(self) -> None:
        self.cache = RowCache(Decoder())
        self.errors: list[Error] = []

    def read(self, *items: msgspec.Raw, is_full: bool = True) -> list[Row]:
        self.cache.begin(is_full=is_full)
        return self.cache.decode(items, self.errors)


def test_unchanged_bytes_are_the_same_object() -> None:
    reads = Reads()
    (first,) = reads.read(task_item(1))
    (again,) = reads.read(task_item(1))
    (later,) = reads.read(task_item(1))
    assert isinstance(first, Task)
    assert first is again is later


def test_changed_bytes_are_decoded() -> None:
    reads = Reads()
    reads.read(task_item(1))
    (changed,) = reads.read(task_item(1, URI={"S": "exec"}))
    assert isinstance(changed, Task)
    assert changed.uri == "exec"


def test_rows_read_between_full_scans_are_kept() -> None:
    reads = Reads()
    reads.read(task_item(1))
    (between,) = reads.read(task_item(2), is_full=False)
    (again,) = reads.read(task_item(2), is_full=False)
    assert between is again
    assert reads.read(task_item(2)) == [between]
    assert reads.read(task_item(2))[0] is between


def test_a_row_missing_from_a_full_scan_is_forgotten_with_the_next() -> None:
    reads = Reads()
    (first,) = reads.read(task_item(1))
    reads.read()
    reads.read()
    (again,) = reads.read(task_item(1))
    assert again == first
    assert again is not first


def test_an_unreadable_row_is_reported_each_time() -> None:
    reads = Reads()
    for count in (1, 2, 3):
        (row,) = reads.read(task_item(1, URI={"N": "5"}))
        assert row.id == task_id(1)
        assert len(reads.errors) == count


def test_rows_of_unknown_types_and_malformed_items_are_left_out() -> None:
    reads = Reads()
    items = [task_item(1, Type={"S": "future"}), msgspec.Raw(b"[]"), task_item(2)]
    for _ in range(2):
        assert [row.id for row in reads.read(*items)] == [task_id(2)]
    assert len(reads.errors) == 2


def test_renewals_between_full_scans_are_forgotten_once_they_are_many() -> None:
    reads = Reads()
    reads.read(task_item(1))
    sizes = []
    for day in range(1, 31):
        minutes = [f"2026-11-{day:02}T{number // 60:02}:{number % 60:02}:00Z" for number in range(1_440)]
        reads.read(*(task_item(1, Keepalive={"S": lease}) for lease in minutes), is_full=False)
        sizes.append(len(reads.cache))
    assert max(sizes) < 25_000
    (row,) = reads.read(task_item(1, Keepalive={"S": "2026-11-02T00:39:00Z"}), is_full=False)
    assert reads.read(task_item(1, Keepalive={"S": "2026-11-02T00:39:00Z"}), is_full=False)[0] is row
