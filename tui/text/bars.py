"""Numbers as bars of block characters."""

from collections.abc import Sequence


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
