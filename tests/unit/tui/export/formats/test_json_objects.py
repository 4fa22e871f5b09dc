"""Lists as JSON and NDJSON."""

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.sheets import sheet
from tests.unit.tui.export.formats.test_csv_rows import Endless
from tui.export.formats.json_objects import json_pieces, ndjson_pieces
from tui.export.formats.sheet import Sheet

ROWS = st.lists(st.fixed_dictionaries({"id": st.text(), "n": st.none() | st.integers() | st.text()}), max_size=4)


@given(ROWS)
def test_both_formats_hold_the_rows(rows: list[dict[str, Any]]) -> None:
    printed = sheet(*rows, head={"as_of": "now"})
    document = "".join(json_pieces(printed))
    assert json.loads(document) == {"as_of": "now", "runs": rows}
    assert document.isascii()
    assert [json.loads(line) for line in "".join(ndjson_pieces(printed)).splitlines()] == rows


def test_a_document_has_a_row_in_each_line() -> None:
    assert "".join(json_pieces(sheet({"id": "1"}, {"id": "2"}))) == '{"runs": [\n{"id": "1"},\n{"id": "2"}\n]}\n'
    assert "".join(json_pieces(sheet())) == '{"runs": []}\n'


def test_nested_rows_are_encoded_one_by_one() -> None:
    printed = sheet({"id": "1"}, nested=("tasks", lambda _: iter([{"n": 1}, {"n": 2}])))
    assert json.loads("".join(json_pieces(printed))) == {"runs": [{"id": "1", "tasks": [{"n": 1}, {"n": 2}]}]}
    assert json.loads("".join(ndjson_pieces(printed))) == {"id": "1", "tasks": [{"n": 1}, {"n": 2}]}
    endless = sheet({"id": "1"}, fields=[], nested=("tasks", lambda _: ({"n": n} for n in itertools.count())))
    assert "".join(itertools.islice(ndjson_pieces(endless), 3)) == '{"tasks": [{"n": 0}, {"n": 1}'


def test_rows_are_encoded_one_by_one() -> None:
    endless = Sheet(name="runs", rows=Endless(), columns=(), id=str, record=lambda row: row, fields=["id"])
    for form in (json_pieces, ndjson_pieces):
        assert '{"id": "2"}' in "".join(itertools.islice(form(endless), 8))


def test_only_chosen_fields_are_printed_in_their_order() -> None:
    assert "".join(ndjson_pieces(sheet({"a": 1, "b": 2, "c": 3}, fields=["c", "a"]))) == '{"c": 3, "a": 1}\n'
