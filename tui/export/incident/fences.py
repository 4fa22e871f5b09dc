"""Untrusted text in Markdown, shown literally."""

import re
from collections.abc import Iterable, Iterator, Mapping

from tui.text.masked_text import mask_line, mask_lines
from tui.text.safe import NONE
from tui.text.safe_text import SafeText

_LONGEST = 100_000  # cells of a line
_LEAST = 3
_NAMES = 9  # cells


def fenced(lines: Iterable[str], language: str = "text") -> Iterator[str]:
    """Yield lines, which are safe to show, between fences that none of them can close."""
    kept = list(lines)
    longest = max((len(run) for line in kept for run in re.findall("`+", line)), default=0)
    fence = "`" * max(_LEAST, longest + 1)
    yield from (f"{fence}{language}", *kept, fence)


def shown(text: str) -> list[SafeText]:
    """Return the lines of an untrusted text: redacted, and safe to show."""
    return mask_lines(text, _LONGEST)


def one_line(text: str) -> str:
    """Return an untrusted text as one line: redacted, and safe to show."""
    return mask_line(text, _LONGEST)


def named(values: Mapping[str, object]) -> Iterator[str]:
    """Yield a line for each value that is present, after its name. Values are untrusted."""
    for name, value in values.items():
        text = one_line(str(value))
        if text not in ("", NONE):
            yield f"{name:<{_NAMES}} {text}"
