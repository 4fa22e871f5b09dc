"""The levels of the lines of a run's log, each by itself."""

from store.runlog import Level, head
from tui.logs.blocks import Blocks

_MOST_BACK = 200  # lines


def level_of(blocks: Blocks, number: int) -> Level:
    """The level of line `number`; of one that goes on, that of the line that it goes on with, if it is near."""
    for back in range(number, max(blocks.first, number - _MOST_BACK) - 1, -1):
        if (found := head(blocks.line(back).text)) is not None:
            return found.level
    return Level.INFO
