"""Lines of logs as they are drawn and matched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from store.logs.runlog import Level, head
from tui.logs.line_text import decode, pieces, plain, plain_lines, start_of
from tui.logs.sgr import Pen

PLAIN = Style.null()
RED = Style(color="color(1)")
RGB = Style(color="rgb(1,2,3)")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a\x1b[31mb\x1b[0mc", [("a", PLAIN), ("b", RED), ("c", PLAIN)]),
        (
            "\x1b[31;1mb\x1b[22mc\x1b[39md",
            [("b", RED + Style(bold=True)), ("c", RED), ("d", PLAIN)],
        ),
        ("\x1b[38;5;200ma", [("a", Style(color="color(200)"))]),
        ("\x1b[48;2;1;2;3ma", [("a", Style(bgcolor="rgb(1,2,3)"))]),
        ("\x1b[92;103ma", [("a", Style(color="color(10)", bgcolor="color(11)"))]),
        ("\x1b[38:2::1:2:3ma\x1b[48:5:7mb", [("a", RGB), ("b", RGB + Style(bgcolor="color(7)"))]),
        ("\x1b[38:2:1:2:3ma\x1b[39mb", [("a", RGB), ("b", PLAIN)]),
        ("\x1b[4:3;58;5;1ma\x1b[4:0mb", [("a", Style(underline=True)), ("b", PLAIN)]),
        ("\x1b[38;5;mx", [("x", Style(color="color(0)"))]),
        ("\x1b[?25lx\x1bP1;q\x1b\\\x1b_y", [("x␛P1;q␛\\␛_y", PLAIN)]),
        ("10%\r20%", [("20%", PLAIN)]),
        (f"\x1b[{'1;' * 40}mx", [(f"␛[{'1;' * 40}mx", PLAIN)]),
        ("\x1b[44;7ma\x1b[m", [("a", Style(bgcolor="color(4)", reverse=True))]),
        ("\x1b[38;5;999ma\x1b[38ma\x1b[38;9;1mb", [("a", PLAIN), ("a", PLAIN), ("b", PLAIN)]),
        ("\x1b[8mhidden\x1b[5mblinks", [("hidden", PLAIN), ("blinks", PLAIN)]),
        ("\x1b[31", [("␛[31", PLAIN)]),
        ("\x1b[2J\x1b]0;t\x07\x1b]52;c;x\x07", [("␛]52;c;x␇", PLAIN)]),
        ("a\tb\x1b[31m\tc", [("a       b", PLAIN), ("       c", RED)]),
        ("", []),
    ],
)
def test_colours_are_kept_and_nothing_else(line: str, expected: list[tuple[str, Style]]) -> None:
    assert list(pieces(line.encode(), 100)) == expected


@given(st.text(st.sampled_from("\x1b[]0123456789;:m\tab界\u202e\x9b\r\x07")), st.integers(1, 40))
def test_everything_drawn_is_printable(line: str, limit: int) -> None:
    text = "".join(text for text, _ in pieces(line.encode(), limit))
    assert text.isprintable()
    assert cell_len(text) <= limit


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # Colours of grep and gcc, which erase to the end of the line after each.
        (b"\x1b[01m\x1b[Kx.c:1: \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kunknown", "x.c:1: error: unknown"),
        (b"see \x1b]8;;http://e.vil/x\x1b\\the docs\x1b]8;;\x1b\\ now", "see the docs now"),
        (b"see \x1b]8;id=1;http://e.vil/x\x07the docs\x1b]8;;\x07 now", "see the docs now"),
        (b"\x1b[1mbold\x1b(B\x1b[m plain\x0f", "bold plain"),  # tput
        (b"\x1b]0;user@host\x07$ ls", "$ ls"),
        (b"\x1b]133;A\x1b\\$ ls\x1b]133;C\x1b\\", "$ ls"),
        (b"\x1b]9;4;1;50\x1b\\building", "building"),
        (b"\x1b[?25lhidden\x1b[?2026h\x1b[>4;2m\x1b[2 q\x1b7\x1b8\x1b=", "hidden"),
        # Progress bars.
        (b"  1% done\r 50% done\r100% done", "100% done"),
        (b"\r1%\r2%\r", "2%"),
        (b"long text\rdone\x1b[K", "done"),
        (b"long text\rdone", "done text"),
        (b"long text\x1b[2K\rdone", "done"),
        (b"Pulling 1\x1b[1A\x1b[2K\rPulling 2\x1b[1B", "Pulling 2"),
        (b"10%\x1b[1G20%\x1b[0K", "20%"),
        (b"10%\x1b[3D20%", "20%"),
        (b"10%\x08\x08\x0820%", "20%"),
        (b"a\x1b[5Cb\x1b[3Gc", "a c   b"),
        (b"before\x1b[H\x1b[2Jtop", "topore"),
        (b"text\x1b[2J", "text"),
        (b"N\x08NA\x08AM\x08ME\x08E _\x08a", "NAME a"),  # bold and underlined in manuals
        ("\u754c\u754c\r\u754c1".encode(), "\u754c1"),
        ("e\u0301\u754c\rE".encode(), "E\u754c"),
        (b"a\tb\rc", "c       b"),
        # Encodings.
        (b"\xef\xbb\xbfERROR x\r", "ERROR x"),
        ("\ufeffERROR \xe9".encode("utf-16-le"), "ERROR \xe9"),
        (b"\0" + "ERROR \xe9".encode("utf-16-le"), "ERROR \xe9"),
        ("ERROR x\r".encode("utf-16-be") + b"\0", "ERROR x"),
        (b"a\0b", "a\0b"),
        (b"a\0b\0c", "a\0b\0c"),
        (b"\xe9t\xe9", "\ufffdt\ufffd"),
        # Sequences that ask or set something stay visible.
        (b"\x1b[6n\x1b[c\x1bc\x1b[?1049h\x1b]52;c;x\x07", "\x1b[6n\x1b[c\x1bc\x1b[?1049h\x1b]52;c;x\x07"),
        (b"\x1b]10;?\x07\x1b]8;;http://unterminated", "\x1b]10;?\x07\x1b]8;;http://unterminated"),
        (b"\x1b[999999999Cx", " " * 1000 + "x"),
    ],
)
def test_a_line_reads_as_a_terminal_leaves_it(line: bytes, expected: str) -> None:
    assert plain(line) == expected
    assert plain_lines(b"before\n" + line + b"\nafter") == ["before", expected, "after"]


def test_overwritten_text_keeps_its_colours() -> None:
    red, bold = Style(color="color(1)"), Style(bold=True)
    assert list(pieces(b"\x1b[31mred\x1b[0m text\r\x1b[1mR", 80)) == [("R", bold), ("ed", red), (" text", PLAIN)]


def test_a_line_starts_with_the_colours_of_the_line_before() -> None:
    pen: Pen = (("color", "color(1)"),)
    assert list(pieces(b"two\x1b[mthree", 80, pen)) == [("two", RED), ("three", PLAIN)]


def test_raw_lines_show_every_sequence() -> None:
    line = b"\x1b[31m1%\r2%\x1b[K"
    assert plain(line, raw=True) == decode(line) == "\x1b[31m1%\r2%\x1b[K"
    assert plain_lines(line + b"\n", raw=True) == [decode(line), ""]
    assert list(pieces(line, 80, (("bold", True),), raw=True)) == [("␛[31m1%␍2%␛[K", PLAIN)]


@pytest.mark.parametrize("before", [b"", b"\x1b[2m", b"\xef\xbb\xbf", b"\x1b[?25l\x1b[31m", b"\r"])
def test_the_level_of_a_line_is_found_behind_sequences(before: bytes) -> None:
    found = head(start_of(before + b"2026/11/01 12:00:02 [error] failed"))
    assert found is not None
    assert found.level is Level.ERROR


@given(st.lists(st.text(st.sampled_from("ab\x1b[0123KmCDGH;\r\x08\t\u754c\u0301\0\ufeff]8\x07\x0f")), max_size=5))
def test_lines_together_read_as_lines_alone(lines: list[str]) -> None:
    data = [line.encode() for line in lines]
    assert plain_lines(b"\n".join(data)) == ([plain(line) for line in data] or [""])
    for line in data:
        assert "".join(text for text, _ in pieces(line, 100_000)).count("\ufffd") >= 0
