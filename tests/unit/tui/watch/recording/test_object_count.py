"""Objects in frames are counted as MessagePack writes them, and their number is bounded by what is stored."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.watch.recording.frames import RecordingError
from tui.watch.recording.object_count import ObjectBudget, count_objects, count_rows

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary(max_size=300),
    lambda each: st.lists(each, max_size=20) | st.dictionaries(st.text(), each, max_size=20),
    max_leaves=40,
)


def count(value: object) -> int:
    if isinstance(value, list):
        return 1 + sum(map(count, value))
    if isinstance(value, dict):
        return 1 + sum(count(key) + count(each) for key, each in value.items())
    return 1


@given(values)
def test_every_object_counts_once(value: object) -> None:
    assert count_objects(msgspec.msgpack.encode(value), most=1 << 30) == count(value)


def test_counting_stops_early() -> None:
    assert count_objects(msgspec.msgpack.encode([{}] * 1_000_000), most=100) == 101


def test_rows_are_counted_without_looking_at_them() -> None:
    assert count_rows(msgspec.msgpack.encode({"tasks": [{}] * 70_000, "runs": [{}] * 3, "x": 1})) == 70_003
    assert count_rows(b"\x01") == count_rows(b"") == 0


def test_many_objects_in_few_bytes_are_refused() -> None:
    bomb = msgspec.msgpack.encode({"tasks": [{}] * 1_000_000})
    with pytest.raises(RecordingError, match="over 102000 objects in 1000 bytes"):
        ObjectBudget().take(bomb, 1000)


def test_many_small_frames_share_one_budget() -> None:
    part = msgspec.msgpack.encode({"tasks": [{}] * 30_000})
    budget = ObjectBudget()
    for _ in range(3):
        budget.take(part, 60)
    with pytest.raises(RecordingError, match="objects"):
        budget.take(part, 60)


def test_rows_of_usual_size_are_taken() -> None:
    rows = msgspec.msgpack.encode({"tasks": [{"id": bytes(32), "ident": "align" * 20}] * 5000})
    budget = ObjectBudget()
    for _ in range(100):
        budget.take(rows, len(rows) // 5)
