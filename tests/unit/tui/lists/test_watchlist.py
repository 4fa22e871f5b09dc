import pytest

from store import Run, RunID, Task
from tests.support.clusters import cluster_of
from tests.support.rows import NOW, OOM, ago, make_run, make_task, run_id
from tui.lists import runs as run_list
from tui.lists.watchlist import StateChange, Watchlist, counts
from tui.watch.model.states import State


def changes(news: list[StateChange]) -> list[tuple[RunID, State | None, State]]:
    return [(change.row.run.id, change.before, change.after) for change in news]


def test_each_change_is_reported_once() -> None:
    watchlist = Watchlist()
    watchlist.add(run_id(1), State.RUNNING)
    assert watchlist.news(cluster_of(make_run(1))) == []
    failing = cluster_of(make_run(1), make_task(1, 1, end=ago(seconds=5), err=OOM))
    assert changes(watchlist.news(failing)) == [(run_id(1), State.RUNNING, State.FAILING)]
    assert watchlist.news(failing) == []
    ended = cluster_of(make_run(1, end=ago(seconds=1)))
    assert changes(watchlist.news(ended)) == [(run_id(1), State.FAILING, State.SUCCEEDED)]


def test_the_first_state_of_a_run_is_news_unless_it_was_seen() -> None:
    watchlist = Watchlist()
    watchlist.add(run_id(1))
    watchlist.add(run_id(2), State.RUNNING)
    found = watchlist.news(cluster_of(make_run(1), make_run(2), make_run(3)))
    assert changes(found) == [(run_id(1), None, State.RUNNING)]


def test_an_unknown_run_is_reported_when_it_appears() -> None:
    watchlist = Watchlist()
    watchlist.add(run_id(1), State.RUNNING)
    assert watchlist.news(cluster_of()) == []
    found = watchlist.news(cluster_of(make_run(1, end=ago(minutes=1))))
    assert changes(found) == [(run_id(1), State.RUNNING, State.SUCCEEDED)]


def test_a_run_that_is_not_known_is_reported_later() -> None:
    watchlist = Watchlist()
    for n in (1, 2):
        watchlist.add(run_id(n))
    cluster = cluster_of(make_run(1), make_run(2))
    assert changes(watchlist.news(cluster, lambda id: id == run_id(2))) == [(run_id(2), None, State.RUNNING)]
    assert changes(watchlist.news(cluster)) == [(run_id(1), None, State.RUNNING)]


def test_a_discarded_run_is_no_longer_watched() -> None:
    watchlist = Watchlist()
    watchlist.add(run_id(1))
    assert (run_id(1) in watchlist, len(watchlist), list(watchlist)) == (True, 1, [run_id(1)])
    watchlist.discard(run_id(1))
    watchlist.discard(run_id(2))
    assert (run_id(1) in watchlist, len(watchlist)) == (False, 0)
    assert watchlist.news(cluster_of(make_run(1))) == []


@pytest.mark.parametrize(
    ("run", "task", "is_notable"),
    [
        (make_run(1), make_task(1, 1), False),
        (make_run(1, start=ago(seconds=5), keepalive=None), make_task(1, 1), False),
        (make_run(1), make_task(1, 1, end=ago(seconds=5), err=OOM), True),
        (make_run(1, keepalive=ago(minutes=3)), make_task(1, 1), True),
        (make_run(1, keepalive=ago(minutes=9)), make_task(1, 1), True),
        (make_run(1, end=ago(seconds=5)), make_task(1, 1), True),
    ],
    ids=["running", "starting", "failing", "stale", "lost", "succeeded"],
)
def test_ends_and_problems_are_worth_a_notification(run: Run, task: Task, is_notable: bool) -> None:
    watchlist = Watchlist()
    watchlist.add(run.id)
    (change,) = watchlist.news(cluster_of(run, task))
    assert change.is_notable is is_notable


def test_a_change_in_words() -> None:
    run = make_run(1, labels={"Name": "align", "project": "p1"})
    tasks = [make_task(n, 1, end=ago(seconds=n), err=OOM) for n in (1, 2)]
    cluster = cluster_of(run, *tasks, make_task(3, 1))
    change = StateChange(run_list.row(cluster, run), State.RUNNING)
    assert change.title == f"run 01010101 {State.FAILING.facts.sentence}"
    assert change.text == "align, amy@example.com, 2/3+ tasks, 2 flows failed"


def test_missing_fields_of_a_run_are_left_out() -> None:
    run = make_run(1, user="")
    row = run_list.row(cluster_of(run), run)
    assert StateChange(row, None).text == counts(row) == "- tasks"


def test_counts_name_lost_tasks() -> None:
    run = make_run(1)
    cluster = cluster_of(run, make_task(1, 1, keepalive=ago(minutes=9), start=ago(hours=1)), make_task(2, 1, end=NOW))
    assert counts(run_list.row(cluster, run)) == "1/2+ tasks, 1 lost"
