"""Model to safe, humanised text: the one door that untrusted text goes through.

Textual and Rich hand control characters in data straight to the terminal, so nothing that came from a row, a log,
a file or AWS is shown without `safe`. All functions here return text that has been through it. Safe text is still
not markup: give it to a widget as `tui.widgets.content.content`.
"""

import enum
import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size, split_text

from store.digest import Digest
from store.lease import Liveness, lapse, liveness
from store.model import TimeFields
from store.resources import Resources

NONE = "-"
CUT = "…"

LIMIT = 1000
_MARKS = 4
# Wide enough for any text of `limit` cells, so that what is longer can be cut before it is looked at.
_CHARS_PER_CELL = 2 * (1 + _MARKS)

_STAND_IN = "�"
# Printable to Python, but drawn as nothing: grapheme joiner, fillers, Khmer inherent vowels, variation selectors.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def safe(text: str, limit: int = LIMIT) -> str:
    """`text` as one line that does nothing to a terminal but fill up to `limit` cells (at least 1), cut with `…`.

    Control characters become their pictures, other characters that would be invisible, reorder text or mean
    something else elsewhere become `�`, uncommon spaces plain ones. No more than 4 combining marks stay in a row.
    """
    if text.isascii() and text.isprintable():
        return text if len(text) <= limit else text[: limit - 1] + CUT
    most = _CHARS_PER_CELL * limit
    shown = _without_surplus_marks(map(_shown, text if len(text) <= most else text[:most] + CUT))
    return shown if cell_len(shown) <= limit else split_text(shown, limit - 1)[0] + CUT


def safe_lines(text: str, limit: int = LIMIT) -> list[str]:
    """The lines of `text`, each made safe, tabs as spaces. An empty text has no lines."""
    most = _CHARS_PER_CELL * limit + 1
    lines = text.removesuffix("\n").split("\n") if text else []
    return [safe(line.removesuffix("\r")[:most].expandtabs(), limit) for line in lines]


@functools.lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    if char.isprintable():
        return _STAND_IN if _INVISIBLE.match(char) else char
    if char < " ":
        return chr(0x2400 + ord(char))
    if char == "\x7f":
        return "␡"
    return " " if unicodedata.category(char) == "Zs" else _STAND_IN


def _without_surplus_marks(chars: Iterable[str]) -> str:
    kept: list[str] = []
    marks = 0
    for char in chars:
        marks = 0 if get_character_cell_size(char) else marks + 1
        if marks and not kept:  # it would join what is drawn before the text
            kept.append(_STAND_IN)
            marks = 0
        elif marks <= _MARKS:
            kept.append(char)
        elif marks == _MARKS + 1:
            kept.append(CUT)
    return "".join(kept)


class Look(NamedTuple):
    """How a state is shown: one cell that tells it from others without colour, a word, and the style of a `Cell`."""

    glyph: str
    word: str
    style: str

    @property
    def text(self) -> str:
        """Glyph and word."""
        return f"{self.glyph} {self.word}"


_LOOKS = {
    "starting": Look("○", "starting", "muted"),
    "running": Look("●", "running", "good"),
    "live": Look("●", "live", "good"),
    "failing": Look("▲", "failing", "bad"),
    "stale": Look("◌", "stale", "warning"),
    "lost": Look("✗", "lost", "bad"),
    "failed": Look("✗", "failed", "bad"),
    "succeeded": Look("✓", "succeeded", "muted"),
    "ended": Look("■", "ended", "muted"),
}


def look(state: enum.StrEnum) -> Look:
    """The look of a `tui.watch.model.states.State`, or, for what can neither fail nor succeed, of a `Liveness`."""
    return _LOOKS[state]


def age(delta: timedelta) -> str:
    """A time span in at most two units, seconds only below a minute: `42s`, `41m`, `2h13m`, `3d4h`; never negative."""
    seconds = max(0, int(delta.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days}d{hours % 24}h"
    if hours:
        return f"{hours}h{minutes % 60:02}m"
    return f"{minutes}m" if minutes else f"{seconds}s"


def duration(delta: timedelta) -> str:
    """A time span as `age`, but with seconds below an hour: `1m42s`."""
    minutes, seconds = divmod(max(0, int(delta.total_seconds())), 60)
    return f"{minutes}m{seconds:02}s" if 0 < minutes < 60 else age(delta)


def lease(row: TimeFields, now: datetime) -> str:
    """What is left of the lease of `row`, or for how long it has lapsed: `1m42s left`, `4m12s over`.

    `-` for an ended row, `none yet` for one that has only started.
    """
    lapsed = lapse(row, now)
    match liveness(row, now):
        case Liveness.ENDED:
            return NONE
        case Liveness.STARTING:
            return "none yet"
    if lapsed is None:
        return NONE
    return f"{duration(lapsed)} over" if lapsed > timedelta() else f"{duration(-lapsed)} left"


def steady_lease(row: TimeFields, now: datetime) -> str:
    """As `lease`, but rounded down to 5 s while more than 10 s are left.

    Fifty leases that count every second are most of what a dashboard would send over a slow line, and nobody reads
    them to the second until they are about to lapse.
    """
    until = row.keepalive or row.start
    left = timedelta() if until is None else until - now
    return lease(row, now + left % _STEP if left > _NEAR else now)


_NEAR = timedelta(seconds=10)
_STEP = timedelta(seconds=5)


def clock(time: datetime | None, now: datetime | None = None) -> str:
    """The UTC time of day, `09:50`; with the date, `11-30 09:50`, if that is not the date of `now`."""
    if time is None:
        return NONE
    utc = time.astimezone(UTC)
    other_day = now is not None and utc.date() != now.astimezone(UTC).date()
    return f"{utc:%m-%d %H:%M}" if other_day else f"{utc:%H:%M}"


def moment(time: datetime | None) -> str:
    """The UTC date and time in full: `2026-11-01 09:50:41 UTC`."""
    return NONE if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def digest(value: Digest) -> str:
    """The first 8 digits."""
    return value.short or NONE


def user(name: str) -> str:
    """The part of a user's name before the `@`."""
    return safe(name.partition("@")[0] or name) or NONE


def labels(values: Mapping[str, str]) -> str:
    """Labels as `key=value`, by key."""
    return safe(" ".join(f"{key}={value}" for key, value in sorted(values.items())))


def size(amount: float, digits: int = 1) -> str:
    """Bytes in units of 1024: `16G`."""
    import humanize  # no size stands in the first frame

    text = humanize.naturalsize(amount, gnu=True, format=f"%.{digits}f")
    return text.replace(".0", "") if digits == 1 else text


@functools.lru_cache(maxsize=1024)
def resources(amounts: Resources) -> str:
    """What is not 0, in the order that reflow prints: `mem:16G cpu:4 disk:100G`."""
    names = dict.fromkeys(("mem", "cpu", "disk", *sorted(amounts)))
    return safe(" ".join(f"{name}:{amount(name, amounts[name])}" for name in names if amounts.get(name))) or NONE


def amount(name: str, value: float) -> str:
    """An amount of the resource `name`: bytes as sizes, others in at most three digits."""
    return size(value) if name in ("mem", "disk") else f"{value:.3g}"


def progress(done: int, total: int, width: int) -> str:
    """A bar of `width` cells in halves of a cell; full only when all is done, empty only when nothing is."""
    done = max(0, min(done, total))
    halves = max(2 * width * done // total, 1) if done else 0
    return f"{'█' * (halves // 2)}{'▌' * (halves % 2)}".ljust(width, "·")


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(counts: Sequence[int]) -> str:
    """A bar for each count, the highest one for the most; `·` for 0."""
    most = max(counts, default=0)
    return "".join(_BARS[(len(_BARS) * count - 1) // most] if count > 0 else "·" for count in counts)


def count(number: int, noun: str) -> str:
    """So many: `1 run`, `42 runs`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def error(failure: BaseException | None) -> str:
    """An error and its causes on one line; empty for none."""
    # Cut first: a table asks for this on every repaint, and a row may hold 400 KB.
    return "" if failure is None else safe(" ".join(str(failure)[: _CHARS_PER_CELL * LIMIT].split()))
