"""Lists as Markdown."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.sheets import column, sheet
from tui.export.formats.markdown_table import markdown_lines


def test_a_list_is_a_table() -> None:
    columns = [column("id"), column("n", align="right")]
    assert list(markdown_lines(sheet({"id": "a b", "n": "5"}, columns=columns), headers=True)) == [
        "| ID | N |",
        "| --- | ---: |",
        "| a b | 5 |",
    ]
    assert list(markdown_lines(sheet({"id": "a", "n": ""}), headers=False)) == ["| a | - |"]


def test_markup_is_escaped() -> None:
    (line,) = markdown_lines(sheet({"id": "a|b\n<script> `x` [y](z) \\|", "n": "*_"}), headers=False)
    assert line == r"| a\|b \<script\> \`x\` \[y\](z) \\\| | \*\_ |"


def test_secrets_are_masked() -> None:
    (line,) = markdown_lines(sheet({"error": "password=hunter2"}), headers=False)
    assert line == r"| password=\[redacted\] |"


@given(st.text())
def test_any_text_stays_in_its_cell(text: str) -> None:
    (line,) = markdown_lines(sheet({"id": text, "n": "1"}), headers=False)
    assert line.isprintable()
    assert line.replace(r"\\", "").replace(r"\|", "").count("|") == 3
