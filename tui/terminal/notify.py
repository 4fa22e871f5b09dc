"""Notifications outside of the dashboard: the bell, and desktop notifications of terminals."""

from collections.abc import Mapping

from tui.terminal.multiplexer import passed_through
from tui.text.safe_text import SafeText
from tui.text.terminal_abilities import knows_both_notifications, shows_notifications

BELL = SafeText("\a")
_TITLE, _BODY = 60, 200  # cells
_MOST_JOINED = 10_000  # characters


def news(title: str, body: str, environ: Mapping[str, str]) -> SafeText:
    """Return what rings the bell and shows a desktop notification with a title and a text.

    Neither needs to be safe. iTerm2 and others support OSC 9, which has no title; urxvt, Konsole, foot and others OSC
    777.
    """
    if not shows_notifications(environ):
        return BELL
    shown_title, shown = _field(title, _TITLE), _field(body, _BODY)
    sequences = [f"\x1b]777;notify;{shown_title};{shown}\a"]
    if not knows_both_notifications(environ):
        sequences.insert(0, f"\x1b]9;{shown_title}: {shown}\a")
    return SafeText(BELL + "".join(passed_through(sequence, environ) for sequence in sequences))


def _field(text: str, limit: int) -> str:
    """One field, masked: a `;` would start the next one."""
    from tui.text.masked_text import mask_line  # few sessions need the patterns here

    return mask_line(" ".join(text[:_MOST_JOINED].split()), limit).replace(";", ",")
