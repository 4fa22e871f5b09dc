"""Texts about the data source: where from, how old, why not. All of them are safe to show."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from textual.content import Content

from store import Error
from tui.screens.base.session import Session
from tui.settings import Settings
from tui.text import durations, formats, time_zone
from tui.text.safe import safe
from tui.watch.data_source import DataSource
from tui.watch.polling.past import PastView
from tui.watch.polling.status import Status
from tui.widgets.content import content
from tui.widgets.status_line import Part

# Data that is older than so many intervals counts as old, though no read has failed.
_OLD = 4

_NOT_NOW = "bold $text-warning reverse"

LOADING = content("Reading …", "$muted")


def is_old(status: Status, source: DataSource, now: datetime) -> bool:
    """Whether what is shown has to be told from what is true now."""
    return status.error is not None or (status.as_of is not None and now - status.as_of > _OLD * source.every)


def origin(settings: Settings) -> Sequence[Part]:
    """Where the rows come from."""
    where = urlsplit(settings.endpoint_url).netloc if settings.endpoint_url else settings.region
    return [
        Part(content("reflowtop", "bold $primary"), 6),
        Part(content(settings.table, "bold", 40)),
        *(
            Part(content(text, "$muted", 30), priority)
            for text, priority in ((where, 3), (settings.profile, 4))
            if text
        ),
    ]


def replay_parts(session: Session) -> Sequence[Part]:
    """That it is not what is now: which recording this is, or how long ago, and how it is played."""
    replay = session.replay
    if replay is None:
        return []
    now = replay.now()
    how = f"{'stopped' if replay.is_paused else f'×{replay.speed}'}{'' if replay.has_arrived else ' …'}"
    if replay is session.live:
        name, end = replay.tape.name, " · end" if replay.is_at_end else ""
        return [
            Part(content(f" ▶ replay {name} · {time_zone.shown(now):%Y-%m-%d %H:%M:%S} · {how}{end} ", _NOT_NOW, 90))
        ]
    ago = durations.age(session.live.now() - now)
    return [Part(content(f" ❮❮ {time_zone.shown(now):%H:%M:%S}, {ago} ago · {how} · L live ", _NOT_NOW))]


def replay_problem(reason: str) -> Content:
    """Why a recording cannot be shown farther."""
    return content(f"▲ {safe(reason)}", "$text-warning")


def reading_parts(source: DataSource, now: datetime) -> Sequence[Part]:
    """How old the data is; and what slows its reading, if anything does."""
    status, search = source.status, source.status.backfill
    back = [] if search is None or search.share >= 1 else [f"loading history {search.share:.0%}"]
    slow = [f"refresh every {durations.age(source.every)} (read budget)"] if source.is_slowed_by_budget else []
    off = [f"clock off by {durations.age(abs(status.clock_offset))}"] if status.is_clock_off() else []
    return [
        *(Part(content(text, "$muted"), 8) for text in back),
        *(Part(content(text, "$muted"), 5) for text in slow),
        *(Part(content(text, "$text-warning"), 2) for text in off),
        Part(_age(source, now)),
        Part(content(clock_text(now)), 2),  # next to what also moves: they are drawn together
    ]


def read_cost(source: DataSource) -> str:
    """Return what reading costs, and how often it is done."""
    status = source.status
    why = ", slowed by the read budget" if source.is_slowed_by_budget else ""
    return (
        f"refresh every {durations.age(source.every)}{why}; {status.consumed:.0f} RCU in the last one,"
        f" {status.rate:.1f} RCU/s in the last minute, ${status.dollars_per_hour:.2f}/h"
    )


def clock_text(now: datetime) -> str:
    """Return the time with its zone, which holds for every time on the screen."""
    local = time_zone.shown(now)
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


def problem(status: Status) -> Content:
    """Why reading does not go well; empty while it does."""
    if status.error is not None:
        kept = "" if status.as_of is None else " The last refresh is shown."
        return content(f"✗ {_why(status.error)}{kept}", "$text-error")
    if status.background_error is not None:
        why = _why(status.background_error)
        return content(f"▲ what lies further back could not all be read: {why}", "$text-warning")
    if status.unreadable:
        first = formats.error(status.unreadable[0])
        return content(f"▲ fields that could not be read: {len(status.unreadable)}, such as {first}", "$text-warning")
    return Content()


def _why(error: Error) -> str:
    from tui.watch.polling import error_texts  # nothing has failed before the first frame

    return safe(f"{error_texts.explain(error)} {error_texts.describe_retry(error)}")


def history_problem(error: Error) -> Content:
    """Why the tasks of a run are not all there."""
    from tui.watch.polling import error_texts

    return content(f"✗ older tasks could not be read: {safe(error_texts.explain(error))}", "$text-error")


def empty(source: DataSource, text: str) -> Content:
    """Return the text in place of rows: not read yet, failed to read, or `what` if there are none."""
    status = source.status
    if status.error is not None and status.as_of is None:
        return content("Nothing could be read yet, for the reason above. It is tried again.", "$text-error")
    return content(text) if status.as_of is not None else LOADING


def empty_past(past: PastView, text: str) -> Content:
    """Return the text in place of rows of a past window: still loading, or `what` if there are none."""
    share = past.progress.share
    return content(f"Loading, {share:.0%} …" if share < 1 else text)
