"""Changes of a merge."""

import msgspec

from tests.support.clusters import SINCE, snapshot
from tests.support.rows import (
    NOW,
    make_alloc,
    make_pool,
    make_run,
    make_task,
    run_id,
)
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster


def test_changes_name_added_and_changed_rows() -> None:
    cluster = Cluster(NOW)
    task, alloc, pool = make_task(1, 1), make_alloc(), make_pool()
    first = cluster.merge_snapshot(snapshot([make_run(1), make_run(2)], [task], [alloc], [pool]), SINCE)
    assert first.added == {run_id(1), run_id(2), task.id, alloc.id, pool.id}
    assert (first.changed, first.removed, first.runs) == ({}, set(), {run_id(1), run_id(2)})
    again = cluster.merge_snapshot(snapshot([make_run(1), make_run(2)], [task], [alloc], [pool]), SINCE)
    assert not again
    ended = cluster.merge_snapshot(snapshot([], [msgspec.structs.replace(task, end=NOW)]), SINCE)
    assert (ended.added, ended.changed, ended.runs) == (set(), {task.id: {"end"}}, {run_id(1)})


def test_a_row_added_and_removed_counts_as_removed() -> None:
    one, two = run_id(1), run_id(2)
    changes = Changes(added={one}, changed={two: {"keepalive"}})
    changes.update(Changes(removed={one, two}))
    assert (changes.added, changes.changed, changes.removed) == (set(), {}, {one, two})
    changes.update(Changes(added={one}))
    assert (changes.added, changes.removed) == ({one}, {two})
