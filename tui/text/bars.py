"""Numbers as bars of block characters."""

from collections.abc import Sequence


def progress(done: int, total: int, width: int) -> str:
    """Return a bar of `width` cells, in half cells; full only if `done` equals `total`, empty only if it is 0."""
    done = max(0, min(done, total))
    halves = max(2 * width * done // total, 1) if done else 0
    return f"{'█' * (halves // 2)}{'▌' * (halves % 2)}".ljust(width, "·")


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(counts: Sequence[int]) -> str:
    """Return a bar for each count, relative to the peak; `·` for 0."""
    most = max(counts, default=0)
    return "".join(_BARS[(len(_BARS) * count - 1) // most] if count > 0 else "·" for count in counts)
