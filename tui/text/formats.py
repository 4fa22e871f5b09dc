"""Values of rows as short, safe text."""

import functools
import math
from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from store.digest import Digest
from store.resources import Resources
from tui.text.safe import CUT, MAX_CHARS, NONE, safe

_MANY, _LONG = 10, 50  # resources, and characters of their names


def digest(value: Digest) -> str:
    """Return the first 8 digits of a digest."""
    return value.short or NONE


def user(name: str) -> str:
    """Return the part of a user's name before the `@`."""
    return safe(name.partition("@")[0] or name) or NONE


def labels(values: Mapping[str, str]) -> str:
    """Return labels as `key=value`, sorted by key."""
    return safe(" ".join(f"{key}={value}" for key, value in sorted(values.items())))


def size(amount: float, digits: int = 1) -> str:
    """Return a number of bytes in units of 1024: `16G`. A sum of amounts of rows may be infinite, or no number."""
    if not math.isfinite(amount):
        return f"{amount:g}"
    import humanize  # the first frame shows no sizes

    text = humanize.naturalsize(amount, gnu=True, format=f"%.{digits}f")
    return text.replace(".0", "") if digits == 1 else text


def percent(share: float) -> str:
    """Return a share as a percentage: 0% only for 0 and 100% only for 1, else `<1%` and `>99%`."""
    text = f"{share:.0%}"
    if text == "0%" and share > 0:
        return "<1%"
    return ">99%" if text == "100%" and share < 1 else text


def progress(share: float) -> str:
    """Return the part of a task that is done as a percentage, rounded down: 100% only if it is 1."""
    return f"{math.floor(100 * share + 1e-9)}%"


def compact(number: int) -> str:
    """Return a count in at most 4 cells, rounded down: `9999`, `12k`, `1.2M`."""
    if number < 10_000:
        return str(number)
    if number < 1_000_000:
        return f"{number // 1000}k"
    return f"{number // 100_000 / 10:.1f}M" if number < 10_000_000 else f"{number // 1_000_000}M"


def part(done: int, total: int, more: str = "", limit: int = 8) -> str:
    """Return how many of `total` are done in at most `limit` cells, 8 or more: `55/80`, `97% 1234`, `all 12k`.

    `more` is a `+` if there may be others.
    """
    text = f"{done}/{total}{more}"
    if len(text) <= limit:
        return text
    number = compact(total)
    if len(number) + len(more) > 4:
        number = f"{total // 1000}k" if total < 1_000_000 else f"{total // 1_000_000}M"
    return f"{'all' if done >= total else progress(done / total)} {number}{more}"


def decimal(amount: float) -> str:
    """Return an amount of 0 or more with one decimal, `0.0` only for 0: `6.2`, `<0.1`."""
    return "<0.1" if 0 < amount < 0.05 else f"{amount:.1f}"


def dollars(amount: float) -> str:
    """Return US dollars with cents, less than a cent with four decimals: `$0.13`, `$0.0004`, `<$0.0001`."""
    if 0 < amount < 0.0001:
        return "<$0.0001"
    return f"${amount:.4f}" if 0 < amount < 0.01 else f"${amount:.2f}"


def resources(amounts: Resources) -> str:
    """Return the resources that are not 0, in reflow's order: `mem:16G cpu:4 disk:100G`."""
    is_usual = len(amounts) < _MANY and max(map(len, amounts), default=0) < _LONG
    return _usual_resources(amounts) if is_usual else _resources(amounts)


def _resources(amounts: Resources) -> str:
    names = dict.fromkeys(("mem", "cpu", "disk", *sorted(amounts)))
    return safe(" ".join(f"{name}:{amount(name, amounts[name])}" for name in names if amounts.get(name))) or NONE


# Names of up to 400 KB, from one hostile row, are not to be kept.
_usual_resources = functools.lru_cache(maxsize=1024)(_resources)


def amount(name: str, value: float) -> str:
    """Return an amount of the resource `name`: bytes as a size, others whole up to 99,999, else in three digits."""
    if name in ("mem", "disk"):
        return size(value)
    return f"{value:.0f}" if value % 1 == 0 and abs(value) < 100_000 else f"{value:.3g}"


def series(names: Collection[str], most: int) -> str:
    """Return names in a sentence, at most `most` of them: `a, b and 3 more`. Not yet safe to show."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(islice(names, most))}{more}"


def alternatives(names: Sequence[str]) -> str:
    """Return names as alternatives in a sentence: `a, b or c`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def count(number: int | None, noun: str) -> str:
    """Return a number with its noun: `1 run`, `42 runs`; `- runs` for an unknown number, None."""
    return f"{NONE if number is None else number} {noun}{'' if number == 1 else 's'}"


def shorten_middle(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters (at least 3): the middle of a longer one becomes `…`.

    Names in a cluster begin alike, and are told apart by their ends.
    """
    if len(text) <= limit:
        return text
    head = (limit - 1) // 3
    return f"{text[:head]}{CUT}{text[len(text) - (limit - 1 - head) :]}"


def error(failure: BaseException | None) -> str:
    """Return an error and its causes on one line; empty for None."""
    # Cut first: a table asks for this on every repaint, and a row may hold 400 KB.
    return "" if failure is None else safe(" ".join(str(failure)[:MAX_CHARS].split()))
