"""Checks of what reached a terminal: by characters, and by a terminal emulator."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pyte

_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_MARKS = re.compile("[\u0300-\u036f\u20d0-\u20f0]{5}")
_KEPT = 200  # characters of each end of a run
_PLAIN = re.compile(rf"[ -~]{{{2 * _KEPT},}}")
_CONSOLE = r"https://us-west-2\.console\.aws\.amazon\.com/[!-~]+"
# The sequences that the dashboard draws with: a move, a style, a link to the AWS console.
DRAWN = re.compile(rf"\x1b\[\d+;\d+H|\x1b\[[0-9;]*m|\x1b\]8;id=[0-9-]+;{_CONSOLE}\x1b\\|\x1b\]8;;\x1b\\")
# Those that it writes beside that: a notification with a bell, the clipboard, the pointer.
WRITTEN = re.compile(
    r"\x07|\x1b\]9;[^\x00-\x1f\x7f-\x9f]*\x07|\x1b\]777;notify;[^\x00-\x1f\x7f-\x9f]*\x07"
    r"|\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\x1b\]22;[a-z]*\x07"
)
# Those of commands: colours, a progress line, and the clipboard.
PRINTED = re.compile(rf"\r*\n|\x1b\[[0-9;]*m|\r\x1b\[K|{WRITTEN.pattern}")
DRAWING = {"draw", "cursor_position", "select_graphic_rendition"}
PRINTING = {"draw", "select_graphic_rendition", "linefeed", "carriage_return", "erase_in_line", "bell"}


def find_unsafe(output: str, own: re.Pattern[str]) -> Iterator[str]:
    """Yield what is neither one of our own sequences nor harmless text."""
    rest = own.sub("", _shortened(output))
    for char in set(rest):
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or _INVISIBLE.match(char):
            at = rest.index(char)
            yield f"{rest.count(char)} x U+{ord(char):04X}, first in {rest[max(0, at - 30) : at + 30]!r}"
    if found := _MARKS.search(rest):
        yield f"many marks in a row: {found.group()!r}"


def find_events(output: str, allowed: set[str]) -> Iterator[str]:
    """Yield what a terminal does beside drawing: the events of pyte that are not `allowed`."""
    listener = _Listener()
    stream = pyte.Stream(listener)  # type: ignore[arg-type]
    stream.feed(_shortened(output))
    for (name, arguments), count in listener.events.items():
        if name not in allowed:
            yield f"{count} x {name}{arguments}"


def _shortened(output: str) -> str:
    """Return an output without the middle of long runs of plain characters, which are harmless by themselves."""
    return _PLAIN.sub(lambda found: found[0][:_KEPT] + found[0][-_KEPT:], output)


class _Listener:
    """A screen that notes what it is told to do."""

    def __init__(self) -> None:
        self.events: Counter[tuple[str, str]] = Counter()

    def __getattr__(self, name: str) -> Callable[..., None]:
        def note(*arguments: Any, **_: Any) -> None:
            self.events[name, "" if name in DRAWING | PRINTING else str(arguments)[:80]] += 1

        return note
