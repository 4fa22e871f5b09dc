"""Layout of columns, and which parts of a line are drawn again."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from tui.lists.columns import Cell, Column, layout
from tui.text.safe import safe
from tui.widgets.table_line import BLANK, LEFT, RIGHT, TableLine, changed, header_line, row_line, runs, thumb

COLUMNS = [
    Column[str]("a", "A", 4, lambda row: Cell(row, "critical")),
    Column[str]("b", "B", 6, Cell, flex=True, max_width=20),
    Column[str]("c", "C", 3, Cell, align="right"),
]


PLACES = layout(COLUMNS, LEFT, 40 - LEFT - RIGHT)


def test_a_line_is_as_few_pieces_as_possible() -> None:
    assert list(runs(row_line(PLACES, "é", cursor=False, thumb=False), PLACES, 40)) == [
        ("  é     ", "critical"),
        ("é                       é" + " " * 7, ""),
    ]
    assert list(runs(row_line(PLACES, "abcdefgh", cursor=True, thumb=True), PLACES, 40)) == [
        ("▸ ", "cursor"),
        ("abc…  ", "cursor-critical"),
        ("abcdefgh              ab…      ▐", "cursor"),
    ]
    assert list(runs(row_line(PLACES, "界", cursor=False, thumb=False), PLACES, 40)) == [
        ("  界", "critical"),
        ("    界", ""),
        (" " * 21 + "界", ""),
        (" " * 7, ""),
    ]
    assert list(runs(BLANK, PLACES, 40)) == [(" " * 40, "")]


def test_a_cell_has_parts_with_styles_of_their_own_while_all_of_it_fits() -> None:
    bar = Cell("━━×", "muted", (("━━", "muted"), ("×", "critical")))
    column = Column[str]("a", "A", 3, lambda _: bar)
    whole, cut = (layout([column], LEFT, width) for width in (3, 2))
    assert list(runs(row_line(whole, "", cursor=False, thumb=False), whole, 6)) == [
        ("  ━━", "muted"),
        ("× ", "critical"),
    ]
    assert list(runs(row_line(whole, "", cursor=True, thumb=False), whole, 6)) == [
        ("▸ ━━", "cursor"),
        ("× ", "cursor-critical"),
    ]
    assert list(runs(row_line(cut, "", cursor=False, thumb=False), cut, 5)) == [("  ━… ", "muted")]
    other = Cell("━×━", "muted", (("━", "muted"), ("×", "critical"), ("━", "muted")))
    assert changed(TableLine((bar,)), TableLine((other,)), whole, 6) == [(2, 5)]


@given(st.text(), st.booleans(), st.booleans(), st.integers(LEFT + RIGHT, 90))
def test_a_line_is_as_wide_as_the_table(text: str, cursor: bool, thumb: bool, width: int) -> None:
    places = layout(COLUMNS, LEFT, width - LEFT - RIGHT)
    line = row_line(places, text, cursor=cursor, thumb=thumb)
    assert sum(cell_len(text) for text, _ in runs(line, places, width)) == width


def test_titles_show_the_order() -> None:
    assert [cell.text for cell in header_line(PLACES, "c", reverse=False).cells] == ["A", "B", "C↑"]
    assert [cell.text for cell in header_line(PLACES, "a", reverse=True).cells] == ["A↓", "B", "C"]
    long = layout([Column[str]("a", "STARTED", 4, Cell)], 0, 40)
    assert header_line(long, "a", reverse=True).cells == (Cell("STA…↓"),)


@pytest.mark.parametrize(
    ("before", "now", "spans"),
    [
        ("a b c", "a b c", []),
        ("a b c", "bcd b c", [(2, 5)]),
        ("bcd b c", "a b c", [(2, 5)]),
        ("a b c", "a b dd", [(31, 33)]),
        ("a b c", "a bcdef c", [(8, 13)]),
        ("a b c", "b b d", [(2, 3), (32, 33)]),
        ("a b c", "b c c", [(2, 9)]),
        ("a 1m42s c", "a 1m41s c", [(11, 12)]),
        ("a ██▌··· c", "a ███··· c", [(10, 11)]),
        ("a 界aa c", "a 界ab c", [(8, 12)]),
        ("a b 101", "a b 111", [(31, 32)]),
    ],
)
def test_only_differences_are_drawn(before: str, now: str, spans: list[tuple[int, int]]) -> None:
    old, new = (TableLine(tuple(map(Cell, texts.split()))) for texts in (before, now))
    assert changed(old, new, PLACES, 40) == spans


def test_other_differences_of_lines() -> None:
    line = row_line(PLACES, "a", cursor=False, thumb=False)
    styled = (*line.cells[:1], Cell("a", "critical"), *line.cells[2:])
    assert changed(line, line._replace(cells=styled), PLACES, 40) == [(PLACES[1].x, PLACES[1].x + 1)]
    assert changed(line, line._replace(thumb=True), PLACES, 40) == [(39, 40)]
    assert changed(line, line._replace(style="cursor"), PLACES, 40) == [(0, 40)]
    assert changed(line, BLANK, PLACES, 40) == [(0, 40)]


@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_spans_cover_all_that_differs(before: tuple[str, str, str], now: tuple[str, str, str]) -> None:
    def cells(texts: tuple[str, str, str]) -> list[str]:
        # A wide character stands in two cells.
        written = "".join(text for text, _ in runs(lines[texts], PLACES, 40))
        return [char for char in written for _ in range(get_character_cell_size(char))]

    lines = {
        texts: TableLine(tuple(Cell(safe(text, wide)) for text, (_, _, wide) in zip(texts, PLACES, strict=True)))
        for texts in (before, now)
    }
    spans = changed(lines[before], lines[now], PLACES, 40)
    covered = {x for start, end in spans for x in range(start, end)}
    differing = {x for x, (old, new) in enumerate(zip(cells(before), cells(now), strict=True)) if old != new}
    assert differing <= covered


@pytest.mark.parametrize(
    ("rows", "top", "where"),
    [
        (10, 0, range(0)),
        (11, 0, range(9)),
        (11, 1, range(1, 10)),
        (1000, 0, range(1)),
        (1000, 500, range(4, 5)),
        (1000, 990, range(9, 10)),
    ],
)
def test_thumb(rows: int, top: int, where: range) -> None:
    assert thumb(10, rows, top) == where


def test_a_mark_ends_with_its_text() -> None:
    """Blanks take the style of what is before them, but a mark can be seen on blanks."""
    places = layout(
        [Column[str]("a", "A", 8, lambda _: Cell("align")), Column[str]("b", "B", 4, lambda _: Cell("amy"))], 2, 16
    )
    line = row_line(places, "", cursor=False, thumb=False)
    assert list(runs(line, places, 18, lambda _: re.compile("align"))) == [
        ("  ", ""),
        ("align", "mark"),
        ("     amy   ", ""),
    ]
