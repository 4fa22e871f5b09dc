"""Replies of the terminal to questions of other programs, which arrive among the keys.

An editor or a prompt asks the terminal for its colours or its name, and ends before the reply comes over a slow line.
Read as keys, `ESC ] 11 ; rgb:1e1e/…` would open the prompt at the colon and type the rest.
"""

import re
import time
from collections.abc import Callable

ESC = "\x1b"
_CSI = re.compile(r"\x1b\[[0-?]{0,100}[ -/]{0,4}[@-~]")
_BEGUN_CSI = re.compile(r"\x1b\[[0-?]{0,100}[ -/]{0,4}")
# The second character of a sequence with a text, and the third one in replies: after others it is a key with alt.
_STRINGS = {"]": "0123456789lL", "P": "0123456789>!", "_": "G"}
_STRING_END = re.compile(r"[\x07\x1b\x9c]")
_ALONE = 0.02  # seconds without more, after which the start of a sequence was the escape key, or a key with alt
_CUT = 1.0  # seconds without more, after which a reply is taken to have ended


class ReplyFilter:
    """Removes replies from what the terminal sends. Keys, the mouse, pasted text and what Textual asks for stay."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held = ""  # the start of a sequence that may be a reply
        self._is_in_string = False
        self._last = clock()

    @property
    def is_waiting(self) -> bool:
        """Whether the rest of a sequence is awaited."""
        return bool(self._held) or self._is_in_string

    def feed(self, text: str) -> str:
        """Return `text`, which follows what was fed before, without replies."""
        self._last = self._clock()
        text, self._held = self._held + text, ""
        passed: list[str] = []
        place = 0
        while place < len(text):
            if self._is_in_string:
                place = self._skip_string(text, place)
                continue
            begin = text.find(ESC, place)
            if begin < 0:
                passed.append(text[place:])
                break
            passed.append(text[place:begin])
            end = self._end_of_sequence(text, begin)
            if end is None:
                self._held = text[begin:]
                break
            if not self._is_in_string and not _is_reply(text[begin:end]):
                passed.append(text[begin:end])
            place = end
        return "".join(passed)

    def flush(self) -> str:
        """Return the start of a sequence that was held, if what would follow has not come in time."""
        idle = self._clock() - self._last
        if self._is_in_string:
            if idle >= _CUT:
                self._is_in_string, self._held = False, ""
            return ""
        if idle < _ALONE:
            return ""
        held, self._held = self._held, ""
        return "" if held.startswith(("\x1b[?", "\x1b[>")) else held

    def _end_of_sequence(self, text: str, begin: int) -> int | None:
        """Return where the sequence at `begin` ends, or the text of a reply starts; None if more must come."""
        second, third = text[begin + 1 : begin + 2], text[begin + 2 : begin + 3]
        if not second:
            return None
        if second in _STRINGS:
            if not third:
                return None
            self._is_in_string = third in _STRINGS[second]
            return begin + 2
        if second == "[":
            if (match := _CSI.match(text, begin)) is not None:
                return match.end()
            begun = _BEGUN_CSI.match(text, begin)
            return None if begun is not None and begun.end() == len(text) else begin + 2
        return begin + 1

    def _skip_string(self, text: str, place: int) -> int:
        end = _STRING_END.search(text, place)
        if end is None:
            return len(text)
        if end.group() != ESC:
            self._is_in_string = False
            return end.end()
        if end.end() == len(text):  # ESC, of the terminator
            self._held = ESC
            return len(text)
        self._is_in_string = False
        return end.end() + 1 if text[end.end()] == "\\" else end.start()  # without a terminator, the next sequence


def _is_reply(sequence: str) -> bool:
    """Return whether a sequence is a reply that Textual would read as keys."""
    if len(sequence) < 3 or not sequence.startswith("\x1b["):
        return False
    if sequence[2] in "?>=":
        return not (sequence[2] == "?" and sequence.endswith("$y"))  # modes, which Textual asks for
    if sequence[-1] == "t":
        return not sequence.startswith("\x1b[48;")  # Textual needs the size
    return sequence[-1] in "cnxy"
