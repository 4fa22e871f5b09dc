"""Letters that sort: one for each column on screen, from its title."""

from collections.abc import Collection, Sequence
from string import ascii_uppercase
from typing import NamedTuple

from tui.lists.columns import Column, PlacedColumn, R

_LETTERS = frozenset(ascii_uppercase)


class SortLetter(NamedTuple):
    """The letter that sorts by a column, and its position in the title."""

    column_id: str
    letter: str
    position: int


def assign_letters(places: Sequence[PlacedColumn[R]], used: Collection[str]) -> list[SortLetter]:
    """Return a letter for each column at `places` that can be sorted by and whose title has a free one.

    Letters in `used` have another meaning on the screen. A column gets the first letter of its title that is free, the
    most important column first, numbers before texts. An earlier column gives way to a later one of the same priority,
    if it has another letter and the later one has none. So less important columns, which only wide screens show, change
    no letter of the others.
    """
    sortable = [
        place
        for place in sorted(places, key=lambda place: _importance(place.column))
        if place.column.sort_key is not None and place.column.has_letter
    ]
    titles = {column.id: column.title[:width].upper() for column, _, width in sortable}
    priorities = {column.id: column.priority for column, _, _ in sortable}
    holders: dict[str, str] = {}

    def assign(column_id: str, moves: int, tried: set[str]) -> bool:
        """Give the column a letter, moving at most `moves` others to another letter; return whether there is one."""
        letters = [letter for letter in titles[column_id] if letter in _LETTERS and letter not in used]
        for letter in letters:
            if letter not in holders:
                holders[letter] = column_id
                return True
        for letter in letters if moves else ():
            if letter not in tried and priorities[holders[letter]] == priorities[column_id]:
                tried.add(letter)
                if assign(holders[letter], moves - 1, tried):
                    holders[letter] = column_id
                    return True
        return False

    for column_id in titles:
        for moves in range(len(titles)):
            if assign(column_id, moves, set()):
                break
    return [SortLetter(column_id, letter, titles[column_id].index(letter)) for letter, column_id in holders.items()]


def _importance(column: Column[R]) -> tuple[int, bool]:
    return column.priority, not column.starts_descending
