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
    most important column first, numbers before texts. An earlier column gives way to a later one, if it has another
    letter and the later one has none.
    """
    titles = {
        column.id: column.title[:width].upper()
        for column, _, width in sorted(places, key=lambda place: _importance(place.column))
        if column.sort_key is not None and column.has_letter
    }
    holders: dict[str, str] = {}

    def take(column_id: str, asked: set[str]) -> bool:
        letters = [letter for letter in titles[column_id] if letter in _LETTERS and letter not in used]
        for letter in letters:
            if letter not in holders:
                holders[letter] = column_id
                return True
        for letter in letters:
            if letter not in asked:
                asked.add(letter)
                if take(holders[letter], asked):
                    holders[letter] = column_id
                    return True
        return False

    for column_id in titles:
        take(column_id, set())
    return [SortLetter(column_id, letter, titles[column_id].index(letter)) for letter, column_id in holders.items()]


def _importance(column: Column[R]) -> tuple[int, bool]:
    return column.priority, not column.starts_descending
