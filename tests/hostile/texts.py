"""The hostile texts, and the forms that each takes."""

import enum
import zlib
from typing import NamedTuple


class HostileText(NamedTuple):
    """A text in two parts: `end` closes what `begin` opens, or goes on with it."""

    begin: str
    end: str = ""


# A lone surrogate from U+DC80 on stands for a byte that is no UTF-8, which objects hold as such.
TEXTS: dict[str, HostileText] = {
    "OSC 0, title": HostileText("\x1b]0;owned", "\x07"),
    "OSC 8, link": HostileText("\x1b]8;;http://e.vil/", "\x1b\\click"),
    "OSC 9, notification": HostileText("\x1b]9;owned", "\x1b\\"),
    "OSC 52, clipboard": HostileText("\x1b]52;c;b3duZWQ=", "\x07"),
    "DCS": HostileText("\x1bP$qm", "\x1b\\"),
    "tmux passthrough": HostileText("\x1bPtmux;\x1b\x1b]52;c;eA==\x07", "\x1b\\"),
    "APC": HostileText("\x1b_Gi=1;AAAA", "\x1b\\"),
    "PM": HostileText("\x1b^owned", "\x1b\\"),
    "SOS": HostileText("\x1bXowned", "\x1b\\"),
    "CSI 2J": HostileText("\x1b[2", "J"),
    "CSI ?1049h": HostileText("\x1b[?1049", "h"),
    "CSI ?1000h": HostileText("\x1b[?1000", "h"),
    "CSI 6n": HostileText("\x1b[6", "n"),
    "CSI 21t": HostileText("\x1b[21", "t"),
    "CSI b, repeat": HostileText("A\x1b[1000000", "b"),
    "SGR": HostileText("\x1b[31;8", "m"),
    "ESC c": HostileText("\x1b", "c"),
    "character set": HostileText("\x1b(", "0"),
    "C1 CSI": HostileText("\x9b2", "J"),
    "C1 OSC": HostileText("\x9d52;c;eA==", "\x9c"),
    "C1 byte": HostileText("\udc9b2", "J"),
    "bidi": HostileText("\u202eabc\u2066", "\u2069\u202c"),
    "zero width": HostileText("a\u200b\u200d\u2060", "\ufeffb"),
    "tags": HostileText("\U000e0001\U000e0041", "\U000e007f"),
    "fillers": HostileText("\u3164\u115f", "\uffa0\u034f"),
    "lone surrogate": HostileText("a\ud83d", "\ude00b"),
    "NUL": HostileText("a\x00", "\x00b"),
    "DEL": HostileText("a\x7f", "\x7fb"),
    "cursor": HostileText("a\r\x08\x0b\x0c", "\x0e\x0f\x05\x07"),
    "line ends": HostileText("a\nb\r\nc\u2028d", "\u2029e\x85f"),
    "marks": HostileText("a" + "\u0301" * 5000, "\u20dd" * 5000),
    "closing tag": HostileText("[/x", "]"),
    "click": HostileText("[@click=app.quit]", "x[/]"),
    "quoted click": HostileText("[@click=\"app.quit\"]x[", "/]'\"\\"),
    "link markup": HostileText("[link=http://e.vil]", "x[/link]"),
    "variable": HostileText("[$error on", " $boost]x[/]"),
    "megabyte": HostileText("\x1b]52;c;" + "A" * 1_000_000, "\x07"),
    "megabyte of words": HostileText("a [/x] " * 75_000, "\x1b[2J" * 100_000),
}  # fmt: skip
_SHORT = 600  # characters of a part, for tests that must be fast
_LONG = 100  # characters of a part, from which on a text hides those after it


class Form(enum.StrEnum):
    """How a text stands in a field."""

    ALONE = "alone"
    UNTERMINATED = "unterminated"
    NESTED = "nested"
    SPLIT = "split"


def write(text: HostileText, form: Form, number: int) -> str:
    """Return a text for the field `number`. `SPLIT` puts the two parts into fields with neighbouring numbers."""
    whole = text.begin + text.end
    match form:
        case Form.ALONE:
            return whole
        case Form.UNTERMINATED:
            return text.begin
        case Form.NESTED:
            return f"{text.begin}{whole}\x1b]2;{whole}{text.end}"
        case Form.SPLIT:
            return text.end if number % 2 else text.begin


def shortened(text: HostileText) -> HostileText:
    """Return a long text with less of the same."""
    return HostileText(text.begin[:_SHORT], text.end[:_SHORT])


def is_unicode(text: HostileText) -> bool:
    """Return whether a text has no lone surrogates, so that UTF-8 can hold it."""
    return not any("\ud800" <= char <= "\udfff" for char in text.begin + text.end)


_UNICODE = [name for name, text in TEXTS.items() if is_unicode(text)]
_NO_UNICODE = [name for name in TEXTS if name not in _UNICODE]


class Rotation:
    """The texts of one world: each place has several texts in one form. `WORLDS` worlds after another cover all pairs.

    A place is known by its name. `pairs` are those that were asked for: text and place, text and form, form and place.
    Texts that are no Unicode have the last world for themselves: a file with one of them is refused as a whole.
    """

    WORLDS = len(Form) + 1

    def __init__(self, number: int, pairs: set[tuple[str, str]]) -> None:
        self._number = number
        self._pairs = pairs

    def __call__(self, place: str) -> str:
        number = zlib.crc32(place.encode())  # the same in every world
        form = list(Form)[(number // len(Form) + self._number) % len(Form)]
        is_last = self._number == len(Form)
        names = _NO_UNICODE if is_last else _UNICODE[(number + self._number) % len(Form) :: len(Form)]
        # Another one comes first in each place: some show only the beginning of a text.
        first = number % len(names)
        names = sorted([*names[first:], *names[:first]], key=lambda name: len(TEXTS[name].begin) > _LONG)
        for name in names:
            self._pairs |= {(name, place), (name, form), (form, place)}
        return " ".join(write(shortened(TEXTS[name]), form, number) for name in names)


def to_bytes(text: str) -> bytes:
    """Return the text as bytes; what stands for a byte becomes one, other surrogates three."""
    if text.isascii():
        return text.encode()
    return b"".join(
        bytes([ord(char) - 0xDC00]) if 0xDC80 <= ord(char) <= 0xDCFF else char.encode("utf-8", "surrogatepass")
        for char in text
    )
