"""Texts about the data source; tests/screens has them above the lists."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from store import Error, ErrorKind, FailureReason
from tests.support.rows import NOW, ago, ahead, run_id
from tests.support.scripted_db import NO_INDEX, THROTTLED, ScriptedDB
from tests.support.watched import Watched
from tui.screens.base import status_texts
from tui.screens.base.session import Session
from tui.settings import Settings
from tui.watch.polling.budget import Budget
from tui.watch.polling.past import PastView
from tui.watch.polling.status import LeftOut, Progress, StartProgress, Status
from tui.widgets.status_line import Part

HOSTILE = "\x1b]0;x\x07[/x]\n"
UNREADABLE = Error(ErrorKind.INVALID, "decode row", (str(run_id(1)), "URI"), "of another type")


@dataclass
class Source:
    """The part of a data source that the texts read."""

    status: Status = field(default_factory=Status)
    every: timedelta = timedelta(seconds=5)
    is_slowed_by_budget: bool = False


def live_session() -> Session:
    return Session(Watched(ScriptedDB()).poller, Settings(table="t"), lambda *_: None)  # type: ignore[arg-type]


def texts(parts: Sequence[Part]) -> list[str]:
    return [part.content.plain for part in parts]


def reading(**status: Any) -> list[str]:
    return texts(status_texts.reading_parts(Source(Status(**status)), NOW))  # type: ignore[arg-type]


def age(**status: Any) -> str:
    """Return the part about the age of the data, the last but one."""
    return reading(**status)[-2]


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({"region": "us-west-2"}, ["reflowtop", "t", "us-west-2"]),
        ({"region": "us-west-2", "profile": "prod"}, ["reflowtop", "t", "us-west-2", "prod"]),
        ({"region": "x", "endpoint_url": "http://localhost:4566/p"}, ["reflowtop", "t", "localhost:4566"]),
        ({}, ["reflowtop", "t"]),
    ],
)
def test_rows_come_from_a_table_in_a_region_or_at_an_endpoint(settings: dict[str, Any], parts: list[str]) -> None:
    found = status_texts.origin(Settings(table="t", **settings))
    assert texts(found) == parts
    assert min(found, key=lambda part: part.priority).content.plain == "t"


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ({}, "reading"),
        ({"error": THROTTLED}, "no data"),
        ({"as_of": ago(seconds=3)}, "data 3s old"),
        ({"as_of": ago(seconds=20)}, "data 20s old"),
        ({"as_of": ago(seconds=21)}, "◌ data 21s old"),
        ({"as_of": ago(seconds=3), "error": THROTTLED}, "✗ data 3s old"),
        ({"as_of": ago(seconds=30), "paused": True}, "❚❚ paused · data 30s old"),
        ({"as_of": ago(seconds=30), "paused": True, "error": THROTTLED}, "✗ data 30s old"),
    ],
)
def test_the_age_of_the_data_and_whether_it_can_be_trusted(status: dict[str, Any], text: str) -> None:
    assert age(**status) == text


def test_data_is_old_after_four_intervals_or_a_failure() -> None:
    def is_old(seconds: int, **status: Any) -> bool:
        current = Status(as_of=ago(seconds=seconds), **status)
        return status_texts.is_old(current, Source(current), NOW)  # type: ignore[arg-type]

    assert [is_old(20), is_old(21), is_old(1, error=THROTTLED)] == [False, True, True]
    assert not status_texts.is_old(Status(), Source(), NOW)  # type: ignore[arg-type]


def test_the_interval_is_shown_only_while_the_read_budget_makes_it_longer() -> None:
    assert reading(as_of=NOW, consumed=31.4, dollars_per_hour=0.126) == ["data 0s old", "12:03:41 UTC"]
    slow = Source(Status(as_of=NOW), timedelta(seconds=45), is_slowed_by_budget=True)
    parts = texts(status_texts.reading_parts(slow, NOW))  # type: ignore[arg-type]
    assert parts[0] == "refresh every 45s (read budget)"


def test_the_cost_of_reading_is_told_on_request() -> None:
    source = Source(Status(as_of=NOW, consumed=31.4, rate=6.28, dollars_per_hour=0.126))
    told = "31 RCU in the last one, 6.3 RCU/s in the last minute, $0.13/h"
    assert status_texts.read_cost(source) == f"our reads: refresh every 5s; {told}"  # type: ignore[arg-type]
    source = Source(source.status, timedelta(seconds=45), is_slowed_by_budget=True)
    assert status_texts.read_cost(source) == f"our reads: refresh every 45s, slowed by the read budget; {told}"  # type: ignore[arg-type]
    source = Source(Status(as_of=NOW, consumed=0.5, rate=0.03, dollars_per_hour=0.00003))
    told = "0.5 RCU in the last one, <0.1 RCU/s in the last minute, <$0.0001/h"
    assert status_texts.read_cost(source) == f"our reads: refresh every 5s; {told}"  # type: ignore[arg-type]


def test_the_cost_of_reading_tells_why_all_live_rows_are_read_and_what_audits_found() -> None:
    source = Source(Status(as_of=NOW, refused=NO_INDEX))
    told = "; each reads all live rows, for want of Ident-SortEnd-index (no index)"
    assert status_texts.read_cost(source).endswith(told)  # type: ignore[arg-type]
    source = Source(Status(as_of=NOW, refused=NO_INDEX, retry_at=ahead(minutes=5)))
    assert status_texts.read_cost(source).endswith("(no index, tried again at 12:08:41 UTC)")  # type: ignore[arg-type]
    source = Source(Status(as_of=NOW, differences=3))
    assert status_texts.read_cost(source).endswith("; audits found 3 rows that refreshes had missed")  # type: ignore[arg-type]
    source = Source(Status(as_of=NOW, differences=1))
    assert status_texts.read_cost(source).endswith("; audits found 1 row that refreshes had missed")  # type: ignore[arg-type]


LEFT_OUT = LeftOut(leases_every=timedelta(minutes=16), ends_late=timedelta(minutes=3), of_hosts=False)


def test_changes_that_the_read_budget_leaves_out_are_named() -> None:
    source = Source(Status(as_of=NOW, left_out=LEFT_OUT), is_slowed_by_budget=True)
    parts = texts(status_texts.reading_parts(source, NOW))  # type: ignore[arg-type]
    assert parts[0] == "task leases checked every 16m (read budget)"
    cost = status_texts.read_cost(source)  # type: ignore[arg-type]
    assert "task leases checked every 16m, new tasks shown as late, ends of tasks up to 3m late" in cost
    told = status_texts.requested(source.status)
    assert told == "Refreshing what the read budget allows for, and the open runs; task leases checked every 16m."
    of_hosts = Status(as_of=NOW, left_out=LeftOut(LEFT_OUT.leases_every, LEFT_OUT.ends_late, of_hosts=True))
    assert "task and host leases checked every 16m" in status_texts.requested(of_hosts)
    assert status_texts.requested(Status(as_of=NOW)) == ""


def test_a_table_that_was_read_in_part_tells_how_much_and_when_the_rest_comes() -> None:
    start = StartProgress(0.4, timedelta(minutes=5))
    assert reading(as_of=NOW, start=start, left_out=LEFT_OUT)[0] == (
        "read 40% of the open rows, the rest within 5m (read budget)"
    )
    assert reading(start=StartProgress(0.4, None))[0] == "read 40% of the open rows"


def test_a_backfill_is_shown_until_it_is_done() -> None:
    half = Progress(ago(hours=2), ago(hours=1), NOW)
    assert reading(backfill=half)[0] == "loading history 50%"
    assert reading(backfill=Progress(ago(hours=2), NOW, NOW))[0] == "reading"


@pytest.mark.parametrize(("seconds", "shown"), [(4.9, []), (5, ["clock off by 5s"]), (-90, ["clock off by 1m"])])
def test_a_clock_that_is_off_is_shown(seconds: float, shown: list[str]) -> None:
    found = reading(as_of=NOW, clock_offset=timedelta(seconds=seconds))
    assert [text for text in found if text.startswith("clock")] == shown


def test_a_credential_process_that_is_waited_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    wait = ""
    monkeypatch.setattr(status_texts, "describe_wait", lambda patience: wait)
    session = live_session()
    assert status_texts.empty(session, "none").plain == "Reading …"
    wait = "credential_process `corp-login\x1b[31m` of profile p, 9s"
    shown = wait.replace("\x1b", "␛")
    assert status_texts.empty(session, "none").plain == f"Waiting for {shown} …"
    assert status_texts.problem(Status(as_of=NOW), NOW).plain == f"◌ Waiting for {shown}"
    assert not status_texts.problem(Status(as_of=NOW), None)  # of a replay


# Problems.


def test_a_status_without_problems_has_no_text() -> None:
    assert not status_texts.problem(Status(as_of=NOW), NOW)


def test_a_failed_refresh_comes_before_lesser_problems() -> None:
    status: dict[str, Any] = {"error": THROTTLED, "background_error": UNREADABLE, "unreadable": (UNREADABLE,)}
    with_data = status_texts.problem(Status(as_of=NOW, **status), NOW, retry_key="f5").plain
    assert with_data.startswith("✗ ")
    assert "throttled" in with_data
    assert with_data.endswith(" The last refresh is shown; f5 tries again.")
    assert status_texts.problem(Status(as_of=NOW, **status), None).plain.endswith(" The last refresh is shown.")
    assert "last refresh" not in status_texts.problem(Status(**status), NOW).plain
    lesser = status_texts.problem(Status(background_error=THROTTLED, unreadable=(UNREADABLE,)), NOW).plain
    assert lesser.startswith("▲ Reading older rows failed: AWS throttles the reads (throttled)")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ({"next_at": ahead(seconds=12)}, "Retrying in 12s."),
        ({"next_at": ahead(seconds=11.2)}, "Retrying in 12s."),
        ({"next_at": ahead(seconds=72)}, "Retrying in 72s."),
        ({"next_at": ahead(minutes=5)}, "Retrying in 5m."),
        ({"next_at": NOW}, "Retrying now."),
        ({"next_at": ago(seconds=1)}, "Retrying now."),
        ({}, "Retrying now."),
        ({"paused": True}, "Paused: no retry until refresh resumes."),
    ],
)
def test_the_next_attempt_is_shown_in_seconds(status: dict[str, Any], text: str) -> None:
    failed = Status(error=THROTTLED, **status)
    assert status_texts.problem(failed, NOW).plain.endswith(f": lower --read-budget or lengthen --interval. {text}")
    assert status_texts.problem(failed, None).plain.endswith("lengthen --interval.")  # a replay reads nothing


def test_a_snapshot_of_the_past_is_not_called_the_last_refresh() -> None:
    failed = Status(error=THROTTLED, as_of=NOW, next_at=ahead(seconds=12), unreadable=(UNREADABLE,))
    assert status_texts.problem(failed, NOW, retry_key="r").plain.endswith("The last refresh is shown; r tries again.")
    text = status_texts.problem(failed, NOW, retry_key="r", is_past=True).plain
    assert text.startswith("✗ The current state cannot be read: AWS throttles the reads (throttled): ")
    assert text.endswith(" Retrying in 12s.")
    ready = Status(as_of=NOW, background_error=THROTTLED, unreadable=(UNREADABLE,))
    assert status_texts.problem(ready, NOW)
    assert not status_texts.problem(ready, NOW, is_past=True)  # about rows that are not shown


def test_what_a_snapshot_lacks_is_named() -> None:
    assert not status_texts.past_problem([])
    field = Error(ErrorKind.INVALID, "decode row", ("01010101", "URI"), "of another type", FailureReason.UNREADABLE)
    assert status_texts.past_problem([field]).plain.startswith("▲ 1 unreadable field, such as row ")
    assert status_texts.past_problem([field, THROTTLED]).plain == (
        "✗ Part of this snapshot could not be read: AWS throttles the reads (throttled): try again in a moment."
    )


def test_unreadable_fields_are_counted_with_an_example() -> None:
    text = status_texts.problem(Status(unreadable=(UNREADABLE, UNREADABLE)), NOW).plain
    assert text.startswith("▲ 2 unreadable fields, such as row sha256:01")


def test_texts_of_errors_are_safe() -> None:
    denied = Error(ErrorKind.NOT_ALLOWED, HOSTILE, (HOSTILE,), HOSTILE, FailureReason.DENIED)
    for text in (
        status_texts.problem(Status(error=denied), NOW),
        status_texts.problem(Status(background_error=denied), NOW),
        status_texts.problem(Status(unreadable=(denied,)), NOW),
        status_texts.history_problem(denied),
        status_texts.replay_problem(HOSTILE),
    ):
        assert text.plain.isprintable()


# In place of rows.


def test_an_empty_list_says_why() -> None:
    session = live_session()

    def empty(**status: Any) -> str:
        session.live.status = Status(**status)  # type: ignore[misc]
        return status_texts.empty(session, "No runs.").plain

    assert empty() == status_texts.LOADING.plain
    assert empty(as_of=NOW) == empty(as_of=NOW, error=THROTTLED) == "No runs."
    failed = empty(error=THROTTLED, next_at=ahead(seconds=9))
    assert failed.startswith("✗ AWS throttles the reads (throttled)")
    assert failed.endswith(" Retrying in 9s.")


async def test_an_empty_window_of_the_past_is_loading_until_it_is_read() -> None:
    past = PastView(ago(hours=2), ago(hours=1), Budget(1e9, 0.125), clock=lambda: NOW)
    assert status_texts.empty_past(past, "No runs.").plain == "Loading, 0% …"
    await past.read(ScriptedDB())
    assert status_texts.empty_past(past, "No runs.").plain == "No runs."


def test_live_data_is_no_replay() -> None:
    assert status_texts.replay_parts(live_session(), "L", 120) == []
