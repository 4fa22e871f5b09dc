"""The text that is searched for secrets: of the same length, in plain characters."""

import functools
import unicodedata

REDACTED = "[redacted]"
_DONE = "\ue000"  # of the private use area, in place of each character of `[redacted]`
_QUOTES = str.maketrans("“”„‟«»‘’‚‛`´", "\"\"\"\"\"\"''''''")

Span = tuple[int, int]


def prepare(text: str) -> str:
    """Return `text` with spaces, quotes, colons and letters of all widths as those of ASCII, in the same places.

    `[redacted]` becomes a character that no pattern takes.
    """
    if not text.isascii():
        text = "".join(map(_plain, text.translate(_QUOTES)))
    return text.replace(REDACTED, _DONE * len(REDACTED))


def is_done(text: str, at: int) -> bool:
    """Return whether the secret at this place of a prepared text was redacted before."""
    return text.startswith(_DONE, at)


@functools.lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    if char == _DONE:
        return "?"
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else "?"
