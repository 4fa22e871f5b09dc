"""Texts inside of a text: below colours and invisible characters, percent-encoded, in HTML or JSON, also repeatedly."""

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tui.text.secrets.plain_text import Span, prepare

Find = Callable[[str], Iterator[Span]]
_MOST_TIMES = 3


class _Encoding(NamedTuple):
    """A way to write a text: the `signs` that it needs, the pattern of its codes, and their meaning."""

    signs: str
    pattern: re.Pattern[str]
    decode: Callable[[str], str]


class _Decoded(NamedTuple):
    """A decoded text, with the places where its pieces begin in it and in the text that it was."""

    text: str
    begins: list[int]
    origins: list[int]

    def origin(self, span: Span) -> Span:
        """Return where a part of the decoded text was."""
        return self._place(span[0]), self._place(span[1])

    def _place(self, at: int) -> int:
        piece = bisect_right(self.begins, at) - 1
        return self.origins[piece] + at - self.begins[piece]


# Colours, links, and characters that nobody sees: soft hyphen, zero-width and bidirectional controls, fillers, tags.
_HIDDEN = re.compile(
    r"\x1b\[[0-9;:?]{0,40}[ -/]?[@-~]|\x1b\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)"
    "|[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e01ef]"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}


def _percent(code: str) -> str:
    return " " if code == "+" else chr(int(code.lstrip("%"), 16))


def _entity(code: str) -> str:
    return html.unescape(code)[:1]


def _escape(code: str) -> str:
    return chr(int.from_bytes(bytes.fromhex(code[2:]))) if code[1] in "ux" else _ESCAPES.get(code[1], code[1])


_ENCODINGS = (
    _Encoding("%", re.compile(r"%[2-7][0-9A-Fa-f]"), _percent),
    _Encoding("%+", re.compile(r"%[2-7][0-9A-Fa-f]|\+"), _percent),
    _Encoding("&;", re.compile(r"&(?:quot|amp|lt|gt|apos|nbsp|#\d{2,5}|#x[0-9A-Fa-f]{2,4});"), _entity),
    _Encoding("\\", re.compile(r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\"'\\/nrtbf])"), _escape),
)


def find_encoded(text: str, find: Find) -> Iterator[Span]:
    """Yield what `find` finds in a text, and in the texts that it encodes, by their places in it.

    `find` gets prepared texts without colours and invisible characters.
    """
    yield from _find_visible(text, find)
    for encoding in _ENCODINGS:
        layers: list[_Decoded] = []
        inner = text
        while len(layers) < _MOST_TIMES and all(map(inner.__contains__, encoding.signs)):
            layers.append(_decoded(inner, encoding.pattern, encoding.decode))
            if layers[-1].text == inner:
                break
            inner = layers[-1].text
            yield from (_origin(layers, span) for span in _find_visible(inner, find))


def _origin(layers: list[_Decoded], span: Span) -> Span:
    for layer in reversed(layers):
        span = layer.origin(span)
    return span


def _find_visible(text: str, find: Find) -> Iterator[Span]:
    if ("\x1b" not in text and text.isascii()) or _HIDDEN.search(text) is None:
        yield from find(prepare(text))
        return
    visible = _decoded(text, _HIDDEN, lambda _: "")
    yield from map(visible.origin, find(prepare(visible.text)))


def _decoded(text: str, pattern: re.Pattern[str], decode: Callable[[str], str]) -> _Decoded:
    pieces: list[str] = []
    begins, origins = [0], [0]
    at = length = 0
    for match in pattern.finditer(text):
        char = decode(match[0])
        pieces += (text[at : match.start()], char)
        length += match.start() - at
        if char:
            begins.append(length)
            origins.append(match.start())
        length += len(char)
        begins.append(length)
        origins.append(at := match.end())
    pieces.append(text[at:])
    return _Decoded("".join(pieces), begins, origins)
