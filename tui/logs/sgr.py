"""SGR sequences, which set colours and attributes of text: what they change, and the style that results."""

import functools
import re

from rich.style import Style

SGR = re.compile(r"\x1b\[([0-9;:]{0,60})m")
"""A sequence whose numbers are in its group."""
_IN_BYTES = re.compile(rb"\x1b\[([0-9;:]{0,60})m")

Pen = tuple[tuple[str, bool | str], ...]
"""The colours and attributes in effect, by Rich's names."""
PLAIN: Pen = ()

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


@functools.lru_cache(maxsize=1024)
def style_of(pen: Pen) -> Style:
    """Return the style of text that is written with `pen`."""
    return Style(**dict(pen)) if pen else Style.null()  # type: ignore[arg-type]


def pen_after(line: bytes, pen: Pen = PLAIN) -> Pen:
    """Return the colours in effect after a line that starts with `pen`."""
    if b"\x1b[" in line:
        for numbers in _IN_BYTES.findall(line):
            pen = changed(pen, numbers.decode("ascii"))
    return pen


def has_reset(text: bytes) -> bool:
    """Return whether the colours after `text` are independent of those before it."""
    return b"\x1b[m" in text or b"\x1b[0m" in text or b"\x1b[0;" in text


@functools.lru_cache(maxsize=4096)
def changed(pen: Pen, numbers: str) -> Pen:
    """Return what a sequence makes of `pen`. `;` separates its numbers, `:` those that belong to one of them."""
    found = dict(pen)
    groups = [[int(number or 0) for number in group.split(":")] for group in numbers.split(";")]
    while groups:
        code, *rest = groups.pop(0)
        if code == 0:
            found.clear()
        elif code in _COLORS:
            color = _of_group(rest) if rest else _of_following(groups)
            if color is not None and _COLORS[code]:
                found[_COLORS[code]] = color
        elif code == 4 and rest[:1] == [0]:
            _remove(found, 24)
        elif code in _ON:
            found[_ON[code]] = True
        elif code in _OFF:
            _remove(found, code)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            found["color"] = _basic(code)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            found["bgcolor"] = _basic(code - 10)
    return tuple(found.items())


def _remove(found: dict[str, bool | str], code: int) -> None:
    for name in _OFF[code]:
        found.pop(name, None)


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
