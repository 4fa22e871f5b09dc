"""JSON that is safe on a terminal: ASCII, with every control character escaped."""

import json

from tui.text.safe_text import SafeText

_masks = [False]


def mask_secrets(is_masked: bool = True) -> None:
    """Turn the masking of secrets in all JSON on (`--redact`) or off, the default."""
    _masks[0] = is_masked


def json_text(value: object, indent: int | None = None) -> SafeText:
    """Return `value` as JSON. Raises TypeError for a value that JSON cannot hold."""
    if _masks[0]:
        from tui.text.redaction import redact_values

        value = redact_values(value)
    # `json` leaves DEL as it is, the one control character that JSON need not escape.
    return SafeText(json.dumps(value, indent=indent).replace("\x7f", "\\u007f"))
