"""Colours that programs print: well-formed SGR sequences become styles, whatever else is in a line is made visible."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from rich.style import Style

from tui.present import safe

_SGR = re.compile(r"\x1b\[([0-9;:]{0,60})m")
_TAB = 8

_ON: dict[int, dict[str, bool]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
}
_PLAIN = Style.null()


class Piece(NamedTuple):
    """Safe text in one style."""

    text: str
    style: Style


def pieces(line: str, limit: int) -> Iterator[Piece]:
    """The pieces of a line, cut after about `limit` cells. Every line begins plain."""
    style, column = _PLAIN, 0
    # Without the sequence between each, there are texts at even places and the numbers of sequences at odd ones.
    for place, part in enumerate(_SGR.split(line)):
        if place % 2:
            style = _changed(style, part)
        elif part:
            text = safe(_without_tabs(part, column), max(1, limit - column))
            yield Piece(text, style)
            column += len(text)
            if column >= limit:
                return


def plain(line: str) -> str:
    """The line without its colours, for whoever searches it."""
    return _SGR.sub("", line)


def _without_tabs(text: str, column: int) -> str:
    if "\t" not in text:
        return text
    before = column % _TAB
    return (" " * before + text).expandtabs(_TAB)[before:]


def _changed(style: Style, numbers: str) -> Style:
    codes = [int(number or 0) for number in re.split("[;:]", numbers)]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = _PLAIN
        elif code in _ON:
            style += Style(**_ON[code])  # type: ignore[arg-type]
        elif code in (38, 48):
            color = _extended(codes)
            style += Style(bgcolor=color) if code == 48 else Style(color=color)
        elif (color := _basic(code)) is not None:
            style += Style(bgcolor=color) if code % 60 in (*range(40, 50),) else Style(color=color)
    return style


def _basic(code: int) -> str | None:
    """The colour that one of the codes 30 to 37, 40 to 47, 90 to 97 and 100 to 107, and 39 and 49, stands for."""
    if code in (39, 49):
        return "default"
    if 30 <= code <= 37 or 40 <= code <= 47:
        return f"color({code % 10})"
    if 90 <= code <= 97 or 100 <= code <= 107:
        return f"color({code % 10 + 8})"
    return None


def _extended(codes: list[int]) -> str | None:
    """Takes a colour from the front of `codes`: `5;n` of the palette, or `2;r;g;b`; None for what is neither."""
    match codes:
        case [5, number, *_] if number < 256:
            del codes[:2]
            return f"color({number})"
        case [2, red, green, blue, *_] if max(red, green, blue) < 256:
            del codes[:4]
            return f"rgb({red},{green},{blue})"
    codes.clear()
    return None
