"""Merging of two reads of one row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Task
from tests.support.clusters import tasks
from tests.support.rows import (
    NOW,
    OOM,
    ago,
    ahead,
    digest,
    make_run,
    make_task,
)
from tui.watch.model.merge import merged


def test_an_unchanged_row_is_kept_as_it_is() -> None:
    old = make_run(1)
    assert merged(old, make_run(1)) is old


def test_a_renewed_row_shares_all_fields_but_the_lease() -> None:
    old, new = make_task(1, 1, keepalive=ahead(minutes=1)), make_task(1, 1, keepalive=ahead(minutes=2))
    both = merged(old, new)
    assert both == new
    assert [name for name in Task.__struct_fields__ if getattr(both, name) is not getattr(old, name)] == ["keepalive"]


@pytest.mark.parametrize("new", [make_task(1, 1, end=NOW), make_task(1, 1, stdout=digest("out")), make_task(1, 1)])
def test_a_merged_row_keeps_its_id_object(new: Task) -> None:
    old = make_task(1, 1, stderr=digest("err"))
    assert merged(old, new).id is old.id


def test_the_lease_never_goes_backwards() -> None:
    old = make_run(1, keepalive=ahead(minutes=2), labels={"a": "b"})
    stale = make_run(1, keepalive=ahead(minutes=1))
    assert merged(old, stale) == old
    renewed = make_run(1, keepalive=ahead(minutes=3))
    assert merged(stale, renewed).keepalive == ahead(minutes=3)
    assert merged(old, make_run(1, keepalive=None)) == old


def test_an_end_is_final_and_beats_a_later_lease() -> None:
    ended = make_run(1, end=NOW, run_log=digest("log"))
    later = make_run(1, keepalive=ahead(minutes=9))
    both = merged(ended, later)
    assert (both.end, both.run_log, both.keepalive) == (NOW, digest("log"), ahead(minutes=9))
    assert merged(later, ended) == both


def test_known_fields_stay_known() -> None:
    old = make_task(1, 1, stdout=digest("out"), uri="exec/1")
    new = make_task(1, 1, stderr=digest("err"), end=NOW)
    both = merged(old, new)
    assert (both.stdout, both.stderr, both.uri, both.end) == (digest("out"), digest("err"), "exec/1", NOW)


def test_a_second_completion_can_take_the_error_away() -> None:
    failed = make_task(1, 1, end=ago(seconds=9), err=OOM)
    completed = make_task(1, 1, end=NOW)
    assert merged(failed, completed).err is None


@given(st.lists(tasks, min_size=1, max_size=6))
def test_no_merge_loses_a_lease_end_or_field(reads: list[Task]) -> None:
    known = reads[0]
    for read in reads[1:]:
        now = merged(known, read)
        assert now.end is not None or (known.end is None and read.end is None)
        leases = [row.keepalive for row in (known, read) if row.keepalive]
        assert now.keepalive == max(leases, default=None)
        assert now.uri == (known.uri or read.uri)
        assert merged(now, read) == merged(now, known) == now or now.end is not None
        known = now
