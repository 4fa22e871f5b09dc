"""Lost and orphaned tasks by run: what counts, and which attempts do not."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clusters import scanned_cluster
from tests.support.rows import NOW, ago, digest, make_alloc, make_pool, make_run, make_task
from tui.watch.findings.findings import Findings
from tui.watch.model.lost_rows import count_lost_tasks
from tui.watch.model.rows import Row

FATES: dict[str, dict[str, Any]] = {
    "live": {},
    "stale": {"keepalive": ago(minutes=2)},
    "lost": {"keepalive": ago(minutes=9)},
    "ended": {"end": ago(minutes=1)},
}
fates = st.sampled_from(list(FATES))


@given(pools=st.tuples(fates, fates), allocs=st.tuples(*[fates] * 4), tasks=st.tuples(*[fates] * 4))
def test_orphaned_tasks_are_on_hosts_or_allocs_that_are_dead(
    pools: tuple[str, ...], allocs: tuple[str, ...], tasks: tuple[str, ...]
) -> None:
    """Each host has two allocs, with a task each. A lost host is alive while the alloc renews."""
    old = ago(hours=1)
    hosts: list[Row] = [make_pool(f"i-{n}", start=old, **FATES[fate]) for n, fate in enumerate(pools)]
    hosts += [make_alloc(f"a{n}", f"i-{n // 2}", start=old, **FATES[fate]) for n, fate in enumerate(allocs)]
    rows = [make_task(n, 1, alloc_id=digest(f"a{n}"), start=old, **FATES[fate]) for n, fate in enumerate(tasks)]
    cluster = scanned_cluster(make_run(1), *hosts, *rows)
    expected = 0
    for n, fate in enumerate(tasks):
        pool, alloc = pools[n // 2], allocs[n]
        is_dead = "ended" in (pool, alloc) or (pool == "lost" and alloc != "live")
        expected += is_dead and fate in ("live", "stale")
    assert cluster.orphaned_tasks_of(make_run(1)) == expected
    assert cluster.lost_tasks_of(make_run(1)) == tasks.count("lost")
    assert count_lost_tasks(cluster, lambda _: True) == expected + tasks.count("lost")
    assert cluster.orphaned_tasks_of(make_run(1, end=NOW)) == 0


def test_expired_attempts_with_a_later_one_are_retried_and_do_not_count_as_lost() -> None:
    flow: dict[str, Any] = {"flow_id": digest("flow"), "start": ago(minutes=30)}
    lost, orphaned = (make_task(n, 1, attempt=n - 1, **flow) for n in (1, 2))
    lost = msgspec.structs.replace(lost, keepalive=ago(minutes=9))
    host: list[Row] = [make_alloc(end=ago(minutes=1)), make_pool(end=ago(minutes=1))]
    before = scanned_cluster(make_run(1), *host, lost)
    assert (before.lost_tasks_of(make_run(1)), before.is_retried(lost)) == (1, False)
    after = scanned_cluster(
        make_run(1), *host, lost, orphaned, make_task(3, 1, attempt=2, alloc_id=digest("a2"), **flow)
    )
    assert (after.lost_tasks_of(make_run(1)), after.orphaned_tasks_of(make_run(1))) == (0, 0)
    assert [after.task_word(each) for each in (lost, orphaned)] == ["retried", "running"]
    assert [each.kind for each in Findings(after).find() if lost in each.rows] == []
