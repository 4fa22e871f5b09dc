"""Colours at the start of lines, from the lines before."""

from typing import Any

import pytest

from store.logs.log import Page
from tui.logs import line_store
from tui.logs.line_pens import LinePens
from tui.logs.line_store import LineStore
from tui.logs.sgr import PLAIN, Pen

RED: Pen = (("color", "color(1)"),)
GREEN: Pen = (("color", "color(2)"),)


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_store, "_MOST_LINES", 3)


def pens(blocks: LineStore) -> list[Any]:
    found = LinePens(blocks)
    return [found.pen(number) for number in range(blocks.first, blocks.end)]


@pytest.fixture
def blocks() -> LineStore:
    return LineStore()


def test_a_colour_lasts_until_it_is_reset(blocks: LineStore) -> None:
    blocks.append(Page(b"a\n\x1b[31mb\nc\nd\ne\x1b[0m\nf\n"))
    assert pens(blocks) == [PLAIN, PLAIN, RED, RED, RED, PLAIN]


def test_lines_of_later_pages_start_with_the_colour_of_earlier_ones(blocks: LineStore) -> None:
    blocks.append(Page(b"\x1b[31ma\n" + b"b\n" * 7))
    blocks.append(Page(b"c\n\x1b[md\ne\n"))
    assert pens(blocks) == [PLAIN, *[RED] * 9, PLAIN]


def test_a_page_that_is_read_later_colours_the_lines_after_it(blocks: LineStore) -> None:
    blocks.prepend(Page(b"x\nc\nd\n"))
    found = LinePens(blocks)
    assert found.pen(blocks.end - 1) == PLAIN
    blocks.prepend(Page(b"\x1b[32ma\nb\n"))
    blocks.finish(head=True)
    assert [found.pen(number) for number in range(blocks.first, blocks.end)] == [PLAIN, *[GREEN] * 4]


def test_the_colour_of_a_line_is_not_searched_for_without_end(
    blocks: LineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks.append(Page(b"\x1b[31ma\n" + b"b\n" * 59))
    read: list[int] = []
    text = blocks.text

    def read_text(number: int) -> bytes:
        read.append(number)
        return text(number)

    monkeypatch.setattr(blocks, "text", read_text)
    assert LinePens(blocks).pen(59) == PLAIN
    assert len(read) == 9
    assert LinePens(blocks).pen(20) == RED
