"""The texts of the log screen. All of them are safe to show."""

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content
from textual.style import Style

from store import Error, ErrorKind, Run, Task
from store.logs.log import Log
from tui.logs import console_url as console
from tui.logs import provenance
from tui.logs.search import LogFilter, LogSearch
from tui.logs.tabs import Tab
from tui.logs.timestamps import TimestampStyle
from tui.screens.base.command_registry import run_action
from tui.screens.log.log_session import FollowState, LogSession
from tui.text.safe import safe
from tui.widgets.content import assemble, blanks, content, key_text
from tui.widgets.status_line import Part

NO_LOG = "no log is open"
_READING = content("Reading …", "$muted")
_LONGEST = 4000  # cells of an address


def tab_parts(tabs: Sequence[Tab], shown: Tab) -> Sequence[Part]:
    """Return the names of the tabs, the current one marked; a click shows the log of a tab."""
    return [
        Part(
            content(f"{n} {tab}", "reverse" if tab is shown else "$muted"),
            n if tab is not shown else 0,
            run_action(tab.value),
        )
        for n, tab in enumerate(tabs, 1)
    ]


def commands_without_use(session: LogSession, tab: Tab, row: Task | Run) -> set[str]:
    """Return the names of the commands whose keys would do nothing."""
    unused = set[str]()
    if tab is not Tab.RUNLOG:
        unused.add("level")
    if row.end is not None or tab not in (Tab.STDOUT, Tab.STDERR, Tab.RUNLOG):
        unused.add("follow")
    if session.error is not None and session.reading is None:
        unused |= {"search", "errors", "filter", "wrap", "raw", "times", "time", "save", "pager", "link"}
        unused |= {"follow", "level"}
    if session.pattern is None:
        unused.add("next")
    if session.reading is not None and not session.reading.document.log.timed:
        unused.add("times")
    return unused


def reason(text: str, tab: Tab, row: Task | Run) -> Content:
    """Return why this log is shown: `stderr of samtools.sort 11223344: newest task of the finding`."""
    name = f"{row.ident or 'task'} {row.id.short}" if isinstance(row, Task) else row.id.short
    return assemble(content(f"{tab} of "), content(name, "bold", 60), content(f": {text}", "$text-warning", limit=80))


def provenance_line(
    log: Log | None, error: Error | None, row: Task | Run, now: datetime, *, has_link: bool, again_key: str
) -> Content:
    """Return where a log is from, or its address in the AWS console; without a log, that it is read, or the `error`.

    `again_key` is the key that reads it again.
    """
    if log is not None and has_link:
        return _link(log)
    if log is not None:
        return content(provenance.describe(log, row, now), "$text-error" if provenance.is_bad(log) else "$muted")
    return _READING if error is None else _missing_text(error, row, now, again_key)


def _missing_text(error: Error, row: Task | Run, now: datetime, again_key: str) -> Content:
    """Return why there is no log, and how to retry if that does not happen by itself."""
    tone = "$muted" if provenance.is_expected(error, row, now) else "$text-error"
    why = content(provenance.explain_missing(error, row, now), tone)
    is_waited_for = error.kind is ErrorKind.NOT_EXIST and row.end is None
    if is_waited_for or not provenance.may_change(error):
        return why
    return assemble(why, blanks(2), key_text(again_key, "again"))


def _link(log: Log) -> Content:
    """Return the address in the AWS console, as a link whose text is the whole address."""
    if (url := console.url(log.location)) is None:
        return content(f"{log.location.uri} has no page in the AWS console")
    return content(url, Style(underline=True, link=url), _LONGEST)


def status(session: LogSession, follow_key: str) -> tuple[list[Part], list[Part]]:
    """Return the state of search and filter, and how lines are drawn; `follow_key` follows a log that grows."""
    reading, view = session.reading, session.view
    left = [Part(session.note)] if session.note else []
    if reading is None:
        return left, []
    if reading.pattern is not None:
        searched = "errors" if session.is_searching_errors else f"/{safe(reading.pattern.pattern, 30)}"
        left.append(Part(content(f"{searched}  {_count(session, reading)}"), 1))
    if reading.filter:
        left.append(Part(content(_chosen(reading.filter), "$text-warning", limit=60), 2))
    times = view.look.times
    flags = {
        "raw": view.look.raw,
        "wrapped": view.look.wrap,
        "times" if times is TimestampStyle.CLOCK else "times since start": times is not TimestampStyle.OFF,
        f"from column {view.look.left + 1}": view.look.left > 0 and not view.look.wrap,
    }
    right = [Part(content(flag, "$text-accent"), 3) for flag, is_set in flags.items() if is_set]
    return left, [
        *_follow_parts(session.follow_state, follow_key),
        *right,
        Part(content(_position(session, reading)), 4),
    ]


def _follow_parts(state: FollowState | None, follow_key: str) -> list[Part]:
    match state:
        case FollowState.FOLLOWING:
            return [Part(content(state, "$text-accent"), 2)]
        case FollowState.PAUSED:
            return [Part(assemble(content(f"{state}, ", "$text-warning"), key_text(follow_key, "follows")), 2)]
        case FollowState.ENDED:
            return [Part(content(state, "$muted"), 5)]
    return []


def _position(session: LogSession, reading: LogSearch) -> str:
    rows = reading.rows
    total = rows.end - rows.first
    before, after = "" if reading.document.has_head else "… ", "" if session.has_end else " …"
    if before or after or total <= session.view.size.height:
        return f"{before}{_lines(total)}{after}"
    return f"{100 * (rows.row(session.view.last_number) + 1 - rows.first) // total}% of {_lines(total)}"


def _count(session: LogSession, reading: LogSearch) -> str:
    if (hits := reading.hits) is None:
        return ""
    cursor, is_all = session.view.cursor, reading.is_done and reading.document.has_head and session.has_end
    count = f"{hits.count:,}{'' if is_all else '+'}"
    if cursor is None or not hits.count:
        return f"{count} line{'' if count == '1' else 's'}"
    return f"{hits.row(cursor) - hits.first + 1:,} of {count}"


def _chosen(chosen: LogFilter) -> str:
    parts = []
    if chosen.level is not None:
        parts.append(f"{chosen.level.name.lower()} or worse")
    if chosen.pattern is not None:
        parts.append(f"only {'without' if chosen.without else 'with'} {chosen.pattern.pattern}")
    if chosen.context:
        parts.append(f"± {_lines(chosen.context)}")
    return ", ".join(parts)


def _lines(number: int) -> str:
    return f"{number:,} line{'' if number == 1 else 's'}"
