from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.row_cursor import RowCursor

ids = st.lists(st.integers(0, 20), unique=True, max_size=12)


def cursor_on(rows: list[int], index: int = 0) -> RowCursor[int]:
    cursor: RowCursor[int] = RowCursor(lambda row: row)
    cursor.replace(rows, 0)
    cursor.move(index)
    return cursor


@given(ids.filter(bool), ids, st.integers(0, 11), st.integers(0, 11))
def test_cursor_and_held_row_follow_their_rows(before: list[int], after: list[int], at: int, held: int) -> None:
    cursor = cursor_on(before, at)
    held = min(held, len(before) - 1)
    selected, index = cursor.selected, cursor.cursor
    new_held = cursor.replace(after, held)
    if selected in after:
        assert cursor.selected == selected
    else:
        assert cursor.cursor == max(0, min(index, len(after) - 1))
    if before[held] in after:
        assert after[new_held] == before[held]
    else:
        assert new_held == max(0, min(held, len(after) - 1))


def test_without_rows_nothing_is_selected() -> None:
    cursor = cursor_on([])
    assert (cursor.selected, cursor.selected_key, cursor.cursor) == (None, None, 0)
    assert not cursor.move(5)
    assert cursor.find(1) is None


def test_the_first_rows_leave_the_cursor_and_what_is_held_in_place() -> None:
    cursor: RowCursor[int] = RowCursor(lambda row: row)
    assert cursor.replace([1, 2, 3], 2) == 2
    assert cursor.selected == 1


def test_a_move_ends_at_the_first_and_last_row() -> None:
    cursor = cursor_on([1, 2, 3])
    assert cursor.move(99)
    assert cursor.selected == 3
    assert not cursor.move(2)
    assert cursor.move(-99)
    assert cursor.selected == 1


def test_a_changed_row_is_found_by_its_key() -> None:
    cursor: RowCursor[tuple[int, str]] = RowCursor(lambda row: row[0])
    cursor.replace([(1, "old"), (2, "old")], 0)
    cursor.move(1)
    cursor.replace([(2, "new"), (1, "new")], 0)
    assert cursor.selected == (2, "new")
    assert cursor.selected_key == 2


@given(ids, st.integers(0, 20), st.integers(0, 30))
def test_a_key_is_found_wherever_it_is(rows: list[int], key: int, near: int) -> None:
    assert cursor_on(rows).find(key, near) == (rows.index(key) if key in rows else None)
