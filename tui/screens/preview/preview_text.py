"""The text of a preview."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from textual.content import Content

from store import Task
from tui.text import formats


class PreviewText(NamedTuple):
    """The title and lines of a preview, safe to show; below them comes the end of the stderr of `log`, if any."""

    title: Content
    lines: Sequence[Content]
    log: Task | None = None


def listed(names: Iterable[str], most: int) -> str:
    """Return the distinct names in a sentence, at most `most` of them: `a, b and 3 more`; not yet safe to show."""
    return formats.series(dict.fromkeys(names), most)


def joined(*texts: Content) -> Content:
    """Return the texts that are not empty on one line, two cells apart."""
    return Content("  ").join(text for text in texts if text)
