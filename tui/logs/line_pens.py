"""The colours in effect at the start of each line of a log: a program may set a colour for several lines."""

import itertools
from collections import OrderedDict

from tui.logs.line_store import LineStore
from tui.logs.sgr import PLAIN, Pen, has_reset, pen_after

_CACHED = 32  # blocks
# Blocks searched for the colour of a line: a MiB. In a terminal, too, the text before a jump is not read.
_MOST_BLOCKS = 8


class LinePens:
    """The pens of the lines in `blocks`, worked out when asked for."""

    def __init__(self, blocks: LineStore) -> None:
        self._blocks = blocks
        self._cache: OrderedDict[int, list[Pen]] = OrderedDict()  # by the first line of a block

    def pen(self, number: int) -> Pen:
        """Return the colours at the start of line `number`."""
        start = self._blocks.span(number).start
        if (found := self._cache.get(start)) is None:
            found, is_known = self._within(start)
            if not is_known:  # it may depend on lines before, which were not read yet
                return found[number - start]
            self._cache[start] = found
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return found[number - start]

    def _within(self, start: int) -> tuple[list[Pen], bool]:
        """Return the pens of the lines of the block that starts at line `start`, and whether they stay the same."""
        text = self._blocks.text(start)
        earlier, is_known = self._texts_before(start)
        pen = PLAIN
        for before in reversed(earlier):
            pen = pen_after(before, pen)
        if b"\x1b[" not in text:
            return [pen] * len(self._blocks.span(start)), is_known
        pens = itertools.accumulate(text.split(b"\n"), lambda pen, line: pen_after(line, pen), initial=pen)
        return list(pens)[:-1], is_known

    def _texts_before(self, start: int) -> tuple[list[bytes], bool]:
        """Return the blocks before line `start`, the nearest first, back to one that sets all colours."""
        found: list[bytes] = []
        while start > self._blocks.first and len(found) < _MOST_BLOCKS:
            start = self._blocks.span(start - 1).start
            found.append(self._blocks.text(start))
            if has_reset(found[-1]):
                return found, True
        return found, len(found) == _MOST_BLOCKS
