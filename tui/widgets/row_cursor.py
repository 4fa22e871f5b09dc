"""The rows of a table in the order shown, with a cursor that follows its row."""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic

from tui.lists.columns import R


class RowCursor(Generic[R]):
    """Rows and a cursor. Nothing is stored per row: the row of the cursor is found again when rows are replaced."""

    def __init__(self, key: Callable[[R], Hashable]) -> None:
        """Start without rows. `key` identifies a row for as long as it exists."""
        self._key = key
        self.rows: Sequence[R] = ()
        self.cursor = 0

    @property
    def selected(self) -> R | None:
        """The row under the cursor; None without rows."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def selected_key(self) -> Hashable | None:
        """The key of the row under the cursor."""
        return self._key(self.rows[self.cursor]) if self.rows else None

    def replace(self, rows: Sequence[R], held: int) -> int:
        """Replace the rows. The cursor follows its row, and keeps its place if the row is gone.

        Returns the new index of the row that was at index `held`.
        """
        before, self.rows = self.rows, rows
        if not before:
            return held
        now_at = self._follow(before[held], held)
        self.cursor = now_at if self.cursor == held else self._follow(before[self.cursor], self.cursor)
        return now_at

    def move(self, index: int) -> bool:
        """Move the cursor to `index`, or as far as there are rows; return whether it moved."""
        before, self.cursor = self.cursor, self._clamp(index)
        return self.cursor != before

    def find(self, key: Hashable, near: int = 0) -> int | None:
        """Return the index of the row with that key; fastest if it is at `near`."""
        rows, key_of = self.rows, self._key
        if near < len(rows) and key_of(rows[near]) == key:
            return near
        return next((index for index, row in enumerate(rows) if key_of(row) == key), None)

    def _follow(self, row: R, index: int) -> int:
        found = self.find(self._key(row), index)
        return self._clamp(index) if found is None else found

    def _clamp(self, index: int) -> int:
        return max(0, min(index, len(self.rows) - 1))
