r"""The text of a line of a log: the same for drawing, `/`, `&`, `--grep` and levels.

Programs write for terminals. A line is shown as a terminal would leave it: colours become styles, `\r` and backspaces
overwrite, a link is its text, and sequences that only move or tidy up are dropped. Other control characters stay in
the text, and become visible where it is made safe. `raw` text has all of them.
"""

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size
from rich.style import Style

from tui.logs.sgr import PLAIN, Pen, changed, style_of
from tui.text.safe import safe
from tui.text.safe_text import SafeText

_TAB = 8
# A column that a sequence can move to. A few bytes must not make a line of a million blanks.
_MOST_COLUMNS = 1000

_BEFORE_TEXT = (b"\x1b", b"\xef", b"\0", b"\xfe", b"\r")  # a sequence, byte order marks, UTF-16
_START = 200  # bytes

_PRINTABLE = r"[^\x00-\x1f\x7f]"
_END = r"(?:\x07|\x1b\\)"  # of an OSC
# Sequences without danger and without text. Others stay visible: a log that sets the clipboard or asks the terminal
# something is worth a look.
_TOKEN = re.compile(
    r"\x1b\[(?P<numbers>[0-9;:]{0,60})(?P<final>[A-HJKLMPSTXZ@bd-gmrsu])"
    r"|\x1b\[\?(?:1|[3-8]|12|25|45|69|1004|2004|2026|2031|2048)[hl]"  # cursor, wrapping, pasting, synchronized output
    r"|\x1b\[[?>][0-9;:]{0,60}m|\x1b\[[0-9]{0,3} q"  # keys, the shape of the cursor
    rf"|\x1b\]8;{_PRINTABLE}{{0,4000}}?{_END}"  # the start or the end of a link
    rf"|\x1b\](?:[0127]|133|633|9;4|1337;(?:CurrentDir|RemoteHost|SetMark|ShellIntegrationVersion))(?![0-9])"
    rf"{_PRINTABLE}{{0,4000}}?{_END}"  # the title, the folder, marks of shells, progress
    r"|\x1b[()*+][0-9A-Za-z<=>]|\x1b[78=>]"  # character sets, keypad, saved cursor
    r"|[\x0e\x0f\r\x08]"
)
_MOVES = re.compile(r"[\r\x08]|\x1b\[[0-9;:]{0,60}(?:[CDEFGHf]|2K)")
_SPECIAL = re.compile(r"[\x1b\x0e\x0f\r\x08]")


class Piece(NamedTuple):
    """Safe text in one style."""

    text: SafeText
    style: Style


class _Run(NamedTuple):
    """Text in one style, not yet safe."""

    text: str
    pen: Pen


def decode(data: bytes) -> str:
    r"""Return the text of a line: UTF-8, or UTF-16 of Latin letters; without a byte order mark and a final `\r`."""
    text = (_decode_utf16(data) if b"\0" in data else None) or data.decode("utf-8", "replace")
    return text.removeprefix("\ufeff").rstrip("\r")


def _decode_utf16(data: bytes) -> str | None:
    """Return the text of a line of UTF-16, which `\\n` has split between two bytes; None if it is none."""
    half = len(data) // 2
    for zeros, encoding in ((0, "utf-16-be"), (1, "utf-16-le")):
        if half > 1 and data[zeros::2].count(0) >= 0.8 * half and (len(data) % 2 == 0 or not data[-1]):
            return data[: 2 * half].decode(encoding, "replace")
    return None


def plain(data: bytes, *, raw: bool = False) -> str:
    """Return a line as it is matched: as it is drawn, without colours."""
    text = decode(data)
    return text if raw or not _SPECIAL.search(text) else _without_sequences(text)


def start_of(data: bytes) -> bytes:
    """Return the start of a line as it is drawn, in which to look for a time and a level."""
    if data[:1] in _BEFORE_TEXT or data[1:2] == b"\0":
        return plain(data[:_START]).encode()
    return data


def plain_lines(data: bytes, *, raw: bool = False) -> list[str]:
    """Return `plain` of each of the lines in `data`; much faster than one by one."""
    if b"\0" in data or raw:
        return [plain(line, raw=raw) for line in data.split(b"\n")]
    text = data.decode("utf-8", "replace")
    if "\ufeff" not in text and not _SPECIAL.search(text):
        return text.split("\n")
    lines = (line.removeprefix("\ufeff").rstrip("\r") for line in text.split("\n"))
    return [_without_sequences(line) if _SPECIAL.search(line) else line for line in lines]


def pieces(data: bytes, limit: int, pen: Pen = PLAIN, *, raw: bool = False) -> Iterator[Piece]:
    """Yield the pieces of a line that starts with `pen`, cut after about `limit` cells."""
    text = decode(data)
    column = 0
    for run in [_Run(text, PLAIN)] if raw else _runs(text, pen):
        if run.text:
            shown = safe(_without_tabs(run.text, column), max(1, limit - column))
            yield Piece(shown, style_of(run.pen))
            column += cell_len(shown)
            if column >= limit:
                return


def _without_sequences(text: str) -> str:
    if not _MOVES.search(text):
        return _TOKEN.sub("", text)
    return "".join(run.text for run in _runs(text, PLAIN))


def _runs(text: str, pen: Pen) -> list[_Run]:
    """Return the text that a terminal would leave, in pieces of one style."""
    if not _SPECIAL.search(text):
        return [_Run(text, pen)]
    line: _Appended | _Overwritten = _Overwritten() if _MOVES.search(text) else _Appended()
    place = 0
    for token in _TOKEN.finditer(text):
        line.write(text[place : token.start()], pen)
        place = token.end()
        if token["final"] == "m":
            pen = changed(pen, token["numbers"])
        else:
            line.control(token)
    line.write(text[place:], pen)
    return line.runs()


class _Appended:
    """The text of a line in which nothing overwrites anything."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def write(self, text: str, pen: Pen) -> None:
        if text:
            self._runs.append(_Run(text, pen))

    def control(self, token: re.Match[str]) -> None:
        """Ignore a sequence: without movement, there is nothing to erase."""

    def runs(self) -> list[_Run]:
        return self._runs


class _Overwritten:
    """The cells of a line of a terminal."""

    def __init__(self) -> None:
        self._cells: list[str] = []  # a character with its marks; the second cell of a wide one is empty
        self._pens: list[Pen] = []
        self._at = 0

    def write(self, text: str, pen: Pen) -> None:
        if not text:
            return
        cells = _cells(_without_tabs(text, self._at))
        if missing := max(0, self._at - len(self._cells)):
            self._cells += " " * missing
            self._pens += [PLAIN] * missing
        end = self._at + len(cells)
        self._cells[self._at : end] = cells
        self._pens[self._at : end] = [pen] * len(cells)
        self._at = end

    def control(self, token: re.Match[str]) -> None:
        if token.group() == "\r":
            self._at = 0
        elif token.group() == "\b":
            self._at = max(0, self._at - 1)
        elif token["final"]:
            self._move(token["final"], [int(each or 0) for each in re.split("[;:]", token["numbers"])[:2]])

    def _move(self, final: str, numbers: list[int]) -> None:
        count = max(1, numbers[0])
        if final in "EF":
            self._at = 0
        elif final == "D":
            self._at = max(0, self._at - count)
        elif final == "C":
            self._at = max(self._at, min(self._at + count, _MOST_COLUMNS))
        elif final == "G":
            self._at = min(count, _MOST_COLUMNS) - 1
        elif final in "Hf":
            self._at = min(max(1, *numbers[1:]), _MOST_COLUMNS) - 1 if numbers[1:] else 0
        elif final not in "JK":
            return
        elif numbers[0] == 0 or (final == "K" and numbers[0] == 2):  # erased screens leave the line readable
            first = 0 if numbers[0] else self._at
            del self._cells[first:], self._pens[first:]

    def runs(self) -> list[_Run]:
        groups = itertools.groupby(range(len(self._cells)), key=self._pens.__getitem__)
        runs = [_Run("".join(self._cells[number] for number in numbers), pen) for pen, numbers in groups]
        while runs and not (text := runs[-1].text.rstrip(" ")):
            runs.pop()
        return [*runs[:-1], _Run(text, runs[-1].pen)] if runs else []


def _cells(text: str) -> list[str]:
    if text.isascii():
        return list(text)
    cells: list[str] = []
    for char in text:
        width = get_character_cell_size(char)
        if cells and not width:
            cells[-1 if cells[-1] or len(cells) < 2 else -2] += char
        else:
            cells += [char, ""] if width == 2 else [char]
    return cells


def _without_tabs(text: str, column: int) -> str:
    if "\t" not in text:
        return text
    before = column % _TAB
    return (" " * before + text).expandtabs(_TAB)[before:]
