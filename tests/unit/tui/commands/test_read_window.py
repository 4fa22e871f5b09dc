"""The window of a read in words, and as JSON."""

from datetime import timedelta
from typing import Any

from tests.support.rows import NOW, ago, run_id
from tui.commands.cluster_read import ClusterRead
from tui.commands.read_window import cut_text, window_record, window_text
from tui.query.time_expressions import Moment
from tui.settings import Settings
from tui.watch.model.cluster import Cluster
from tui.watch.polling.bounded_backfill import BackfillOutcome
from tui.watch.polling.budget import Budget
from tui.watch.polling.past import PastView


def read(**given: Any) -> ClusterRead:
    settings = Settings(table="reflow-prod", **given.pop("settings", {}))
    return ClusterRead(cluster=Cluster(NOW), settings=settings, now=NOW, **given)


def test_the_default_window_is_that_of_the_dashboard() -> None:
    whole = read(backfill=BackfillOutcome(ago(days=1)))
    assert window_text(whole) == "alive since 10m, ended since 1h, lost since 1d"
    assert window_record(whole) == {
        "alive_since": "2026-11-01T11:53:41Z",
        "ended_since": "2026-11-01T11:03:41Z",
        "lost_since": "2026-10-31T12:03:41Z",
        "is_cut": False,
    }
    assert cut_text(whole) == ""
    assert window_text(read(backfill=BackfillOutcome(ago(hours=23, minutes=59, seconds=50)))).endswith("lost since 1d")


def test_only_the_window_named_by_a_flag_is_read() -> None:
    named = read(settings={"since": Moment("24h", age=timedelta(hours=24))})
    assert window_text(named) == "since 24h"
    assert set(window_record(named).values()) == {"2026-10-31T12:03:41Z", False}
    assert cut_text(named) == ""


def test_a_longer_window_from_a_file_applies_to_ended_runs() -> None:
    week = read(settings={"since": Moment("7d", age=timedelta(days=7))}, backfill=BackfillOutcome(ago(days=7)))
    assert window_text(week) == "alive since 7d, ended since 7d, lost since 7d"
    assert set(window_record(week).values()) == {"2026-10-25T12:03:41Z", False}


def test_rows_left_out_by_the_budget_are_reported() -> None:
    cut = read(backfill=BackfillOutcome(ago(minutes=45), is_cut=True, unread=[run_id(1), run_id(2)]))
    assert window_text(cut) == "alive since 10m, ended since 45m, lost since 45m (read budget)"
    assert window_record(cut)["is_cut"] is True
    assert cut_text(cut) == (
        "searched back for 45m, without the tasks of 2 runs that ended (read budget); "
        "--since 45m reads that time in full"
    )


def test_since_of_an_hour_is_suggested_for_unread_tasks() -> None:
    cut = read(backfill=BackfillOutcome(ago(days=1), is_cut=True, unread=[run_id(1)]))
    assert cut_text(cut) == (
        "searched back for 1d, without the tasks of 1 run that ended (read budget); --since 1h reads that time in full"
    )


def test_a_window_of_the_past_has_an_end() -> None:
    since, until = Moment("4h", time=ago(hours=4)), Moment("3h", time=ago(hours=3))
    past = PastView(ago(hours=4), ago(hours=3), Budget(100, 0.125), clock=lambda: NOW)
    window = read(settings={"since": since, "until": until}, past=past)
    assert window_text(window) == "4h to 3h"
    assert window_record(window)["alive_since"] == "2026-11-01T08:03:41Z"
    assert window_text(read(settings={"since": since, "until": since}, past=past)) == "at 4h"
