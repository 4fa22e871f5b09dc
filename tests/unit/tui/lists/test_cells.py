from datetime import datetime

import pytest

from store import PoolRow, TimeFields
from tests.support.rows import NOW, ago, ahead, digest, make_alloc, make_pool, make_task
from tui.lists.cells import (
    age_cell,
    age_seconds,
    alloc_name,
    host,
    host_texts,
    lease_cell,
    lease_text,
    liveness_cell,
    short_host,
    state_cell,
    took_cell,
    took_seconds,
)
from tui.text import formats
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State


@pytest.mark.parametrize(
    ("start", "end", "age", "took"),
    [
        (ago(minutes=5), None, 300, 300),
        (ago(minutes=5), ago(minutes=3), 300, 120),
        (ago(minutes=5), NOW, 300, 300),
        (None, None, None, None),
        (None, NOW, None, None),
    ],
)
def test_age_counts_from_the_start_and_took_stops_at_the_end(
    start: datetime | None, end: datetime | None, age: float | None, took: float | None
) -> None:
    row = TimeFields(start=start, end=end)
    assert age_cell(row, NOW).text == (NONE if age is None else "5m")
    assert age_seconds(row, NOW) == age
    assert took_seconds(row, NOW) == took


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("https://i-0abc.example.com:9000/v1", "i-0abc.example.com"),
        ("i-0abc.example.com:9000/v1", "i-0abc.example.com"),
        ("i-0abc", "i-0abc"),
        ("https://[2001:db8::1]:9000/", "2001:db8::1"),
        ("https://user:secret@host/", "host"),
        ("https://[broken/", "https://[broken/"),
        ("https:///no-host", "https:///no-host"),
        ("", ""),
    ],
)
def test_the_host_is_that_of_the_uri_or_the_uri(uri: str, name: str) -> None:
    assert host(make_pool(uri=uri)) == name
    assert host(None) == ""


@pytest.mark.parametrize(
    ("alloc_id", "name"),
    [("host:9000/v1/allocs/9f3c", "9f3c"), ("9f3c", "9f3c"), ("host/", "host/")],
)
def test_an_alloc_is_named_by_the_end_of_its_id(alloc_id: str, name: str) -> None:
    assert alloc_name(make_task(1, 1), make_alloc(alloc_id=alloc_id)) == name


def test_an_unknown_alloc_is_named_by_the_digest_in_the_task() -> None:
    expected = formats.digest(digest("a1"))
    assert expected.startswith(digest("a1").short[:4])
    assert alloc_name(make_task(1, 1), None) == expected
    assert alloc_name(make_task(1, 1), make_alloc(alloc_id="")) == expected


@pytest.mark.parametrize("state", State)
def test_a_state_is_told_by_glyph_word_and_colour(state: State) -> None:
    cell = state_cell(state)
    assert cell.text == f"{state.glyph} {state}"
    assert cell.style == state.tone


@pytest.mark.parametrize(
    ("end", "text"), [(None, "1h02m+"), (ago(minutes=1), "1h01m"), (ago(minutes=61, seconds=18), "42s")]
)
def test_the_time_taken_is_exact_once_a_row_has_ended(end: datetime | None, text: str) -> None:
    assert took_cell(TimeFields(start=ago(minutes=62), end=end), NOW).text == text


def test_nothing_without_a_start_has_taken_time() -> None:
    assert took_cell(TimeFields(end=NOW), NOW).text == NONE


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("https://ip-10-0-0-1.us-west-2.compute.internal:9000", "10.0.0.1"),
        ("https://ec2-54-131-167-133.us-west-2.compute.amazonaws.com", "54.131.167.133"),
        ("https://ip-build.example.com", "ip-build"),
        ("i-0abc.example.com", "i-0abc"),
        ("https://10.0.0.1:9000", "10.0.0.1"),
        ("https://[2001:db8::1]:9000/", "2001:db8::1"),
    ],
)
def test_a_short_host_has_no_domain(uri: str, name: str) -> None:
    pool = make_pool(uri=uri)
    assert short_host(pool) == name
    assert short_host(None) == ""
    assert host_texts(pool) == (host(pool), name, str(pool.pool_id))
    assert host_texts(None) == ()


@pytest.mark.parametrize(
    ("pool", "lease", "state", "style"),
    [
        (make_pool(), "1m", State.RUNNING.glyph, ""),
        (make_pool(keepalive=ago(minutes=3)), "expired 3m", State.STALE.glyph, "warning"),
        (make_pool(keepalive=ago(minutes=9)), "expired 9m", State.LOST.glyph, "critical"),
    ],
)
def test_an_expired_lease_has_the_colour_of_its_state(pool: PoolRow, lease: str, state: str, style: str) -> None:
    cluster = Cluster(NOW)
    cluster.add([pool])
    shown = lease_cell(cluster, pool, NOW)
    assert (lease in shown.text, shown.style) == (True, style)
    assert liveness_cell(cluster, pool, NOW).text.startswith(state)


@pytest.mark.parametrize(
    ("start", "end"), [(ahead(seconds=30), None), (ahead(minutes=2), NOW), (ahead(minutes=2), ahead(minutes=1))]
)
def test_no_time_is_negative_though_the_clock_of_a_writer_is_ahead(start: datetime, end: datetime | None) -> None:
    row = TimeFields(start=start, end=end)
    assert (age_seconds(row, NOW), took_seconds(row, NOW)) == (0, 0)
    assert age_cell(row, NOW).text == took_cell(row, NOW).text.rstrip("+") == "0s"


@pytest.mark.parametrize(("late", "text"), [(-1.5, "1s"), (0, "0s"), (0.5, "0s"), (1, "-1s"), (61.5, "-1m01s")])
def test_a_lease_in_a_pipe_is_0_before_it_is_negative(late: float, text: str) -> None:
    assert lease_text(Cluster(NOW), make_pool(keepalive=ago(seconds=late)), NOW) == text


def test_a_row_whose_lease_has_just_expired_is_late() -> None:
    pool = make_pool(keepalive=ago(seconds=5))
    cluster = Cluster(NOW)
    cluster.add([pool])
    assert lease_cell(cluster, pool, NOW).style == "warning"
    assert liveness_cell(cluster, pool, NOW) == state_cell(State.RUNNING, is_late=True)
    assert state_cell(State.FAILED, is_late=True) == state_cell(State.FAILED)
