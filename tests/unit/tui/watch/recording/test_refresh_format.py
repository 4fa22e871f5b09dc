"""Refreshes as the bytes of a recording."""

import math
from array import array
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind, FailureReason, Resources, Run, RunID, Task, TaskID
from tests.support.deltas import rows, seen
from tests.support.recorded import applied
from tests.support.rows import NOW, OOM, ago, make_run, make_task, run_id
from tui.text.redaction import redact_values
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta import Leases
from tui.watch.model.rows import Row
from tui.watch.model.usual_duration import UsualDuration
from tui.watch.polling.error_texts import explain
from tui.watch.polling.status import Progress, Status
from tui.watch.recording.frames import MOST_IN_FRAME, RecordingError
from tui.watch.recording.packed_values import Mask
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.refresh_format import RowNumbers, decode, encode

MINUTE = timedelta(minutes=1)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(), each, max_size=4),
    max_leaves=8,
)


def test_messages_of_megabytes_do_not_end_a_recording() -> None:
    long = Error(ErrorKind.OTHER, "read", cause="x" * 2_000_000)
    status = Status(as_of=NOW, error=long, unreadable=(long,) * 100, background_error=long, refused=long)
    delta = Cluster(NOW).delta()
    (data,) = encode(Refresh(time=NOW, status=status, delta=delta, history_errors={run_id(1): long}), RowNumbers())
    assert len(data) < 200_000
    assert str(decode(NOW, [data], RowNumbers()).status.error).startswith("read: xxx")


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


def recorded_again(*history: Row, mask: Mask | None = None) -> tuple[Refresh, RowNumbers]:
    cluster = Cluster(NOW)
    delta = cluster.delta()
    delta.rows += history
    refresh = Refresh(time=NOW, status=Status(as_of=NOW), delta=delta)
    numbers = RowNumbers()
    return decode(NOW, list(encode(refresh, numbers, mask)), RowNumbers()), numbers


AWKWARD: dict[str, tuple[Row, str]] = {
    "year 1": (make_run(1, start=NOW.replace(year=1)), "its start is not in the calendar"),
    "year 9999": (make_run(1, start=NOW.replace(year=9999)), "its start is not in the calendar"),
    "no id": (Run(id=RunID()), "it has no id"),
    "attempt": (make_task(1, 1, attempt=10**30), "its attempt has 100 bits"),
    "resources": (make_task(1, 1, resources=Resources({"cpu": math.nan})), "its resources are not finite numbers"),
    "surrogate": (make_run(1, user="\ud800"), "'utf-8' codec can't encode"),
    "size": (make_run(1, args=("x" * MOST_IN_FRAME,)), "it has 16777"),
}


@pytest.mark.parametrize(("row", "fault"), AWKWARD.values(), ids=AWKWARD)
def test_a_row_that_cannot_be_read_again_is_left_out_and_named(row: Row, fault: str) -> None:
    good = make_run(2)
    refresh, numbers = recorded_again(row, good)
    assert refresh.delta.rows == [good]
    (error,) = refresh.status.unreadable
    assert f"not recorded: {fault}" in str(error)
    assert numbers.left_out[row.id].startswith(fault)


texts = st.text(st.characters(exclude_categories=()), max_size=20)
times = st.none() | st.datetimes(timezones=st.none() | st.just(UTC))
numbers_of_all_sizes = st.integers() | st.integers(-(2**70), 2**70)
wild_rows = st.one_of(
    st.builds(
        Run,
        id=st.binary(min_size=32, max_size=32).map(RunID) | st.just(RunID()),
        start=times,
        keepalive=times,
        end=times,
        user=texts,
        args=st.lists(texts, max_size=3).map(tuple),
        labels=st.dictionaries(texts, texts, max_size=3),
    ),
    st.builds(
        Task,
        id=st.binary(min_size=32, max_size=32).map(TaskID) | st.just(TaskID()),
        start=times,
        end=times,
        ident=texts,
        uri=texts,
        attempt=numbers_of_all_sizes,
        resources=st.dictionaries(texts, st.floats(), max_size=3).map(Resources),
        err=st.none() | st.builds(Error, args=st.lists(texts, max_size=2), cause=st.none() | texts),
    ),
)


@given(st.lists(wild_rows, max_size=6))
def test_recorded_rows_can_be_replayed_and_the_others_are_named(history: list[Row]) -> None:
    refresh, numbers = recorded_again(*history)
    replayed = {row.id: row for row in refresh.delta.rows}
    for row in history:
        assert (row.id in numbers.left_out) or replayed[row.id] in history
    assert len(refresh.status.unreadable) == len(history) - len(refresh.delta.rows)
    cluster = Cluster(NOW)
    for _ in cluster.apply(refresh.delta, Changes()):
        pass


@given(st.lists(wild_rows, max_size=4))
def test_masked_rows_can_be_replayed(history: list[Row]) -> None:
    refresh, _ = recorded_again(*history, mask=redact_values)
    assert len(refresh.delta.rows) + len(refresh.status.unreadable) == len(history)


def test_texts_of_rows_and_errors_are_masked() -> None:
    error = Error(ErrorKind.OTHER, "exec", (), "DB_PASS=hunter2x")
    run = make_run(1, labels={"api_key": "hunter2x", "Name": "align"}, args=("mysql", "-phunter2x", "reports"))
    task = make_task(1, 1, end=NOW, err=error, uri="https://amy:hunter2x@h/")
    refresh, _ = recorded_again(run, task, mask=redact_values)
    again, failed = refresh.delta.rows
    assert isinstance(again, Run)
    assert isinstance(failed, Task)
    assert again.labels == {"api_key": "[redacted]", "Name": "align"}
    assert again.args == ("mysql", "-p[redacted]", "reports")
    assert failed.uri == "https://amy:[redacted]@h/"
    assert "hunter2x" not in str(failed.err)
    assert failed.ident == task.ident


def test_an_update_of_a_row_that_was_left_out_is_no_fault() -> None:
    bad, good = make_task(1, 1, attempt=10**30), make_task(2, 1)
    numbers, reader = RowNumbers(), RowNumbers()
    delta = Cluster(NOW).delta()
    delta.rows += [bad, good]
    delta.moved |= {bad.id: NOW, good.id: NOW}
    first = Refresh(time=NOW, status=Status(as_of=NOW), delta=delta)
    decode(NOW, list(encode(first, numbers)), reader)
    later = Cluster(NOW).delta()
    until = int(ago(minutes=-2).timestamp())
    later.leases = Leases([bad.id, good.id], array("q", [until, until]), [NOW, NOW])
    second = Refresh(time=NOW, status=Status(as_of=NOW), delta=later)
    assert decode(NOW, list(encode(second, numbers)), reader).delta.leases.ids == [good.id]


@pytest.mark.parametrize(
    "status",
    [Status(consumed=math.inf), Status(rate=math.nan), Status(every=timedelta(days=99_999))],
)
def test_a_status_with_numbers_of_no_use_is_recorded_without_them(status: Status) -> None:
    refresh = Refresh(time=NOW, status=status, delta=Cluster(NOW).delta())
    again = decode(NOW, list(encode(refresh, RowNumbers())), RowNumbers())
    assert "the health of the poller is not recorded" in str(again.status.unreadable[0])


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


def test_reasons_of_failed_reads_are_recorded() -> None:
    told = Exception("An error occurred (AccessDeniedException) when calling the Query operation: arn:me is not "
                     "authorized to perform: dynamodb:Query on resource: arn:table")  # fmt: skip
    told.response = {"Error": {"Code": "AccessDeniedException"}}  # type: ignore[attr-defined]
    slow = Exception("slow down")
    slow.response = {"Error": {"Code": "Throttling"}, "ThrottlingReasons": [{"reason": "TableReadRange"}]}  # type: ignore[attr-defined]
    errors = [
        Error(ErrorKind.NOT_ALLOWED, "query", ("reflow-prod",), told),
        Error(ErrorKind.OTHER, "refresh", (), Error(ErrorKind.TEMPORARY, "query", (), slow)),
        Error(ErrorKind.NET, "query", ("reflow-prod",), ConnectionError("refused")),
        Error(ErrorKind.TIMEOUT),
        Error(ErrorKind.NOT_EXIST, "query", ("reflow-prod", "index"), "gone", FailureReason.NO_INDEX),
        Error(ErrorKind.TIMEOUT, "query", (), None, FailureReason.THROTTLED),
    ]
    status = Status(unreadable=tuple(errors))
    refresh = Refresh(time=NOW, status=status, delta=Cluster(NOW).delta())
    again = decode(NOW, list(encode(refresh, RowNumbers())), RowNumbers())
    assert [explain(error) for error in again.status.unreadable] == [explain(error) for error in errors]
    assert [error.reason for error in again.status.unreadable] == [error.reason for error in errors]
