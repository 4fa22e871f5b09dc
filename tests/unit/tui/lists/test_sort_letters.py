"""Letters that sort by a column."""

from hypothesis import given
from hypothesis import strategies as st

from tui.lists.columns import Cell, Column, layout
from tui.lists.sort_letters import assign_letters


def letters(titles: list[str], used: str = "") -> dict[str, str]:
    """The letter of each title."""
    columns = [Column[str](title, title, 8, Cell, lambda row: row) for title in titles]
    places = layout(columns, 0, 1000)
    found = assign_letters(places, used)
    assert all(each.column_id[each.position] == each.letter for each in found)
    return {each.column_id: each.letter for each in found}


def test_a_column_has_the_first_free_letter_of_its_title() -> None:
    assert letters(["USER", "STATE", "TASKS"]) == {"USER": "U", "STATE": "S", "TASKS": "T"}
    assert letters(["USER", "STATE", "TASKS"], "ST") == {"USER": "U", "STATE": "A", "TASKS": "K"}


def test_a_column_gives_way_to_one_without_another_letter() -> None:
    assert letters(["NAME", "AGE"], "NGE") == {"NAME": "M", "AGE": "A"}
    assert letters(["AB", "A"]) == {"AB": "B", "A": "A"}


def test_as_few_columns_as_possible_give_way() -> None:
    assert letters(["AGE", "NAME / B", "STATE"], "STNGM") == {"AGE": "A", "NAME / B": "B", "STATE": "E"}


def test_less_important_columns_change_no_letter() -> None:
    columns = [
        Column[str]("error", "ERO", 8, Cell, lambda row: row),
        Column[str]("ended", "E", 8, Cell, lambda row: row, 1),
    ]
    assert [each.letter for each in assign_letters(layout(columns, 0, 80), "")] == ["E"]


def test_columns_without_letters_or_without_a_sort_key_have_none() -> None:
    assert letters(["✗", "#"]) == {}
    assert assign_letters(layout([Column[str]("a", "A", 8, Cell)], 0, 80), "") == []
    assert letters(["WAS CUT OFF: XYZ"], "WASCUTO") == {}


@given(st.lists(st.text("ABC", min_size=1, max_size=3), max_size=4, unique=True), st.text("ABC", max_size=2))
def test_letters_are_free_and_each_has_one_column(titles: list[str], used: str) -> None:
    found = letters(titles, used)
    assert len(set(found.values())) == len(found)
    assert set(found.values()).isdisjoint(used)
    free = {letter for title in titles for letter in title} - set(used)
    without = [title for title in titles if title not in found]
    assert all(set(title) & free <= set(found.values()) for title in without)


def test_numbers_come_first_and_ids_can_be_left_out() -> None:
    columns = [
        Column[str]("run", "RUN", 8, Cell, lambda row: row, has_letter=False),
        Column[str]("user", "USER", 8, Cell, lambda row: row),
        Column[str]("age", "UA", 8, Cell, lambda row: row, align="right"),
    ]
    found = assign_letters(layout(columns, 0, 80), "")
    assert {each.column_id: each.letter for each in found} == {"age": "U", "user": "S"}
