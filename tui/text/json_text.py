"""JSON that is safe on a terminal: ASCII, with every control character escaped."""

import json

from tui.text.safe_text import SafeText

_masks = [False]


def mask_secrets(is_masked: bool = True) -> None:
    """Turn the masking of secrets in all JSON on (`--redact`) or off, the default."""
    _masks[0] = is_masked


def is_masking() -> bool:
    """Return whether secrets are masked in output for programs."""
    return _masks[0]


def masked(value: object) -> object:
    """Return a JSON value as output for programs has it: with `--redact` secrets are masked at any depth."""
    if not _masks[0]:
        return value
    from tui.text.redaction import redact_values

    return redact_values(value)


def json_text(value: object, indent: int | None = None) -> SafeText:
    """Return `value` as JSON, masked if the user asked for that. Raises TypeError for a value that JSON cannot hold."""
    return encoded(masked(value), indent)


def encoded(value: object, indent: int | None = None) -> SafeText:
    """Return `value` as JSON without masking it. Raises TypeError for a value that JSON cannot hold."""
    # `json` leaves DEL as it is, the one control character that JSON need not escape.
    return SafeText(json.dumps(value, indent=indent).replace("\x7f", "\\u007f"))
