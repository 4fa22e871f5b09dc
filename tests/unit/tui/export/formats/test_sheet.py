"""The fields and cells that formats print."""

from tests.support.sheets import Row, column, sheet
from tui.export.formats.sheet import plain_cell, shown_cell, titled
from tui.lists.columns import Cell, Column


def test_plain_cells_have_the_text_for_programs() -> None:
    bar: Column[Row] = Column("state", "", 4, lambda _: Cell("● up", "good"), plain=lambda row: row["word"])
    assert plain_cell(bar, {"word": "up"}) == Cell("up", "good")
    assert plain_cell(bar, {"word": ""}) == Cell("-", "good")
    assert shown_cell(bar, {}) == Cell("● up", "good")
    assert [each.id for each in titled([bar, column("id")])] == ["id"]


def test_values_are_the_chosen_fields() -> None:
    assert sheet({"a": 1, "b": 2}, fields=["b"]).values({"a": 3, "b": 4}) == {"b": 4}
