"""SGR colours in logs: well-formed sequences become styles; everything else is made visible."""

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from tui.text.safe import safe

_SGR = re.compile(r"\x1b\[([0-9;:]{0,60})m")
_TAB = 8
_PLAIN = Style.null()

_Attributes = dict[str, bool | str]

_ON: dict[int, str] = {
    1: "bold",
    2: "dim",
    3: "italic",
    4: "underline",
    7: "reverse",
    9: "strike",
    21: "underline2",
}
_OFF: dict[int, tuple[str, ...]] = {
    22: ("bold", "dim"),
    23: ("italic",),
    24: ("underline", "underline2"),
    27: ("reverse",),
    29: ("strike",),
    39: ("color",),
    49: ("bgcolor",),
}
_COLORS = {38: "color", 48: "bgcolor", 58: ""}  # the last one is the colour of underlines, which is not shown


class Piece(NamedTuple):
    """Safe text in one style."""

    text: str
    style: Style


def pieces(line: str, limit: int) -> Iterator[Piece]:
    """Yield the pieces of a line, cut after about `limit` cells. Every line starts plain."""
    attributes: _Attributes = {}
    style, column = _PLAIN, 0
    # The texts are at even indexes and the sequences between them at odd ones.
    for place, part in enumerate(_SGR.split(line)):
        if place % 2:
            _change(attributes, part)
            style = _style(*attributes.items())
        elif part:
            text = safe(_without_tabs(part, column), max(1, limit - column))
            yield Piece(text, style)
            column += cell_len(text)
            if column >= limit:
                return


def plain(line: str) -> str:
    """Return the line without its colours, for searching."""
    return _SGR.sub("", line)


@functools.lru_cache(maxsize=1024)
def _style(*attributes: tuple[str, bool | str]) -> Style:
    return Style(**dict(attributes)) if attributes else _PLAIN  # type: ignore[arg-type]


def _without_tabs(text: str, column: int) -> str:
    if "\t" not in text:
        return text
    before = column % _TAB
    return (" " * before + text).expandtabs(_TAB)[before:]


def _change(attributes: _Attributes, numbers: str) -> None:
    """Apply a sequence. `;` separates its numbers, `:` those that belong to one of them."""
    groups = [[int(number or 0) for number in group.split(":")] for group in numbers.split(";")]
    while groups:
        code, *rest = groups.pop(0)
        if code == 0:
            attributes.clear()
        elif code in _COLORS:
            color = _of_group(rest) if rest else _of_following(groups)
            if color is not None and _COLORS[code]:
                attributes[_COLORS[code]] = color
        elif code == 4 and rest[:1] == [0]:
            _remove(attributes, 24)
        elif code in _ON:
            attributes[_ON[code]] = True
        elif code in _OFF:
            _remove(attributes, code)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            attributes["color"] = _basic(code)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            attributes["bgcolor"] = _basic(code - 10)


def _remove(attributes: _Attributes, code: int) -> None:
    for name in _OFF[code]:
        attributes.pop(name, None)


def _basic(code: int) -> str:
    return f"color({code - 30 if code < 90 else code - 82})"


def _of_following(groups: list[list[int]]) -> str | None:
    """Take a colour from the front of `groups`: `5;n` of the palette, or `2;r;g;b`; None if it is neither."""
    match groups:
        case [[5], [number], *_]:
            del groups[:2]
            return _palette(number)
        case [[2], [red], [green], [blue], *_]:
            del groups[:4]
            return _rgb(red, green, blue)
    groups.clear()
    return None


def _of_group(numbers: list[int]) -> str | None:
    """Return the colour in `5:n`, `2:r:g:b` or, with a colour space and perhaps more after it, `2:space:r:g:b`."""
    match numbers:
        case [5, number, *_]:
            return _palette(number)
        case [2, red, green, blue] | [2, _, red, green, blue, *_]:
            return _rgb(red, green, blue)
    return None


def _palette(number: int) -> str | None:
    return f"color({number})" if number < 256 else None


def _rgb(red: int, green: int, blue: int) -> str | None:
    return f"rgb({red},{green},{blue})" if max(red, green, blue) < 256 else None
