"""Tests."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.deltas import rows, seen
from tests.support.recorded import applied
from tests.support.rows import NOW, OOM, ago, make_run, make_task
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.polling.status import Progress, Status
from tui.watch.recording.frames import RecordingError
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.refresh_format import RowNumbers, decode, encode

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(), each, max_size=4),
    max_leaves=8,
)


@given(st.data())
def test_a_refresh_with_other_values_in_it_is_refused_or_read(data: st.DataObject) -> None:
    cluster = Cluster(NOW)
    cluster.add([make_run(1), make_task(1, 1, end=NOW, err=OOM)])
    status = Status(as_of=NOW, backfill=Progress(NOW, NOW, NOW), error=OOM)
    first, second = encode(Refresh(time=NOW, status=status, delta=cluster.delta()), RowNumbers())
    which = data.draw(st.booleans())
    value = msgspec.msgpack.decode(first if which else second)
    inside = value
    while isinstance(inside, dict) and inside:
        name = data.draw(st.sampled_from(sorted(inside)))
        inner = inside[name]
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            inner = inner[0]
        if not isinstance(inner, dict) or data.draw(st.booleans()):
            inside[name] = data.draw(values)
            break
        inside = inner
    changed = msgspec.msgpack.encode(value)
    try:
        refresh = decode(NOW, [changed, second] if which else [first, changed], RowNumbers())
    except RecordingError:
        pass
    else:
        for _ in Cluster(NOW).apply(refresh.delta, Changes()):
            pass


@given(st.lists(rows, max_size=12))
def test_any_cluster_is_the_same_after_a_round_trip(history: list[object]) -> None:
    cluster = Cluster(NOW)
    cluster.add(history)  # type: ignore[arg-type]
    cluster.open.hold_back(ago(minutes=3), NOW)
    cluster.update_states(Changes())
    refresh = Refresh(time=NOW, status=Status(as_of=NOW), delta=cluster.delta())
    again = decode(NOW, list(encode(refresh, RowNumbers())), RowNumbers())
    assert seen(applied([again])) == seen(cluster)
    assert again.status == refresh.status


@pytest.mark.parametrize("year", [1, 9999])
def test_times_that_cannot_be_reckoned_with_are_refused(year: int) -> None:
    cluster = Cluster(NOW)
    cluster.add([make_run(1, start=NOW.replace(year=year))])
    refresh = Refresh(time=NOW, status=Status(as_of=NOW), delta=cluster.delta())
    with pytest.raises(RecordingError, match="invalid time"):
        decode(NOW, list(encode(refresh, RowNumbers())), RowNumbers())
