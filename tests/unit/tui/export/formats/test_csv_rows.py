"""Lists as CSV."""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sheets import sheet
from tui.export.formats.csv_rows import csv_lines
from tui.export.formats.sheet import Sheet
from tui.text.json_text import mask_secrets


def parsed(*rows: dict[str, Any]) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(csv_lines(sheet(*rows), headers=True)), newline="")))


def test_values_of_every_kind_are_cells() -> None:
    row = {"id": "1", "n": None, "b": True, "i": 5, "f": 0.5, "l": ["a", "b"], "d": {"k": 'v"'}, "s": 'a "b", c'}
    assert parsed(row) == [list(row), ["1", "", "true", "5", "0.5", '["a", "b"]', '{"k": "v\\""}', 'a "b", c']]


def test_lines_end_as_the_rfc_says() -> None:
    assert list(csv_lines(sheet({"id": "1", "s": 'a"b'}), headers=True)) == ["id,s\r\n", '1,"a""b"\r\n']
    assert list(csv_lines(sheet({"id": "1", "s": "a,b"}), headers=False)) == ['1,"a,b"\r\n']


def test_secrets_in_free_texts_are_masked() -> None:
    digest = "sha256:" + "ab" * 32
    row = {"id": digest, "args": ["--password", "hunter2"], "labels": {"api_key": "x1"}, "err": "token=abcdef123456"}
    assert parsed(row)[1] == [
        digest,
        '["--password", "[redacted]"]',
        '{"api_key": "[redacted]"}',
        "token=[redacted]",
    ]


def test_redact_masks_all_fields(request: pytest.FixtureRequest) -> None:
    row = {"id": "1", "state": "token=abcdef123456", "hosts": ["--password", "hunter2"], "password": "x9"}
    assert parsed(row)[1][1] == "token=abcdef123456"
    request.addfinalizer(lambda: mask_secrets(False))
    mask_secrets()
    assert parsed(row)[1] == ["1", "token=[redacted]", '["--password", "[redacted]"]', "[redacted]"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1+1"])
def test_a_text_that_a_spreadsheet_would_run_has_a_quote_before_it(text: str) -> None:
    (cell,) = parsed({"user": text})[1]
    assert cell.startswith("'")
    assert cell.endswith(text[-2:])


@pytest.mark.parametrize("text", ["", "a=1", "amy@example.com", "2026-11-01", "'=1"])
def test_other_texts_are_as_they_are(text: str) -> None:
    assert parsed({"user": text})[1] == [text]


@given(st.text())
def test_any_text_is_one_harmless_line(text: str) -> None:
    (line,) = csv_lines(sheet({"id": "1", "user": text}), headers=False)
    assert line.endswith("\r\n")
    assert all(char.isprintable() for char in line.removesuffix("\r\n"))


def test_long_texts_are_not_cut() -> None:
    assert parsed({"id": "1", "ident": "é" * 5000})[1][1] == "é" * 5000


class Endless(Sequence[dict[str, Any]]):
    """Rows that a list could not hold."""

    def __len__(self) -> int:
        return 1 << 40

    def __getitem__(self, index: Any) -> Any:
        return {"id": str(index)}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return ({"id": str(n)} for n in itertools.count())


def test_rows_are_encoded_one_by_one() -> None:
    endless = Sheet(name="runs", rows=Endless(), columns=(), id=str, record=lambda row: row, fields=["id"])
    assert list(itertools.islice(csv_lines(endless, headers=False), 3)) == ["0\r\n", "1\r\n", "2\r\n"]
