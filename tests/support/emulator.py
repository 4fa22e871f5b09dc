"""A terminal emulator for the sequences that Textual writes: text, positions and styles."""

import re

from rich.cells import get_character_cell_size

TOKEN = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|\x1b\]8;[^;]*;(.*?)\x1b\\|(\n)|(.)", re.DOTALL)

# The character with its marks, the colours and attributes, the link. The second cell of a wide character has no text.
Cell = tuple[str, frozenset[tuple[str, str]], str]


class Emulator:
    """The content of each cell after everything that was written."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], Cell] = {}

    def feed(self, written: str) -> None:
        """Take what an app writes. Every write starts plain, and at the top left."""
        x = y = 0
        style: dict[str, str] = {}
        link = ""
        for row, column, codes, url, newline, char in TOKEN.findall(written):
            if char:
                x = self._put(x, y, (char, frozenset(style.items()), link))
            elif row:
                x, y = int(column) - 1, int(row) - 1
            elif newline:
                x, y = 0, y + 1
            elif codes:
                _set(style, codes)
            else:
                link = url

    def _put(self, x: int, y: int, cell: Cell) -> int:
        char, style, link = cell
        wide = get_character_cell_size(char)
        if wide == 0:
            base = x - 1 if self.cells[x - 1, y][0] else x - 2
            text, style, link = self.cells[base, y]
            self.cells[base, y] = text + char, style, link
        else:
            self.cells[x, y] = cell
            if wide == 2:
                self.cells[x + 1, y] = "", style, link
        return x + wide


def _set(style: dict[str, str], codes: str) -> None:
    for code in re.findall(r"[34]8;(?:2;\d+;\d+;\d+|5;\d+)|\d+", codes):
        if code == "0":
            style.clear()
        elif code[0] == "3" or (code[0] == "9" and len(code) > 1):
            style["color"] = code
        elif code[0] in "41" and len(code) > 1:
            style["background"] = code
        else:
            style[code] = code
