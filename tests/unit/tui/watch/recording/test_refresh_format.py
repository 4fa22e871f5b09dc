"""Tests."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.deltas import rows, seen
from tests.support.recorded import applied
from tests.support.rows import NOW, OOM, ago, make_run, make_task
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.usual_duration import UsualDuration
from tui.watch.polling.status import Progress, Status
from tui.watch.recording.frames import RecordingError
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.refresh_format import RowNumbers, decode, encode

MINUTE = timedelta(minutes=1)

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


def recorded(**usual: UsualDuration) -> dict[str, Any]:
    refresh = Refresh(time=NOW, status=Status(as_of=NOW), delta=Cluster(NOW).delta(), usual=usual)
    fields: dict[str, Any] = msgspec.msgpack.decode(next(iter(encode(refresh, RowNumbers()))))
    return fields


def reread(fields: dict[str, Any]) -> Mapping[str, UsualDuration]:
    return decode(NOW, [msgspec.msgpack.encode(fields)], RowNumbers()).usual


def test_usual_durations_are_those_that_were_known() -> None:
    usual = {"sort": UsualDuration(100, MINUTE, 2 * MINUTE), "rare": UsualDuration(3)}
    assert reread(recorded(**usual)) == usual


def test_usual_durations_are_compatible_with_older_versions() -> None:
    fields = recorded(sort=UsualDuration(100, MINUTE, 2 * MINUTE), rare=UsualDuration(3))
    assert fields["usual"] == {"sort": 300.0}
    del fields["durations"]
    assert reread(fields) == {"sort": UsualDuration(p95=5 * MINUTE)}


@pytest.mark.parametrize("seconds", [-1.0, 1e12, float("nan"), float("inf")])
def test_durations_that_no_task_has_are_refused(seconds: float) -> None:
    fields = recorded(sort=UsualDuration(100, MINUTE, 2 * MINUTE))
    fields["durations"]["sort"] = [100, 1.0, seconds]
    with pytest.raises(RecordingError, match="invalid duration"):
        reread(fields)
