"""The fields and cells that formats print."""

from typing import Any

import pytest

from tests.support.sheets import Row, column, sheet
from tui.export.formats import sheet as module
from tui.export.formats.sheet import LONGEST, mask_record, plain_cell, shown_cell, titled
from tui.export.list_schemas import load_schema
from tui.lists.columns import Cell, Column


def test_plain_cells_have_the_text_for_programs() -> None:
    bar: Column[Row] = Column("state", "", 4, lambda _: Cell("● up", "good"), plain=lambda row: row["word"])
    assert plain_cell(bar, {"word": "up"}) == Cell("up", "good")
    assert plain_cell(bar, {"word": ""}) == Cell("-", "good")
    assert shown_cell(bar, {}) == Cell("● up", "good")
    assert [each.id for each in titled([bar, column("id")])] == ["id"]


def test_values_are_the_chosen_fields() -> None:
    assert sheet({"a": 1, "b": 2}, fields=["b"]).values({"a": 3, "b": 4}) == {"b": 4}


_SECRET = "https://amy:hunter2x@h/"
# The string ids that commands take stay whole, and the kinds of errors are our own.
_OWN = {"pool", "pools", "alloc", "err_kind"}


def is_free_text(facts: dict[str, Any]) -> bool:
    """Return whether the schema of a field permits any text."""
    if {"enum", "pattern", "format"} & facts.keys():
        return False
    types = facts.get("type", "string")
    inner = facts.get("items") or facts.get("additionalProperties")
    if inner is not None:
        return any(map(is_free_text, inner.get("properties", {"": inner}).values()))
    return "string" in ([types] if isinstance(types, str) else types)


@pytest.mark.parametrize("name", ["runs", "tasks", "pools", "failures"])
def test_secrets_are_masked_in_every_field_that_may_hold_any_text(name: str) -> None:
    fields = load_schema(name)["$defs"][name.removesuffix("s")]["properties"]
    free = {field for field, facts in fields.items() if is_free_text(facts)} - _OWN - {"tasks"}
    assert {"runs": "labels", "tasks": "host", "pools": "cluster_name", "failures": "explanation"}[name] in free
    record = {field: [_SECRET] if fields[field]["type"] == "array" else _SECRET for field in fields}
    masked = mask_record(record)
    assert {field for field in fields if "hunter2x" not in repr(masked[field])} - {"id", "type"} == free - {"id"}


def test_no_more_of_a_long_text_is_searched_for_secrets_than_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def redact(text: str) -> str:
        searched.append(len(text))
        return text

    monkeypatch.setattr(module, "redact", redact)
    long: Column[Row] = Column("args", "ARGS", 4, lambda row: Cell(row["args"], "good"))
    for cell in (shown_cell, plain_cell):
        assert len(cell(long, {"args": "x" * 1_000_000}).text) == searched.pop() == 2 * LONGEST
