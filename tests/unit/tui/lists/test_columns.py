"""Layout of columns."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tui.lists.columns import GAP, Cell, Column, layout


def columns() -> st.SearchStrategy[list[Column[str]]]:
    column = st.builds(
        lambda width, priority, flex: (width, priority, flex), st.integers(1, 30), st.integers(0, 3), st.booleans()
    )
    return st.lists(column, min_size=1, max_size=8).map(
        lambda specs: [
            Column(str(index), "T", width, Cell, priority=priority, flex=flex)
            for index, (width, priority, flex) in enumerate(specs)
        ]
    )


@given(columns(), st.integers(1, 200))
def test_the_most_important_columns_fit(columns: list[Column[str]], width: int) -> None:
    places = layout(columns, 2, width)
    assert places
    assert places[0].x == 2
    assert all(right.x == left.x + left.width + GAP for left, right in pairwise(places))
    assert places[-1].x + places[-1].width <= 2 + width
    placed = [column for column, _, _ in places]
    assert placed == [column for column in columns if column in placed], "in their order"
    dropped = [column for column in columns if column not in placed]
    assert not dropped or min(column.priority for column in dropped) >= max(column.priority for column in placed)
    for column, _, wide in places:
        assert wide <= max(column.width, column.max_width)
        assert wide == column.width or column.flex or wide == width


def test_spare_room_is_shared_by_flex_columns_up_to_their_most() -> None:
    both = [Column[str]("x", "X", 5, Cell, flex=True), Column[str]("y", "Y", 5, Cell, flex=True, max_width=8)]
    assert [width for _, _, width in layout(both, 0, 12)] == [5, 5]
    assert [width for _, _, width in layout(both, 0, 17)] == [7, 8]
    assert [width for _, _, width in layout(both, 0, 99)] == [48, 8]
    assert [width for _, _, width in layout(both, 0, 300)] == [60, 8]
