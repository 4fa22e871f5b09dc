"""Layout of columns."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tui.lists.columns import GAP, Cell, Column, layout, select_columns


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


def test_columns_are_comfortable_before_less_important_ones_are_shown() -> None:
    ident = Column[str]("ident", "IDENT", 5, Cell, flex=True, comfort=10)
    host = Column[str]("host", "HOST", 4, Cell, priority=1, comfort=8)
    digest = Column[str]("digest", "DIGEST", 8, Cell, priority=2)
    shown = {
        width: [(column.id, wide) for column, _, wide in layout([digest, ident, host], 0, width)]
        for width in (11, 15, 16, 20, 29, 30, 32)
    }
    assert shown == {
        11: [("ident", 11)],
        15: [("ident", 15)],
        16: [("ident", 10), ("host", 4)],
        20: [("ident", 10), ("host", 8)],
        29: [("ident", 19), ("host", 8)],
        30: [("digest", 8), ("ident", 10), ("host", 8)],
        32: [("digest", 8), ("ident", 12), ("host", 8)],
    }


def test_chosen_columns_are_dropped_from_the_right() -> None:
    columns = [Column[str](id, id, 4, Cell, priority=priority) for id, priority in (("a", 0), ("b", 9), ("c", 1))]
    chosen = select_columns(columns, ["b", "c", "a"])
    assert [column.id for column, _, _ in layout(chosen, 0, 10)] == ["b", "c"]
    assert [column.id for column in select_columns(columns, [])] == ["a", "b", "c"]


def test_numbers_start_descending() -> None:
    assert Column[str]("n", "N", 4, Cell, align="right").starts_descending
    assert Column[str]("n", "N", 4, Cell, descends=True).starts_descending
    assert not Column[str]("n", "N", 4, Cell).starts_descending
