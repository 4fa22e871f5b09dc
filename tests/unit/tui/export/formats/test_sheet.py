"""The fields and cells that formats print."""

import pytest

from tests.support.sheets import Row, column, sheet
from tui.export.formats import sheet as module
from tui.export.formats.sheet import LONGEST, plain_cell, shown_cell, titled
from tui.lists.columns import Cell, Column


def test_plain_cells_have_the_text_for_programs() -> None:
    bar: Column[Row] = Column("state", "", 4, lambda _: Cell("● up", "good"), plain=lambda row: row["word"])
    assert plain_cell(bar, {"word": "up"}) == Cell("up", "good")
    assert plain_cell(bar, {"word": ""}) == Cell("-", "good")
    assert shown_cell(bar, {}) == Cell("● up", "good")
    assert [each.id for each in titled([bar, column("id")])] == ["id"]


def test_values_are_the_chosen_fields() -> None:
    assert sheet({"a": 1, "b": 2}, fields=["b"]).values({"a": 3, "b": 4}) == {"b": 4}


def test_no_more_of_a_long_text_is_searched_for_secrets_than_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def redact(text: str) -> str:
        searched.append(len(text))
        return text

    monkeypatch.setattr(module, "redact", redact)
    long: Column[Row] = Column("args", "ARGS", 4, lambda row: Cell(row["args"], "good"))
    for cell in (shown_cell, plain_cell):
        assert len(cell(long, {"args": "x" * 1_000_000}).text) == searched.pop() == 2 * LONGEST
