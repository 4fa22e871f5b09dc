import pytest

from tui.lists.columns import Cell, Column
from tui.lists.sort_order import parse_order, step_order


def column(id: str, title: str, *, is_number: bool = False) -> Column[int]:
    return Column(id, title, 5, lambda row: Cell(str(row)), lambda row: row, align="right" if is_number else "left")


COLUMNS = [
    column("run", "RUN"),
    Column[int]("bar", "", 5, lambda row: Cell(str(row))),
    column("failed", "FAIL", is_number=True),
]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("run", ("run", False)),
        ("fail", ("failed", True)),
        (" FAILED  asc ", ("failed", False)),
        ("run desc", ("run", True)),
        ("default", None),
    ],
)
def test_a_column_is_named_by_id_or_title_with_a_direction(text: str, order: tuple[str, bool] | None) -> None:
    assert parse_order(text, COLUMNS) == order


@pytest.mark.parametrize("text", ["bar", "up", "run sideways"])
def test_an_unknown_column_is_refused_with_the_possible_words(text: str) -> None:
    with pytest.raises(ValueError, match=f"no column '{text}' to sort by: use run, failed, default"):
        parse_order(text, COLUMNS)


def test_steps_go_over_the_columns_and_the_default_order() -> None:
    order, seen = None, []
    for _ in range(3):
        order = step_order(COLUMNS, order, 1)
        seen.append(order)
    assert seen == [("run", False), ("failed", True), None]
    assert step_order(COLUMNS, None, -1) == ("failed", True)


def test_a_step_from_a_column_that_is_not_shown_begins_at_the_first_one() -> None:
    assert step_order(COLUMNS, ("hidden", True), 1) == ("run", False)
