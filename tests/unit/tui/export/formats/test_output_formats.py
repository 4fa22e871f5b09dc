"""The output formats by name."""

import pytest

from tests.support.sheets import column, sheet
from tui.export.formats.output_formats import OutputFormat, TableStyle, pieces

PRINTED = {
    "table": "ID      B\n1       é\n",
    "wide": "ID  B\n1   é\n",
    "name": "1\n",
    "json": '{"runs": [\n{"id": "1", "b": "\\u00e9"}\n]}\n',
    "ndjson": '{"id": "1", "b": "\\u00e9"}\n',
    "csv": "id,b\r\n1,é\r\n",
    "markdown": "| ID | B |\n| --- | --- |\n| 1 | é |\n",
}


@pytest.mark.parametrize("form", OutputFormat)
def test_each_format_prints_the_rows(form: OutputFormat) -> None:
    assert "".join(pieces(sheet({"id": "1", "b": "é"}), form, TableStyle(width=80))) == PRINTED[form]


def test_a_table_without_a_terminal_is_plain() -> None:
    printed = sheet({"id": "a b", "b": ""})
    for form in (OutputFormat.TABLE, OutputFormat.WIDE):
        assert "".join(pieces(printed, form, TableStyle(headers=False))) == "a_b  -\n"


def test_tables_can_be_in_ascii() -> None:
    style = TableStyle(width=80, ascii=True)
    assert "".join(pieces(sheet({"id": "●"}), OutputFormat.TABLE, style)) == "ID\n*\n"
    assert "".join(pieces(sheet({"id": "●"}), OutputFormat.CSV, style)) == "id\r\n●\r\n"


def test_ids_are_safe_for_terminals() -> None:
    assert "".join(pieces(sheet({"id": "a\x1b\nb"}), OutputFormat.NAME, TableStyle())) == "a␛␊b\n"


def test_formats_of_columns_and_of_fields_differ() -> None:
    assert [form.value for form in OutputFormat if form.has_fields] == ["json", "ndjson", "csv"]
    assert column("id").title == "ID"
