"""Changes since the user last viewed the dashboard: in the model, and as marks in lists."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from textual.events import AppBlur, AppFocus

from tests.support.dashboard import Dashboard
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_run, make_task, run_id, task_id
from tests.support.scripted_db import ScriptedDB
from tui.watch.findings.unseen_changes import ChangeKind, UnseenChanges
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster

MINUTE = timedelta(minutes=1)


class Watcher:
    """A user who views a cluster from time to time."""

    def __init__(self) -> None:
        self.cluster = Cluster(NOW)
        self.news = UnseenChanges()

    def read(self, *rows: object, minutes: float = 0, complete: bool = True) -> None:
        changes = Changes()
        self.cluster.merge(rows, changes)  # type: ignore[arg-type]
        self.cluster.finish_refresh(NOW + minutes * MINUTE, None, changes)
        self.news.compare(self.cluster, self.cluster.delta(changes), is_complete=complete)

    def leave(self, minutes: float = 0) -> None:
        self.news.user_left(self.cluster, NOW + minutes * MINUTE)

    def kind_of_run(self, n: int) -> ChangeKind | None:
        return self.new.get(n)

    @property
    def new(self) -> dict[int, ChangeKind]:
        return {id[0]: new for id, new in self.news._unseen_runs.items()}


@pytest.fixture
def watcher() -> Watcher:
    watcher = Watcher()
    watcher.read(
        make_run(1),
        make_run(2, keepalive=ahead(minutes=9)),
        make_run(3, keepalive=ahead(minutes=9)),
        make_run(4, end=ago(minutes=1)),
        make_task(1, 1),
        make_task(2, 2, keepalive=ahead(minutes=9)),
        make_task(3, 3, end=ago(minutes=5), err=OOM),
    )
    return watcher


def happen(watcher: Watcher, complete: bool = True) -> None:
    """Run 1 goes stale, 2 fails, 3 ends with what had failed before, 5 begins, and so does task 6."""
    watcher.read(
        make_task(2, 2, end=ahead(minutes=1), err=OOM),
        make_run(3, keepalive=ahead(minutes=9), end=ahead(minutes=1)),
        make_run(5, start=ahead(minutes=1), keepalive=ahead(minutes=9)),
        make_task(6, 5, start=ahead(minutes=1), keepalive=ahead(minutes=9)),
        make_task(7, 5, start=ahead(minutes=1), end=ahead(minutes=2), keepalive=ahead(minutes=9)),
        minutes=4,
        complete=complete,
    )


HAPPENED = {1: ChangeKind.STALE, 2: ChangeKind.FAILED, 3: ChangeKind.FAILED, 5: ChangeKind.STARTED}


def test_nothing_is_unseen_while_the_user_is_present(watcher: Watcher) -> None:
    happen(watcher)
    assert not watcher.news
    assert watcher.news.since is None


def test_changes_while_the_user_is_away_are_unseen(watcher: Watcher) -> None:
    watcher.leave()
    happen(watcher)
    assert watcher.new == HAPPENED
    assert watcher.news.since == NOW
    assert watcher.news.counts() == Counter({ChangeKind.FAILED: 2, ChangeKind.STALE: 1, ChangeKind.STARTED: 1})
    assert watcher.news.counts_in(watcher.cluster, run_id(5)) == Counter({ChangeKind.STARTED: 1, ChangeKind.ENDED: 1})
    assert watcher.news.counts_in(watcher.cluster, run_id(2)) == Counter({ChangeKind.FAILED: 1})
    assert task_id(6) in watcher.news
    assert task_id(1) not in watcher.news


def test_failed_attempts_with_a_later_attempt_count_as_retried(watcher: Watcher) -> None:
    watcher.leave()
    happen(watcher)
    watcher.read(make_task(8, 2, start=ahead(minutes=2), flow_id=digest("flow 2"), attempt=1), minutes=5)
    expected = Counter({ChangeKind.RETRIED: 1, ChangeKind.STARTED: 1})
    assert watcher.news.counts_in(watcher.cluster, run_id(2)) == expected


def test_the_refresh_after_the_users_return_counts(watcher: Watcher) -> None:
    watcher.leave()
    watcher.news.user_returned()
    happen(watcher, complete=False)
    assert watcher.new == HAPPENED
    watcher.read(make_run(6, start=ahead(minutes=4), keepalive=ahead(minutes=9)), minutes=5)
    assert 6 in watcher.new
    watcher.read(make_run(7, start=ahead(minutes=5), keepalive=ahead(minutes=9)), minutes=6)
    assert 7 not in watcher.new


def test_a_brief_return_marks_nothing_as_seen(watcher: Watcher) -> None:
    watcher.leave()
    watcher.news.user_returned()
    watcher.leave(1)
    happen(watcher)
    watcher.read(make_run(7, start=ahead(minutes=5), keepalive=ahead(minutes=9)), minutes=6)
    assert watcher.new == {**HAPPENED, 7: ChangeKind.STARTED}


def test_a_run_counts_by_its_final_change(watcher: Watcher) -> None:
    watcher.leave()
    watcher.read(make_run(5, start=ahead(minutes=1), keepalive=ahead(minutes=2)), minutes=2)
    assert watcher.kind_of_run(5) is ChangeKind.STARTED
    watcher.read(minutes=4.5)
    assert watcher.kind_of_run(5) is ChangeKind.STALE
    watcher.read(make_run(5, start=ahead(minutes=1), keepalive=ahead(minutes=9)), minutes=5)
    assert watcher.kind_of_run(5) is ChangeKind.STARTED
    watcher.read(make_run(5, start=ahead(minutes=1), end=ahead(minutes=6)), minutes=6)
    assert watcher.kind_of_run(5) is ChangeKind.ENDED


def test_rows_discovered_late_are_not_unseen(watcher: Watcher) -> None:
    watcher.leave()
    watcher.read(
        make_run(6, start=ago(hours=2), end=ago(minutes=30)),
        make_run(7, start=ago(hours=2), keepalive=ago(hours=1)),
        make_task(8, 1, start=ago(minutes=50), end=ago(minutes=30), err=OOM),
        make_task(9, 1, start=ago(minutes=50)),
        minutes=0.5,
    )
    assert watcher.new == {1: ChangeKind.FAILED}  # a failure that was not known of its run is
    assert watcher.news.counts_in(watcher.cluster, run_id(1)) == Counter()


def test_seen_changes_are_cleared(watcher: Watcher) -> None:
    watcher.leave()
    happen(watcher)
    watcher.news.user_returned()
    assert watcher.news.mark_seen(run_id(2))
    assert not watcher.news.mark_seen(run_id(2))
    watcher.news.mark_tasks_seen(run_id(5))
    happen(watcher)
    assert set(watcher.new) == {1, 3, 5}
    assert watcher.news.counts_in(watcher.cluster, run_id(5)) == Counter()
    watcher.news.mark_all_seen()
    assert not watcher.news


def test_unseen_changes_stay(watcher: Watcher) -> None:
    watcher.leave()
    happen(watcher)
    watcher.news.user_returned()
    watcher.read(minutes=4)
    watcher.news.mark_seen(run_id(2))
    watcher.leave(5)
    assert watcher.news.since == NOW
    watcher.read(make_run(6, start=ahead(minutes=5), keepalive=ahead(minutes=9)), minutes=6)
    assert set(watcher.new) == {1, 3, 5, 6}


def test_changes_since_the_last_key_press_are_unseen(watcher: Watcher) -> None:
    watcher.news.user_acted()
    happen(watcher)
    assert not watcher.news
    watcher.leave(5)  # noticed five refreshes late
    assert watcher.new == HAPPENED
    assert watcher.news.counts_in(watcher.cluster, run_id(5)) == Counter({ChangeKind.STARTED: 1, ChangeKind.ENDED: 1})
    watcher.read(make_run(7, start=ahead(minutes=5), keepalive=ahead(minutes=9)), minutes=6)
    assert watcher.new == {**HAPPENED, 7: ChangeKind.STARTED}


def test_changes_before_the_last_key_press_were_seen(watcher: Watcher) -> None:
    happen(watcher)
    watcher.news.mark_seen(run_id(6))
    watcher.news.user_acted()
    watcher.read(make_run(6, start=ahead(minutes=4), keepalive=ahead(minutes=9)), minutes=5)
    watcher.leave(6)
    assert watcher.new == {6: ChangeKind.STARTED}
    assert watcher.news.counts_in(watcher.cluster, run_id(5)) == Counter()


def test_forgotten_rows_are_not_unseen(watcher: Watcher) -> None:
    watcher.leave()
    happen(watcher)
    changes = watcher.cluster.forget(ahead(hours=9))
    watcher.news.compare(watcher.cluster, watcher.cluster.delta(changes), is_complete=True)
    assert 3 not in watcher.new


# In the dashboard


@pytest.fixture
def db() -> ScriptedDB:
    return ScriptedDB(make_run(1), make_task(1, 1), make_run(2, user="bob@example.com", keepalive=ahead(minutes=19)))


@pytest.fixture
async def dashboard(db: ScriptedDB) -> AsyncIterator[Dashboard]:
    async with Dashboard(db).shown() as dashboard:
        yield dashboard


async def away(dashboard: Dashboard, db: ScriptedDB) -> None:
    """The terminal loses the focus; twelve minutes later a task of run 1 has failed and two runs have begun."""
    dashboard.app.post_message(AppBlur())
    await dashboard.settle()
    await dashboard.tick(NOW)
    later = NOW + 11 * MINUTE
    db.put(
        make_run(1, keepalive=later + 5 * MINUTE),
        make_task(1, 1, end=later, err=OOM, keepalive=later),
        make_run(5, start=later, keepalive=later + 5 * MINUTE),
        make_run(6, start=later, keepalive=later + 5 * MINUTE),
    )
    await dashboard.tick(NOW + 12 * MINUTE)
    dashboard.app.poller.refresh_now()
    await dashboard.settle()
    dashboard.app.post_message(AppFocus())
    await dashboard.settle()
    await dashboard.tick(NOW + 12 * MINUTE)


async def rest(dashboard: Dashboard, minutes: float) -> None:
    """Look at the row under the cursor for three seconds."""
    for seconds in range(4):
        await dashboard.tick(NOW + minutes * MINUTE + timedelta(seconds=seconds))


async def test_unseen_changes_are_marked_and_counted(dashboard: Dashboard, db: ScriptedDB) -> None:
    assert "since you last looked" not in dashboard.text
    await away(dashboard, db)
    assert dashboard.line("since you last looked") == (
        "» since you last looked 12m ago: 1 run failed, 2 started } next M seen"
    )
    assert len([line for line in dashboard.lines if "» " in line]) == 1 + 3


async def test_moving_through_changes_marks_them_as_seen(dashboard: Dashboard, db: ScriptedDB) -> None:
    await away(dashboard, db)
    seen = []
    for minutes in (13, 14, 15):
        await dashboard.press("right_curly_bracket")
        row = dashboard.app.screen.table.cursor_row  # type: ignore[attr-defined]
        seen.append(row.run.id[0])
        await rest(dashboard, minutes)
    assert sorted(seen) == [1, 5, 6]
    assert "»" not in dashboard.text
    await dashboard.press("left_curly_bracket")
    assert "nothing in this list has changed since you last looked" in dashboard.text


async def test_all_is_seen_at_once(dashboard: Dashboard, db: ScriptedDB) -> None:
    await away(dashboard, db)
    await dashboard.press("M")
    assert "»" not in dashboard.text


async def test_opening_a_run_marks_it_and_leaving_marks_its_tasks(dashboard: Dashboard, db: ScriptedDB) -> None:
    await away(dashboard, db)
    await dashboard.press("home", "enter")
    assert "» since you last looked 12m ago: 1 task failed" in dashboard.text
    assert "» samtools" in dashboard.text
    await dashboard.press("escape")
    assert "» since you last looked 12m ago: 2 runs started" in dashboard.text
    await dashboard.press("enter")
    assert "»" not in dashboard.text


async def test_changes_during_a_pause_are_unseen(dashboard: Dashboard, db: ScriptedDB) -> None:
    await dashboard.press("space")
    await dashboard.tick(NOW)
    db.put(make_run(5, start=NOW + MINUTE, keepalive=NOW + 5 * MINUTE))
    await dashboard.tick(NOW + 2 * MINUTE)
    await dashboard.press("space")
    await dashboard.tick(NOW + 2 * MINUTE)
    await dashboard.settle()
    assert "» since you last looked 2m ago: 1 run started" in dashboard.text


async def test_an_idle_user_counts_as_away(dashboard: Dashboard, db: ScriptedDB) -> None:
    await dashboard.press("down")
    await dashboard.tick(NOW + 6 * MINUTE)
    db.put(make_run(5, start=NOW + 6 * MINUTE, keepalive=NOW + 9 * MINUTE))
    dashboard.app.poller.refresh_now()
    await dashboard.settle()
    await dashboard.tick(NOW + 6 * MINUTE)
    assert "1 run went stale, 1 started" in dashboard.line("since you last looked 6m ago")
    await rest(dashboard, 6)
    assert "1 run went stale, 1 started" in dashboard.text


async def test_changes_of_the_five_minutes_until_the_user_is_idle_count(dashboard: Dashboard, db: ScriptedDB) -> None:
    """Three runs end before the dashboard takes the user for absent; one of them failed."""
    runs = [make_run(n, keepalive=NOW + 9 * MINUTE) for n in (3, 4, 5)]
    db.put(*runs, *(make_task(n, n, keepalive=NOW + 9 * MINUTE) for n in (3, 4, 5)))
    await dashboard.refresh()
    at = NOW + 3 * MINUTE
    db.put(*(make_run(n, keepalive=NOW + 9 * MINUTE, end=at) for n in (3, 4, 5)))
    db.put(*(make_task(n, n, keepalive=NOW + 9 * MINUTE, end=at, err=OOM if n == 3 else None) for n in (3, 4, 5)))
    db.put(make_run(1, keepalive=NOW + 9 * MINUTE))
    await dashboard.tick(at)
    dashboard.app.poller.refresh_now()
    await dashboard.settle()
    assert "since you last looked" not in dashboard.text
    await dashboard.tick(NOW + 6 * MINUTE)
    assert "1 run failed, 2 ended" in dashboard.line("since you last looked 6m ago")


async def test_the_list_of_changes_fits_into_a_small_terminal(db: ScriptedDB) -> None:
    async with Dashboard(db).shown(80, 24) as dashboard:
        await away(dashboard, db)
        assert "» since you last looked 12m ago: 1 run failed, 2 started" in dashboard.text
