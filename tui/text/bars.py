"""Numbers as bars of block characters."""

import math
from collections.abc import Sequence


def progress(done: int, total: int, width: int) -> str:
    """Return a bar of `width` cells, in half cells; full only if `done` equals `total`, empty only if it is 0."""
    done = max(0, min(done, total))
    halves = max(2 * width * done // total, 1) if done else 0
    return f"{'█' * (halves // 2)}{'▌' * (halves % 2)}".ljust(width, "·")


def states(done: int, failed: int, running: int, width: int) -> tuple[str, str, str]:
    """Return the parts of a thin bar of `width` cells, such as `━━━━━`, `××`, `╌╌╌`; all empty if there is nothing.

    Any number but 0 shows: a bar is only full of `━` if everything is done.
    """
    numbers = [max(0, number) for number in (done, failed, running)]
    total = sum(numbers)
    if not total:
        return "", "", ""
    cells = [max(1, width * number // total) if number else 0 for number in numbers]
    cells[numbers.index(max(numbers))] += width - sum(cells)
    return "━" * cells[0], "×" * cells[1], "╌" * cells[2]


def usage(used: float, allocated: float, offered: float, width: int) -> str:
    """Return a bar of `width` cells for the share of `offered` that is used, in half cells, then the rest of what is
    allocated, in cells.

    Any amount shows, and only a full one fills the bar. `offered` is more than 0.
    """
    halves, cells = _steps(used / offered, 2 * width), _steps(allocated / offered, width)
    return f"{'█' * (halves // 2)}{'▌' * (halves % 2)}".ljust(cells, "▒").ljust(width, "·")


def _steps(share: float, steps: int) -> int:
    if share <= 0 or math.isnan(share):  # the sum of infinite amounts may be no number
        return 0
    return steps if share >= 1 else max(1, min(round(share * steps), steps - 1))


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(counts: Sequence[int]) -> str:
    """Return a bar for each count, relative to the peak; `·` for 0."""
    most = max(counts, default=0)
    return "".join(_BARS[(len(_BARS) * count - 1) // most] if count > 0 else "·" for count in counts)
