"""Untrusted text without its secrets, safe to show, and cut before it is searched for them."""

from tui.text.redaction import redact_line, redact_shown
from tui.text.safe import LIMIT, safe, safe_lines
from tui.text.safe_text import SafeText


def mask_line(text: str, limit: int = LIMIT) -> SafeText:
    """Return `text` redacted, as one line of at most `limit` cells: see `safe`."""
    return safe(redact_line(text, limit), limit)


def mask_lines(text: str, limit: int = LIMIT) -> list[SafeText]:
    """Return the lines of `text`, redacted, each as `safe_lines` makes it."""
    return safe_lines(redact_shown(text, limit), limit)
