"""Texts about the data source: where from, how old, why not. All of them are safe to show."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual.content import Content

from store import Error, FailureReason
from store.aws.helper_process import NAMED_AFTER, describe_wait
from tui.screens.base.session import Session
from tui.settings import Settings
from tui.text import durations, formats, time_zone
from tui.text.addresses import host_of
from tui.text.safe import safe
from tui.watch.data_source import DataSource
from tui.watch.polling.status import LeftOut, StartProgress, Status
from tui.widgets.content import content
from tui.widgets.status_line import Part

if TYPE_CHECKING:
    from tui.watch.polling.past import PastView
    from tui.watch.recording.replay import Replay

# The index without which the ends of tasks are found only among all live rows.
_INDEX = "Ident-SortEnd-index"

# Longer waits are shown in minutes or hours.
_COUNTED_IN_SECONDS = 100

_HOST = 24  # cells
_NOT_NOW = "bold $text-warning reverse"
_AGE_ROOM = 18  # cells: the age of the data, the gap before it and the padding of the line

LOADING = content("Reading …", "$muted")


def is_old(status: Status, source: DataSource, now: datetime) -> bool:
    """Return whether the data is too old to count as current: the last refresh failed, or is long ago."""
    return status.error is not None or status.is_old(now, source.every)


def origin(settings: Settings) -> Sequence[Part]:
    """Return the table, and its region or endpoint and profile."""
    where = host_of(settings.endpoint_url) or settings.region
    return [
        Part(content("reflowtop", "bold $primary"), 6),
        Part(content(settings.table, "bold", 40)),
        *(
            Part(content(text, "$muted", 30), priority)
            for text, priority in ((where, 3), (settings.profile, 4))
            if text
        ),
    ]


def replay_parts(session: Session, live_key: str, width: int) -> Sequence[Part]:
    """Return the recording, or how long ago the moment of the session history is, and the speed of the replay.

    A line of `width` cells without room for the name and the date has only the time, or that this is a replay.
    """
    replay = session.replay
    if replay is None:
        return []
    now = replay.now()
    how = f"{'stopped' if replay.is_paused else f'×{replay.speed}'}{'' if replay.has_arrived else ' …'}"
    if replay.is_following:
        return [_following(replay)]
    if replay is session.live and replay.behind is None:
        time, state = time_zone.localize(now), f"{how}{' · end' if replay.is_at_end else ''}"
        text = content(f" ▶ replay {replay.history.name} · {time:%Y-%m-%d %H:%M:%S} · {state} ", _NOT_NOW, 90)
        for shorter in (f" ▶ replay {time:%H:%M:%S} · {state} ", " ▶ replay "):
            if text.cell_length > width - _AGE_ROOM:
                text = content(shorter, _NOT_NOW)
        return [Part(text)]
    ago = durations.age(session.live.now() - now if replay.behind is None else replay.behind)
    return [Part(content(f" ❮❮ {time_zone.localize(now):%H:%M:%S}, {ago} ago · {how} · {live_key} live ", _NOT_NOW))]


def _following(replay: "Replay") -> Part:
    """Return whose recording is followed, and how old its data is."""
    status, by = replay.status, f" by {replay.host[:_HOST]}" if replay.host else ""
    age = "" if status.as_of is None else f", {durations.age(replay.now() - status.as_of)} old"
    text = safe(f"following a recording{by}{age}")
    if status.error is not None:
        return Part(content(f"✗ {text}", "bold $text-error"))
    return Part(content(f"◌ {text}", "bold $text-warning") if is_old(status, replay, replay.now()) else content(text))


def replay_problem(reason: str) -> Content:
    """Return why the rest of a recording cannot be shown."""
    return content(f"▲ {safe(reason)}", "$text-warning")


def reading_parts(source: DataSource, now: datetime, *, has_age: bool = True) -> Sequence[Part]:
    """Return the age of the data with `has_age`, what slows its reading if anything does, and the time."""
    status, search = source.status, source.status.backfill
    back = [] if search is None or search.share >= 1 else [f"loading history {formats.progress(search.share)}"]
    slow = [f"refresh every {durations.age(source.every)} (read budget)"] if source.is_slowed_by_budget else []
    if status.start is not None:
        slow = [_start(status.start)]
    elif status.left_out is not None:
        slow = [f"{_unread_leases(status.left_out)} (read budget)"]
    lost = [formats.count(len(status.unreadable), "unreadable field")] if status.unreadable else []
    off = [f"clock off by {durations.age(abs(status.clock_offset))}"] if status.is_clock_off() else []
    return [
        *(Part(content(text, "$muted"), 8) for text in back),
        *(Part(content(text, "$muted"), 5) for text in slow),
        *(Part(content(text, "$text-warning"), 4) for text in lost),
        *(Part(content(text, "$text-warning"), 2) for text in off),
        *([Part(_age(source, now))] if has_age else ()),
        Part(content(clock_text(now)), 2),  # next to what also moves: they are drawn together
    ]


def hourly_parts(session: Session) -> Sequence[Part]:
    """Return the cost per hour of all hosts that are up; empty without prices."""
    costs = session.costs
    if costs is None:
        return []
    from tui.lists import cost_texts  # no price is known before the first frame

    text = cost_texts.hourly_text(costs)
    return [Part(content(text, "$muted"), 3)] if text else []


def read_cost(source: DataSource) -> str:
    """Return the refresh interval and the cost of our reads."""
    status = source.status
    why = ", slowed by the read budget" if source.is_slowed_by_budget else ""
    refused, differences = status.refused, status.differences
    again = "" if status.retry_at is None else f", tried again at {clock_text(status.retry_at - status.clock_offset)}"
    whole = "" if refused is None else f"; each reads all live rows, for want of {_INDEX} ({refused.reason}{again})"
    missed = f"; audits found {formats.count(differences, 'row')} that refreshes had missed" if differences else ""
    consumed = f"{status.consumed:.0f}" if status.consumed >= 10 else formats.decimal(status.consumed)
    return (
        f"our reads: refresh every {durations.age(source.every)}{why}; {consumed} RCU in the last one,"
        f" {formats.decimal(status.rate)} RCU/s in the last minute, {formats.dollars(status.dollars_per_hour)}/h"
        f"{whole}{missed}{_left_out(status)}"
    )


def _start(start: StartProgress) -> str:
    rest = "" if start.left is None else f", the rest within {durations.age(start.left)} (read budget)"
    return f"read {formats.progress(start.share)} of the open rows{rest}"


def requested(status: Status) -> str:
    """Return the limits of a requested refresh if the read budget is too small for every change; else an empty text."""
    if status.left_out is None:
        return ""
    return f"Refreshing what the read budget allows for, and the open runs; {_unread_leases(status.left_out)}."


def _unread_leases(left_out: LeftOut) -> str:
    of = "task and host" if left_out.of_hosts else "task"
    return f"{of} leases checked every {durations.age(left_out.leases_every)}"


def _left_out(status: Status) -> str:
    left_out = status.left_out
    if left_out is None:
        return ""
    return (
        f"; the read budget is too small for every change: {_unread_leases(left_out)}, new tasks shown as late, ends of"
        f" tasks up to {durations.age(left_out.ends_late)} late; rows that were not read keep their state"
    )


def clock_text(now: datetime) -> str:
    """Return the time with its zone, which holds for every time on the screen."""
    local = time_zone.localize(now)
    return f"{local:%H:%M:%S} {time_zone.label(local)}"


def _age(source: DataSource, now: datetime) -> Content:
    status = source.status
    if status.as_of is None:
        return content("no data" if status.error else "reading", "$text-error" if status.error else "")
    text = f"data {durations.age(now - status.as_of)} old"
    if status.error is not None:
        return content(f"✗ {text}", "bold $text-error")
    if status.paused:
        return content(f"❚❚ paused · {text}", "bold $text-warning")
    return content(f"◌ {text}", "bold $text-warning") if is_old(status, source, now) else content(text)


def problem(
    status: Status,
    now: datetime | None,
    region: str | None = None,
    unreadable: Sequence[Error] | None = None,
    *,
    retry_key: str = "",
    is_past: bool = False,
) -> Content:
    """Return why reads in a region fail, and when the next attempt is; empty if they succeed.

    `now` is None in a replay, which retries nothing. `unreadable` are the fields to report, by default all of them.
    `retry_key` is the key that tries again at once. `is_past` is whether a snapshot of the past is shown, which only a
    failure of current reads concerns.
    """
    unreadable = status.unreadable if unreadable is None else unreadable
    if status.error is not None:
        again = "" if now is None or not retry_key else f"; {retry_key} tries again"
        kept = "" if status.as_of is None or is_past else f"The last refresh is shown{again}."
        lead = "The current state cannot be read: " if is_past else ""
        texts = (f"{lead}{_explain(status.error, region).rstrip('.')}.", retry_text(status, now), kept)
        return content(f"✗ {' '.join(filter(None, texts))}", "$text-error")
    if status.background_error is not None and not is_past:
        return content(f"▲ Reading older rows failed: {_explain(status.background_error)}", "$text-warning")
    if unreadable and not is_past:
        return _describe_unreadable(unreadable)
    wait = "" if now is None else describe_wait(patience=NAMED_AFTER)
    return content(f"◌ Waiting for {_mask(wait)}", "$text-warning") if wait else Content()


def past_problem(errors: Sequence[Error]) -> Content:
    """Return what is missing in a snapshot from the table, whose reads had `errors`; empty if nothing is."""
    failed = next((error for error in errors if error.reason is not FailureReason.UNREADABLE), None)
    if failed is not None:  # nothing reads it again
        why = _explain(failed, is_polling=False)
        return content(f"✗ Part of this snapshot could not be read: {why}", "$text-error")
    return _describe_unreadable(errors) if errors else Content()


def _describe_unreadable(errors: Sequence[Error]) -> Content:
    count, first = len(errors), _explain(errors[0])
    return content(f"▲ {formats.count(count, 'unreadable field')}, such as {first}", "$text-warning")


def retry_text(status: Status, now: datetime | None) -> str:
    """Return when the next attempt starts, after a failed one; empty in a replay, where `now` is None."""
    if now is None:
        return ""
    if status.paused:
        return "Paused: no retry until refresh resumes."
    left = timedelta() if status.next_at is None else status.next_at - now
    seconds = math.ceil(left.total_seconds())
    if seconds <= 0:
        return "Retrying now."
    return f"Retrying in {f'{seconds}s' if seconds < _COUNTED_IN_SECONDS else durations.age(left)}."


def history_problem(error: Error) -> Content:
    """Return why older tasks of a run are missing."""
    return content(f"✗ Reading older tasks failed: {_explain(error)}", "$text-error")


def _explain(error: Error, region: str | None = None, *, is_polling: bool = True) -> str:
    from tui.watch.polling import error_texts

    return _mask(error_texts.explain(error, region, is_polling=is_polling))


def empty(session: Session, text: str) -> Content:
    """Return the content in place of rows: loading, why nothing could be read yet, or `text` if there are no rows."""
    status = session.source.status
    if session.has_data:
        return content(text)
    wait = describe_wait(patience=NAMED_AFTER)
    loading = content(f"Waiting for {_mask(wait)} …", "$text-warning") if wait else LOADING
    return loading if status.error is None else problem(status, session.retry_clock(), session.settings.region)


def empty_past(past: "PastView", text: str) -> Content:
    """Return the content in place of rows of a past window: loading, or `text` if there are no rows.

    If reads failed, there may be rows that are not known.
    """
    share = past.progress.share
    if share < 1:
        return content(f"Loading, {formats.progress(share)} …")
    return content(text if past.is_complete else "No rows were found in what could be read.")


def _mask(text: str) -> str:
    from tui.text.masked_text import mask_line  # its patterns take 20 ms to compile: the first frame needs none

    return mask_line(text)
