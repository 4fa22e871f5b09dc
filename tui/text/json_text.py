"""JSON that is safe on a terminal: ASCII, with every control character escaped."""

import json

from tui.text.safe_text import SafeText


def json_text(value: object, indent: int | None = None) -> SafeText:
    """Return `value` as JSON. Raises TypeError for a value that JSON cannot hold."""
    # `json` leaves DEL as it is, the one control character that JSON need not escape.
    return SafeText(json.dumps(value, indent=indent).replace("\x7f", "\\u007f"))
